"""What visitors share: bounded caches, turns that end stale work, and the UMAP worker."""

import threading
import time

import numpy as np
import pytest

from explorer.foundation.errors import Cancelled, ExplorerError
from explorer.pages.shared import runtime
from explorer.pages.shared.runtime import MAPS, Intents, Turns
from explorer.pages.shared.session import UPLOADED, Visit


class Worker:
    """Stands for a child process: remembers that it was ended."""

    killed = False

    def kill(self):
        self.killed = True


def test_a_newer_turn_makes_the_older_stale_and_ends_its_worker():
    turns, worker, late = Turns(10), Worker(), Worker()
    first = turns.begin("anna", MAPS)
    turns.attach("anna", MAPS, first, worker)
    assert turns.holds("anna", MAPS, first) and not worker.killed
    second = turns.begin("anna", MAPS)
    assert worker.killed
    assert (turns.holds("anna", MAPS, first), turns.holds("anna", MAPS, second)) == (False, True)
    turns.attach("anna", MAPS, first, late)
    assert late.killed, "a worker that comes too late is ended at once"


def test_visitors_and_things_do_not_touch_each_other():
    turns = Turns(10)
    held = [(session, thing, turns.begin(session, thing)) for session in "ab" for thing in ("select", "levels")]
    assert all(turns.holds(*turn) for turn in held)


def test_turns_are_bounded():
    turns, worker = Turns(2), Worker()
    first = turns.begin("a", MAPS)
    turns.attach("a", MAPS, first, worker)
    turns.begin("b", MAPS)
    turns.begin("c", MAPS)
    assert worker.killed and not turns.holds("a", MAPS, first)


def test_a_quick_second_choice_does_not_undo_the_first():
    intents, shown = Intents(2), Visit(tokenizer="one", code=3, token=4)
    assert intents.change("anna", shown, tokenizer="two") == Visit(tokenizer="two")
    assert intents.change("anna", shown, picture="coffee") == Visit(tokenizer="two", picture="coffee")
    assert intents.change("bob", shown, picture="coffee") == Visit(tokenizer="one", picture="coffee")
    assert intents.get("anna", shown) == Visit(tokenizer="two", picture="coffee") and intents.get("zoe", shown) is shown
    intents.set("anna", shown)  # a choice that failed
    assert intents.change("anna", shown, side_px=512) == Visit(tokenizer="one", side_px=512)
    intents.change("carl", shown)  # bounded: bob is forgotten
    assert intents.change("bob", shown, side_px=1024).picture == shown.picture


def test_an_upload_that_is_gone_is_said(tmp_path):
    with pytest.raises(ExplorerError, match="no longer on the server"):
        runtime.medium_of(Visit(picture=UPLOADED, upload=str(tmp_path / "gone.png")))


def test_choosing_something_else_ends_a_running_umap(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "settings", lambda: type("Settings", (), {"cache": tmp_path})())
    vectors = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    turn = runtime.turns.begin("visitor", MAPS)
    steps = runtime.umap_in_background(vectors, "euclidean", "visitor", turn)
    assert next(steps) == 0.0
    threading.Timer(1.0, lambda: runtime.turns.begin("visitor", MAPS)).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        for _ in steps:
            pass
    assert time.monotonic() - start < 30, "the worker must not be waited for"
    assert runtime._umap_turn.acquire(timeout=1), "the next one may start"
    runtime._umap_turn.release()
    assert list(tmp_path.glob("projection-*")) == []


def test_a_turn_that_began_later_is_told_from_one_before():
    turns = Turns(4)
    before = turns.begin("me", "select")
    shown = turns.begin("me", "maps")
    assert turns.begun_since("me", "select", before - 1) and not turns.begun_since("me", "select", shown)
    turns.begin("you", "select")
    assert not turns.begun_since("me", "select", shown), "what another visitor does is no turn of mine"
    turns.begin("me", "select")
    assert turns.begun_since("me", "select", shown)
