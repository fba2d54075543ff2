"""The runner: commands act at once, runs repeat, errors end one run, a run that nobody looks at rests and then ends."""

import time
from types import SimpleNamespace

import pytest
import torch
from recorded_graph import give_graphs

from explorer.foundation.errors import ExplorerError, FieldError, SettingsError
from explorer.lab.runner import LabRunner
from explorer.lab.settings import LabSettings

SMALL = LabSettings(codebook_size=8, batch_size=32)


def turns(runner, seconds=30.0, until=lambda runner: False):
    """Give the runner its turns until the condition holds or it has nothing to do."""
    end = time.monotonic() + seconds
    while not until(runner):
        assert time.monotonic() < end, "it did not come true"
        if runner.turn() > 0:
            return


@pytest.fixture
def runner():
    return LabRunner(SMALL, "cpu")


def test_it_plays_pauses_and_takes_exactly_the_steps_asked_for(runner):
    runner.play()
    turns(runner, until=lambda runner: runner.step > 20)
    runner.pause()
    at = runner.step
    turns(runner)
    assert runner.step == at and not runner.playing
    runner.advance(10)
    turns(runner)
    assert runner.step == at + 10
    with pytest.raises(SettingsError):
        runner.advance(0)


def test_two_runners_in_turn_give_the_same_run(runner):
    other = LabRunner(SMALL, "cpu")
    for one in (runner, other):
        one.advance(200)
    while runner.step < 200 or other.step < 200:
        runner.turn(), other.turn(), other.turn()
    frames = [one.sides[0].frame() for one in (runner, other)]
    assert (frames[0].levels[0].vectors == frames[1].levels[0].vectors).all()
    assert (frames[0].levels[0].z_e == frames[1].levels[0].z_e).all()


def test_a_live_change_goes_on_and_one_that_cannot_begins_anew(runner):
    runner.advance(30)
    turns(runner)
    serial = runner.serial
    assert runner.change({"beta": 2.0}) is False and runner.step == 30 and runner.serial == serial
    assert runner.change({"codebook_size": 4}) is True and runner.step == 0 and runner.serial != serial
    with pytest.raises(FieldError) as caught:
        runner.change({"codebook_size": 0})
    assert caught.value.field == "codebook_size" and runner.sides[0].settings.codebook_size == 4


def test_two_sides_go_in_lock_step_and_differ_only_in_what_was_changed(runner):
    runner.start(SMALL, SMALL.changed({"decay": 0.5}))
    runner.advance(25)
    turns(runner)
    first, second = runner.sides
    assert first.trainer.step_count == second.trainer.step_count == runner.step == 25
    same_start = [side.timeline.nearest(0).levels[0].vectors for side in (first, second)]
    assert (same_start[0] == same_start[1]).all()
    assert (first.frame().levels[0].vectors != second.frame().levels[0].vectors).any()
    runner.change({"beta": 2.0}, (0, 1))
    assert [side.settings.beta for side in runner.sides] == [2.0, 2.0]
    with pytest.raises(SettingsError):  # what B cannot take, A does not get either
        runner.change({"lr": "x"}, (1, 0))
    with pytest.raises(SettingsError, match="0 to 1"):
        runner.change({"lr": 0.5}, (0, 2))
    assert [side.settings.lr for side in runner.sides] == [SMALL.lr] * 2


def test_a_limit_holds_the_speed(runner, monkeypatch):
    clock = [time.monotonic()]
    monkeypatch.setattr("explorer.lab.runner.time", SimpleNamespace(monotonic=lambda: clock[0]))
    runner.set_speed(20)
    runner.play()
    end = clock[0] + 5
    while clock[0] < end:
        runner.look()
        clock[0] += runner.turn() or 0.002  # a step takes 2 ms
    assert 95 <= runner.step <= 110
    with pytest.raises(SettingsError):
        runner.set_speed(0)


def test_divergence_stops_the_run_and_keeps_the_last_good_frame(runner):
    runner.advance(12)
    turns(runner)
    runner.sides[0].trainer.model.decoder[-1].bias.data.fill_(float("nan"))
    runner.play()
    turns(runner)
    assert not runner.playing and runner.stopped.step == 13 and runner.stopped.term == "reconstruction"
    assert runner.good_frame(0).step == 12
    with pytest.raises(SettingsError, match="13"):
        runner.play()
    runner.reset()
    assert runner.stopped is None and runner.step == 0


def test_an_error_inside_ends_the_run_with_words(runner):
    def broken():
        raise RuntimeError("inside")

    runner.sides[0].step = broken
    runner.look()
    runner.play()
    turns(runner)
    assert "inside" not in runner.ended and "Start it again" in runner.ended and runner.sides == []
    with pytest.raises(ExplorerError, match="Start it again"):
        runner.pause()


def test_too_little_memory_on_the_gpu_ends_or_refuses_a_run_in_words(runner, monkeypatch):
    def full(*arguments):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("explorer.lab.runner.LabSide", full)
    with pytest.raises(SettingsError, match="too little memory"):
        runner.change({"codebook_size": 4})
    assert runner.sides[0].settings.codebook_size == 8  # the old run is still there
    runner.sides[0].step = full
    runner.advance(1)
    turns(runner)
    assert "too little memory" in runner.ended


def test_a_run_that_nobody_looks_at_rests_and_one_without_a_touch_ends(monkeypatch):
    monkeypatch.setattr("explorer.lab.runner.UNWATCHED_S", 0.2)
    runner = LabRunner(SMALL, "cpu", idle_s=1.0)
    runner.play()
    turns(runner, 5, until=lambda runner: False)  # ends when the last look is too long ago
    at = runner.step
    assert runner.playing and not runner.ended
    runner.look()
    assert runner.turn() == 0 and runner.step == at + 1
    while not runner.ended and runner.step < 10**6:
        runner.look(idle_s=60)  # somebody looks, but has touched nothing
        runner.turn()
    assert "without a touch" in runner.ended and runner.sides == []


def test_a_run_pauses_itself_once_where_it_was_told_to(runner):
    runner.pause_itself(12)
    runner.play()
    turns(runner, until=lambda runner: runner.look() or not runner.playing)
    assert runner.step == 12 and not runner.playing
    runner.play()
    turns(runner, until=lambda runner: runner.look() or runner.step > 15)
    assert runner.playing
    runner.reset()
    assert runner.pauses_at is None
    runner.pause_itself(3)
    runner.advance(5)  # steps that were asked for are taken
    turns(runner)
    assert runner.step == 5


def test_the_words_for_a_gpu_say_how_its_steps_are_taken(runner, monkeypatch):
    assert runner.device_label == "CPU, 1 thread"
    monkeypatch.setattr("explorer.lab.runner.device_label", lambda device: "CUDA, a card")
    runner.start(SMALL, SMALL.changed({"decay": 0.5}))
    runner.device = SimpleNamespace(type="cuda")
    assert runner.device_label == "CUDA, a card; steps kernel by kernel: a CPU has no graphs"
    give_graphs(runner.sides[0].trainer)
    assert runner.device_label.startswith("CUDA, a card; steps kernel by kernel, recorded graphs to come; steps ")
