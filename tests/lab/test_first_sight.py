"""What a page of the lab shows before there is a run is what the run begins with, and the run goes on from it."""

import json
import logging
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.foundation.device import rounding
from explorer.foundation.errors import ExplorerError
from explorer.joints.files.beginnings import ARRAYS, has_pictures, made_with, read_beginning
from explorer.lab.runner import LabRunner
from explorer.pages.lab import beginnings, page
from explorer.pages.lab.beginnings import all_settings, beginnings_file, compute_beginning, first_sight, sides_of
from explorer.pages.lab.desk import LabDesk
from explorer.pages.lab.events import GONE, do
from explorer.pages.lab.link import linked_run
from explorer.pages.lab.run import LabRun
from explorer.pages.shared.visitors import visitors
from explorer.views.kit.wire.encoding import unpack

AGAIN = "Make the file again: python -m explorer.pages.lab.beginnings"
PACKED = ("z", "codes", "indices", "counts", "silent", "state", "won", "lag")


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    """Frames that ship are those of the CPU, which the tests ask of it."""
    monkeypatch.setattr(beginnings, "surely_cpu", lambda device: True)


def test_what_ships_is_what_each_run_begins_with():
    same = made_with(beginnings_file()) == rounding()  # then every bit agrees; else numbers are rounded another way
    kept = 0
    for side in all_settings():
        stored, made = read_beginning(beginnings_file(), side.to_json()), compute_beginning(side)
        large = sum(one.nbytes for one in made.levels) > beginnings.LARGEST_BYTES
        assert (stored is None) == large, f"{side.to_json()}: {AGAIN}"
        if stored is None:
            continue
        kept += 1
        assert (stored.step, made.step, made.events) == (0, 0, ())
        assert (stored.latents_seen, stored.batch_size) == (made.latents_seen, made.batch_size)
        assert (dict(stored.losses), dict(stored.measures)) == (dict(made.losses), dict(made.measures))
        assert len(stored.levels) == len(made.levels)
        for ours, theirs in zip(stored.levels, made.levels, strict=True):
            assert (ours.metric, ours.window) == (theirs.metric, theirs.window)
            for name in ARRAYS:
                agree(name, getattr(ours, name), getattr(theirs, name), same)
        if has_pictures(made):
            agree("outputs", stored.outputs, made.outputs, same)
    assert kept >= 30 and beginnings_file().stat().st_size < 400_000


def agree(name, stored, made, same):
    if stored is None or same:
        np.testing.assert_array_equal(stored, made, err_msg=AGAIN)
    elif name in ("indices", "outputs"):  # at a boundary a latent may fall to the other side
        assert stored.shape == made.shape and np.mean(stored != made) < 0.005, AGAIN
    else:
        np.testing.assert_allclose(stored, made, rtol=1e-3, atol=1e-4, err_msg=AGAIN)


@pytest.mark.parametrize("query", [{}, {"preset": "lfq_sign"}, {"preset": "far_init"}], ids=str)
def test_the_run_goes_on_from_what_was_shown_without_a_jump(query):
    run = linked_run(query)
    shown = first_sight(run)
    desk = LabDesk(LabRunner(run.settings, "cpu"), run.preset)
    first = json.loads(desk.pull({}))
    assert json.loads(json.dumps(shown["settings"])) == first["settings"]
    ours, theirs = shown["sides"][0]["frame"], first["sides"][0]["frame"]
    same = made_with(beginnings_file()) == rounding()
    for name in PACKED:
        agree(name, *(one[name] and unpack(one[name]) for one in (ours, theirs)), same)
    assert {key for key in ours if key not in PACKED and ours[key] != theirs[key]} <= {"pictures", "plane"}
    assert ours["plane"] == pytest.approx(theirs["plane"])
    assert ours["pictures"] is None and theirs["pictures"]["kind"] == "points"


def test_a_run_that_is_looked_at_later_is_drawn_on_the_same_plane():
    run = linked_run({"preset": "lfq_sign"})  # of four dimensions
    desk = LabDesk(LabRunner(run.settings, "cpu"), run.preset)
    desk.runner.advance(3)
    while desk.runner.step < 3:
        desk.runner.turn()
    later = json.loads(desk.pull({}))["sides"][0]["frame"]
    assert later["step"] == 3 and later["plane"] == pytest.approx(first_sight(run)["sides"][0]["frame"]["plane"])
    assert later["plane"]["kind"] == "pca" and later["plane"]["fitted_at"] == 0


def test_only_a_run_that_begins_so_is_shown():
    assert first_sight(linked_run({})) is not None
    assert first_sight(linked_run({"settings": '{"seed": 3}'})) is None
    assert first_sight(linked_run({"preset": "far_init", "b": '{"seed": 3}'})) is None, "both sides or none"
    two = first_sight(linked_run({"preset": "far_init", "b": '{"initialization": "kmeans"}'}))
    assert two is None or len(two["sides"]) == len(two["settings"]) == 2


def test_a_mended_run_begins_broken_unless_mending_begins_it_anew():
    for name, anew in (("decay_too_slow", False), ("wide_latents", True)):
        broken, mended = (linked_run({"preset": name} | more) for more in ({}, {"mended": "1"}))
        assert beginnings.begins_anew(beginnings.preset(name)) == anew
        assert (sides_of(mended) != sides_of(broken)) == anew, name


def test_a_run_of_a_gpu_begins_otherwise(monkeypatch):
    monkeypatch.setattr(beginnings, "surely_cpu", lambda device: False)
    assert first_sight(linked_run({})) is None


def test_without_the_file_the_page_waits_for_the_run(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(beginnings, "beginnings_file", lambda: tmp_path / "none.npz")
    with caplog.at_level(logging.WARNING, logger=beginnings.__name__):
        assert first_sight(linked_run({})) is None
    assert "none.npz" in caplog.text


@pytest.fixture
def opened(monkeypatch):
    """opened(query, fails) -> what a page is sent; its run is opened once `there` is set."""
    there = Event()

    def open_page(query, fails=False):
        def open_run(self, chosen):
            assert there.wait(60)
            if fails:
                raise ExplorerError("All 5 places are taken.")
            return SimpleNamespace(ask=lambda kind, request: '{"ok": true}')

        monkeypatch.setattr(LabRun, "open", open_run)
        return json.loads(page._open(SimpleNamespace(session_hash="", query_params=query)))

    open_page.there = there
    yield open_page
    there.set()
    visitors.leave("")


def begun(sent):
    return json.loads(do({"action": "begun", "token": sent["token"]}))


def test_a_page_is_sent_what_a_run_begins_with_before_there_is_one_and_asks_when_it_is_there(opened):
    sent = opened({"preset": "no_such"})
    assert sent["token"] and len(sent["first"]["sides"]) == 1 and sent["message"] == ""
    opened.there.set()
    answer = begun(sent)
    assert answer["ok"] and "no_such" in answer["message"]
    assert begun(opened({})) == {"ok": True, "error": None, "message": ""}


def test_a_page_whose_run_begins_otherwise_waits_for_it(opened):
    opened.there.set()
    sent = opened({"settings": '{"seed": 3}'})
    assert sent["token"] and sent["first"] is None


def test_a_page_without_a_place_says_so(opened):
    opened.there.set()
    refused = opened({"settings": '{"seed": 3}'}, fails=True)
    assert (refused["token"], refused["message"], refused["first"]) == ("", "All 5 places are taken.", None)
    refused = opened({}, fails=True)
    assert refused["first"] and begun(refused)["error"]["message"] == "All 5 places are taken."
    assert begun(refused)["error"]["message"] == GONE, "it was left then"


def test_a_page_that_followed_no_link_has_no_run_on_its_way():
    visitor = visitors.enter("")
    assert "Load it again" in begun({"token": visitor.token})["error"]["message"]
    visitors.leave("")
