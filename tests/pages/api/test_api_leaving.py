"""A call whose client closes its connection ends: there is nobody to answer."""

import http.client
import json
import threading
import time
from urllib.parse import urlsplit

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from explorer.foundation.errors import Cancelled, ExplorerError
from explorer.foundation.owners import acting_for, has_left
from explorer.pages.api import audit as api_audit
from explorer.pages.api import calls as api
from explorer.pages.api import compare as api_compare
from explorer.pages.shared.door import Pages

MOST_S = 60.0  # a machine may be busy; whatever is waited for comes at once


class Work:
    """What an endpoint does until its client has left, or it is told to go on."""

    def __init__(self):
        self.begun, self.go_on, self.over = threading.Event(), threading.Event(), threading.Event()
        self.left = None

    def __call__(self, name):
        self.begun.set()
        end = time.monotonic() + MOST_S
        while not has_left() and not self.go_on.is_set() and time.monotonic() < end:
            time.sleep(0.02)
        self.left = has_left()
        self.over.set()
        return name.upper()


@pytest.fixture
def served():
    """(work, host, port) of an app with one endpoint."""
    work = Work()
    with Pages() as pages:
        given, answer, call = gr.Textbox(), gr.Textbox(), gr.Button()
        call.click(work, given, answer, api_name="work")
    _, url, _ = pages.queue().launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    address = urlsplit(url)
    yield work, address.hostname, address.port
    work.go_on.set()
    pages.close()


def ask(served, path, body=None):
    """An open connection on which the answer comes, and the answer."""
    connection = http.client.HTTPConnection(*served[1:], timeout=MOST_S)
    headers = {"Content-Type": "application/json"}
    connection.request("GET" if body is None else "POST", path, body and json.dumps(body), headers)
    return connection, connection.getresponse()


def begin(served, way):
    """The connection on which the answer will come: of plain HTTP, or of a session as gradio_client has one."""
    if way == "call":
        number = json.loads(ask(served, "/gradio_api/call/work", {"data": ["a"]})[1].read())["event_id"]
        return ask(served, f"/gradio_api/call/work/{number}")
    body = {"data": ["a"], "fn_index": 0, "session_hash": "one"}
    ask(served, "/gradio_api/queue/join", body)[1].read()
    return ask(served, "/gradio_api/queue/data?session_hash=one")


@pytest.mark.parametrize("way", ["call", "session"])
def test_the_work_for_a_client_that_closes_ends(served, way):
    work = served[0]
    connection, answer = begin(served, way)
    assert work.begun.wait(MOST_S)
    answer.close()
    connection.close()
    assert work.over.wait(MOST_S) and work.left is True


@pytest.mark.parametrize("way", ["call", "session"])
def test_a_client_that_waits_has_its_answer(served, way):
    work = served[0]
    _, answer = begin(served, way)
    assert work.begun.wait(MOST_S)
    work.go_on.set()
    told = ""
    while '"A"' not in told and (line := answer.readline()):
        told += line.decode()
    assert '"A"' in told and work.left is False


def test_endpoints_end_where_their_client_has_left(tmp_path, monkeypatch):
    """From the second look on: the first is at the door of the call."""
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    np.save(tmp_path / "i.npy", np.arange(100) % 7)
    monkeypatch.setattr(api, "_folder", lambda: tmp_path)

    def fails(run, *arguments):
        looks = []
        with acting_for("", lambda: bool(looks.append(1) or len(looks) > 1)), pytest.raises(ExplorerError) as caught:
            run(*arguments)
        assert isinstance(caught.value, Cancelled) or "closed the connection" in str(caught.value)
        return len(looks)

    for run, *arguments in (
        (api_audit.audit_files, "fsq", [str(tmp_path / "a.png")] * 3, 0, tmp_path),
        (api_compare.compare_files, [str(tmp_path / "a.png")], "fsq, vq-ema", tmp_path),
        (api._lab_run, '{"codebook_size": 8}', 5000),
    ):
        assert 2 <= fails(run, *arguments) <= 4
    looks = []
    with acting_for("", lambda: bool(looks.append(1)) or True), pytest.raises(Cancelled):
        api_audit.audit_files("", [str(tmp_path / "i.npy")], 10, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "i.npy"} and not has_left()
    with acting_for("", lambda: True), pytest.raises(gr.Error, match="closed the connection before the answer"):
        api.lab_run("{}", 10)
