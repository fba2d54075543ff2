"""What the first visitor would wait for is there before they come, and what fails of it is nobody's trouble."""

import json
import logging
import multiprocessing.forkserver
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from explorer.foundation.errors import MediaError
from explorer.pages import warm
from explorer.pages.codebook import events as codebook
from explorer.pages.compare import events as compare
from explorer.pages.inspect.link import linked_visit
from explorer.pages.lab.process import PRELOADED, process_context
from explorer.pages.learn import page as learn
from explorer.pages.shared import runtime, thumbnails
from explorer.pages.shared.presence import Presence
from explorer.tokenizers import list_tokenizers


@pytest.fixture
def asked(monkeypatch):
    """Paths that were asked of a server in the place of this one, and whether the lab's process was started."""
    paths = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(500 if self.path == "/lab" else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(multiprocessing.forkserver, "ensure_running", lambda: paths.append("forkserver"))
    yield f"http://127.0.0.1:{server.server_port}/", paths
    server.shutdown()
    server.server_close()


def test_the_first_page_opens_with_what_was_made(monkeypatch):
    warm.first_result().join()
    visit, _ = linked_visit({})
    assert visit.tokenizer == list_tokenizers()[0].id
    monkeypatch.setattr(runtime, "tokenized", lambda *args: pytest.fail("made again"))
    assert runtime.record_of(visit).tokenizer_id == visit.tokenizer


def test_without_a_tokenizer_there_is_nothing_to_make(monkeypatch):
    monkeypatch.setattr("explorer.pages.inspect.link.list_tokenizers", lambda: [])
    monkeypatch.setattr(warm.inspect, "everything", lambda visit: pytest.fail("there is none"))
    warm.first_result().join()


def test_the_rest_is_made_and_what_fails_holds_up_nothing(asked, monkeypatch, caplog):
    """Three more than what is counted: chapters, presets, and the lists of Compare; an audit is two answers."""
    address, paths = asked
    for kept in (learn.contents, thumbnails.thumbnail, compare.chosen_media):
        kept.cache_clear()

    def damaged():
        raise MediaError("this one is damaged")

    monkeypatch.setattr(warm, "presets_json", damaged)
    done, waits = [], []
    monkeypatch.setattr(warm.memory, "begun", lambda: done.append("garbage"))
    ask = codebook.ask
    monkeypatch.setattr(codebook, "ask", lambda request: done.append((request["what"], json.loads(ask(request))["ok"])))
    monkeypatch.setattr(warm, "wait_for_calm", lambda ended: waits.append(1))
    with caplog.at_level(logging.WARNING, logger=warm.__name__):
        warm.the_rest(address).join()
    assert paths == [*(f"/{route}" for route in warm.ROUTES), "forkserver"]
    assert done == ["garbage", ("open", True), ("map", True)], "the audit that the page of codebooks opens with"
    assert "this one is damaged" in caplog.text and "500" in caplog.text
    many = sum(len(media) for media in thumbnails.KINDS.values())
    assert thumbnails.thumbnail.cache_info().currsize == many
    assert len(waits) == len(paths) + len(done) - 1 + many + 3, "before each thing who is here comes first"
    assert learn.contents.cache_info().currsize == 1 and compare.chosen_media.cache_info().currsize == 1


def test_what_is_made_ahead_waits_for_who_is_here_but_not_forever(monkeypatch):
    now, slept = [100.0], []
    here = Presence(clock=lambda: now[0])
    monkeypatch.setattr(warm, "presence", here)
    monkeypatch.setattr(warm.time, "monotonic", lambda: now[0])

    def wait(seconds):
        slept.append(seconds)
        now[0] += seconds
        return False

    ended = SimpleNamespace(wait=wait)
    warm.wait_for_calm(ended)
    assert not slept, "nobody was ever here"
    here.touch("anna")
    warm.wait_for_calm(ended)
    assert now[0] - 100 == pytest.approx(warm.CALM_S, abs=warm.LOOK_S + 1e-6), "a page that opens asks again soon"
    with here.connected(["anna"], beat=True):
        began = now[0]
        warm.wait_for_calm(ended)
        assert now[0] == began, "a page that stands open asks for nothing"
    with here.connected(["anna"]):
        began = now[0]
        warm.wait_for_calm(ended)
        assert now[0] - began == pytest.approx(warm.LONGEST_S, abs=warm.LOOK_S + 1e-6), "one that asks without end"
        began, ended.wait = now[0], lambda seconds: True
        warm.wait_for_calm(ended)
        assert now[0] == began, "a server that ends waits for nobody"


def test_it_ends_with_the_server_after_what_it_makes_just_then(monkeypatch):
    ends, made, going, on = [], [], Event(), Event()
    monkeypatch.setattr(warm.atexit, "register", ends.append)

    def first():
        going.set()
        assert on.wait(20)
        made.append("first")

    thread = warm._in_thread("some", [first, lambda: made.append("second")])
    assert going.wait(20)
    join = thread.join
    monkeypatch.setattr(thread, "join", lambda seconds: (on.set(), join(20)))
    ends[0]()
    assert made == ["first"] and not thread.is_alive()


def test_the_lab_loads_torch_where_its_runs_begin():
    assert process_context().get_start_method() in ("forkserver", "spawn") and "explorer.lab.runner" in PRELOADED
