"""The runner of a visitor: commands act at once, runs repeat, errors end one run, nobody's run goes on for ever."""

import time

import pytest

from explorer.errors import ExplorerError, SettingsError
from explorer.lab.runner import LabRunner, RunnerPool
from explorer.lab.settings import FieldError, LabSettings

SMALL = LabSettings(codebook_size=8, batch_size=32)


def until(condition, seconds=30.0):
    """Wait for a condition that another thread will make true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.005)


@pytest.fixture
def runner():
    made = LabRunner(SMALL, "cpu")
    yield made
    made.end("The test is over.")
    made.join(10)


def test_it_plays_pauses_and_takes_exactly_the_steps_asked_for(runner):
    runner.play()
    until(lambda: runner.look() or runner.step > 20)
    runner.pause()
    at = runner.step
    time.sleep(0.05)
    assert runner.step == at and not runner.playing
    runner.advance(10)
    until(lambda: runner.step == at + 10)
    time.sleep(0.05)
    assert runner.step == at + 10
    with pytest.raises(SettingsError):
        runner.advance(0)


def test_two_runners_at_once_give_the_same_run(runner):
    other = LabRunner(SMALL, "cpu")
    try:
        for one in (runner, other):
            one.advance(200)
        until(lambda: runner.step == other.step == 200)
        frames = [one.sides[0].frame() for one in (runner, other)]
        assert (frames[0].levels[0].vectors == frames[1].levels[0].vectors).all()
        assert (frames[0].levels[0].z_e == frames[1].levels[0].z_e).all()
    finally:
        other.end("over")
        other.join(10)


def test_a_live_change_goes_on_and_one_that_cannot_begins_anew(runner):
    runner.advance(30)
    until(lambda: runner.step == 30)
    serial = runner.serial
    assert runner.change({"beta": 2.0}) is False and runner.step == 30 and runner.serial == serial
    assert runner.change({"codebook_size": 4}) is True and runner.step == 0 and runner.serial != serial
    with pytest.raises(FieldError) as caught:
        runner.change({"codebook_size": 0})
    assert caught.value.name == "codebook_size" and runner.sides[0].settings.codebook_size == 4


def test_two_sides_go_in_lock_step_and_differ_only_in_what_was_changed(runner):
    runner.start(SMALL, SMALL.changed({"decay": 0.5}))
    runner.advance(25)
    until(lambda: runner.step == 25)
    first, second = runner.sides
    assert first.trainer.step_count == second.trainer.step_count == 25
    same_start = [side.timeline.nearest(0).levels[0].vectors for side in (first, second)]
    assert (same_start[0] == same_start[1]).all()
    assert (first.frame().levels[0].vectors != second.frame().levels[0].vectors).any()


def test_a_limit_holds_the_speed(runner):
    runner.set_speed(20)
    runner.play()
    began, at = time.monotonic(), runner.step
    while time.monotonic() - began < 1.0:
        runner.look()
        time.sleep(0.02)
    assert 2 <= runner.step - at <= 40
    with pytest.raises(SettingsError):
        runner.set_speed(0)


def test_divergence_stops_the_run_and_keeps_the_last_good_frame(runner):
    runner.advance(12)
    until(lambda: runner.step == 12)
    with runner.held():
        runner.sides[0].trainer.model.decoder[-1].bias.data.fill_(float("nan"))
    runner.play()
    until(lambda: runner.look() or runner.stopped)
    assert not runner.playing and runner.stopped.step == 13 and runner.stopped.term == "reconstruction"
    assert runner.good_frame(0).step == 12
    with pytest.raises(SettingsError, match="13"):
        runner.play()
    runner.reset()
    assert runner.stopped is None and runner.step == 0


def test_an_error_inside_ends_this_run_with_words_and_no_other(runner):
    other = LabRunner(SMALL, "cpu")

    def broken():
        raise RuntimeError("inside")

    runner.sides[0].step = broken
    runner.play()
    until(lambda: runner.look() or runner.ended)
    assert "inside" not in runner.ended and "Start it again" in runner.ended
    with pytest.raises(ExplorerError):
        runner.pause()
    other.advance(3)
    until(lambda: other.step == 3)
    other.end("over")


def test_a_run_that_nobody_looks_at_rests_and_one_without_a_touch_ends(monkeypatch):
    monkeypatch.setattr("explorer.lab.runner.UNWATCHED_S", 0.2)
    runner = LabRunner(SMALL, "cpu", idle_s=1.0)
    runner.play()
    time.sleep(0.6)
    at = runner.step
    time.sleep(0.1)
    assert runner.step == at and runner.playing
    runner.look()
    until(lambda: runner.step > at)
    until(lambda: runner.ended, 5)
    assert "without a touch" in runner.ended and runner.sides == []


def test_the_pool_is_capped_says_so_and_gives_places_back():
    pool = RunnerPool(2)
    try:
        pool.open("a", SMALL, "cpu")
        pool.open("b", SMALL, "cpu")
        with pytest.raises(ExplorerError, match="All 2 places"):
            pool.open("c", SMALL, "cpu")
        pool.close("a")
        assert pool.get("a") is None and len(pool) == 1
        assert pool.open("c", SMALL, "cpu") is pool.get("c")
    finally:
        pool.close_all()
    assert len(pool) == 0
