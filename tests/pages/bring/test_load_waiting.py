"""Loads that take their time: one for all, told to each who waits, and stopped when nobody does."""

import json
import threading
import time

import pytest
from bringing import PATIENCE_S, ask, looked, settled

from explorer import tokenizers
from explorer.foundation.errors import Cancelled
from explorer.foundation.owners import acting_for
from explorer.pages.bring import events as loading
from explorer.pages.bring import jobs as loading_jobs


class SlowLoad:
    """In the place of `load`: ten steps, each when told; how often it ran, and whether it was stopped."""

    def __init__(self):
        self.runs, self.stopped, self.go = 0, 0, threading.Event()

    def __call__(self, plan, device, progress, of):
        self.runs += 1
        try:
            while not self.go.wait(0.02):
                progress(0.5, "reading a tensor")
        except Cancelled:
            self.stopped += 1
            raise
        tokenizers.bring(plan.spec, lambda device: None, of)


@pytest.fixture
def slow(monkeypatch, checkpoint):
    load = SlowLoad()
    monkeypatch.setattr(loading_jobs, "load", load)
    loading.bound_to("127.0.0.1")
    yield load
    load.go.set()


def begun(visitor, path):
    job = looked(visitor, kind="path", text=str(path))
    job = ask(visitor, "load", job=job["id"])["job"]
    limit = time.monotonic() + PATIENCE_S
    while job["share"] != 0.5:
        assert time.monotonic() < limit, job
        time.sleep(0.01)
        job = ask(visitor, "state", job=job["id"])["job"]
    return job


def test_two_pages_of_a_visitor_get_one_copy_and_one_may_leave(visitors, slow, checkpoint):
    with acting_for("anna"):
        a, b = visitors.enter("a"), visitors.enter("b")
    first, second = begun(a, checkpoint), begun(b, checkpoint)
    assert slow.runs == 1 and ask(b, "state", job=second["id"])["job"]["others"] == 1
    assert ask(a, "stop", job=first["id"])["job"]["state"] == "stopped"
    assert ask(b, "state", job=second["id"])["job"]["state"] == "loading" and slow.stopped == 0
    slow.go.set()
    assert settled(b, second)["state"] == "done"
    assert ask(a, "state", job=first["id"])["job"]["state"] == "stopped"
    assert slow.runs == 1


def test_two_visitors_who_name_one_file_hear_nothing_of_each_other(visitors, slow, checkpoint):
    a, b = visitors.enter("a"), visitors.enter("b")
    first, second = begun(a, checkpoint), begun(b, checkpoint)
    assert slow.runs == 2 and [one["others"] for one in (first, second)] == [0, 0]
    slow.go.set()
    assert settled(a, first)["state"] == settled(b, second)["state"] == "done"
    assert len(tokenizers.own_tokenizers(a.owner)) == len(tokenizers.own_tokenizers(b.owner)) == 1


def test_a_load_that_nobody_waits_for_is_stopped_and_can_begin_again(visitors, slow, checkpoint):
    with acting_for("anna"):
        a, b = visitors.enter("a"), visitors.enter("b")
    first = begun(a, checkpoint)
    begun(b, checkpoint)
    visitors.leave("b")  # the page was closed
    ask(a, "stop", job=first["id"])
    limit = time.monotonic() + PATIENCE_S
    while slow.stopped == 0:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert tokenizers.brought_tokenizers() == []
    again = ask(a, "load", job=first["id"])["job"]
    assert again["state"] == "loading"
    slow.go.set()
    assert settled(a, again)["state"] == "done" and slow.runs == 2


def test_looking_can_be_stopped_while_the_network_is_slow(visitor, monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(loading, "plan", lambda source: answers.wait(PATIENCE_S) and None)
    job = ask(visitor, "plan", kind="hub", text="somebody/slow")["job"]
    assert job["state"] == "planning"
    stopped = ask(visitor, "stop", job=job["id"])["job"]
    assert stopped["state"] == "stopped" and not ask(visitor, "load", job=job["id"])["ok"]
    answers.set()
    visitor.job.join(PATIENCE_S)
    assert ask(visitor, "state", job=job["id"])["job"]["state"] == "stopped"


def test_a_job_is_known_only_to_its_own_visitor(visitors, slow, checkpoint):
    a, b = visitors.enter("a"), visitors.enter("b")
    job = begun(a, checkpoint)
    assert "meanwhile" in ask(b, "state", job=job["id"] + "x")["error"]["message"]
    assert json.loads(loading.ask({"what": "state", "token": "guess", "job": job["id"]}))["ok"] is False
