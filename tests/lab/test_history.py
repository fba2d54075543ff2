"""What is kept of a run: bounded, thinned by steps alone, with nothing newest lost."""

import numpy as np
import pytest

from explorer.joints.frame import Frame, FrameEvent, FrameLevel
from explorer.lab.history import Curves, EventLog, Tally, Timeline


def frame(step, n=4, codes=3):
    level = FrameLevel(
        z_e=np.zeros((n, 2), np.float32),
        indices=np.zeros(n, np.int32),
        vectors=np.zeros((codes, 2), np.float32),
        counts=np.ones(codes, np.float32),
        silent=np.zeros(codes, np.int32),
        state=np.zeros(codes, np.uint8),
        metric="euclidean",
        window=20,
    )
    return Frame(step, step * n, n, (level,))


def test_curves_keep_the_multiples_of_a_stride_that_doubles():
    curves = Curves(size=8)
    for step in range(1, 101):
        curves.add(step, {"a": step * 2.0})
    rows = curves.rows()
    assert curves.stride == 16 and [int(step) for step in rows[:, 0]] == [16, 32, 48, 64, 80, 96]
    assert np.array_equal(rows[:, 1], rows[:, 0] * 2)
    assert len(curves.rows(after=64)) == 2
    assert curves.last("a") == 192.0 and np.isnan(curves.last("b"))


def test_a_name_that_comes_later_is_missing_before_and_not_zero():
    curves = Curves()
    curves.add(1, {"a": 1.0})
    curves.add(2, {"a": 2.0, "b": 5.0})
    rows = curves.rows()
    assert np.isnan(rows[0, 2]) and rows[1, 2] == 5.0
    assert curves.series("b")[0].tolist() == [2]


def test_the_timeline_is_bounded_by_frames_and_by_bytes():
    timeline = Timeline(size=10)
    for step in range(200):
        timeline.add(frame(step))
    assert len(timeline.steps) <= 10 and timeline.steps[0] == 0
    assert all(step % timeline.stride == 0 for step in timeline.steps)
    assert timeline.nearest(77).step == min(timeline.steps, key=lambda kept: abs(kept - 77))
    assert timeline.before(timeline.steps[1]).step == 0 and timeline.before(0) is None
    tight = Timeline(size=100, nbytes=5 * frame(0).nbytes)
    for step in range(50):
        tight.add(frame(step))
    assert tight.nbytes <= 5 * frame(0).nbytes and len(tight.steps) >= 3
    with pytest.raises(KeyError):
        Timeline().nearest(0)


def test_events_are_numbered_counted_and_their_ticks_bounded():
    log = EventLog()
    for step in range(0, 2000, 2):
        log.add((FrameEvent(step, 0, 1, "split", 2), FrameEvent(step, 0, 3, "split", 2, died_again=True)))
    assert log.total == 2000 and log.again == 1000
    assert [number for number, _ in log.after(1995, 300)] == [1996, 1997, 1998, 1999]
    assert len(log.after(-1, 300)) == 300 and log.after(-1, 300)[-1][0] == 1999
    assert len(log.ticks) <= 400 and set(log.ticks) <= set(range(0, 2000, 2))
    assert {event.step for event in log.since(1990)} == {1992, 1994, 1996, 1998}


def test_reseeds_are_counted_by_step_and_level_after_the_events_are_forgotten():
    log = EventLog()
    for step in range(10, 30_010, 10):
        both = [FrameEvent(step, 0, 1, "split", 2), FrameEvent(step, 0, 3, "split", 2, died_again=True)]
        log.add((*both, FrameEvent(step, 1, 5, "split", 2, died_again=True)))
    assert log.since(0)[0].step > 100, "the first events are gone"
    assert log.tallied(80, 100, 0) == [Tally(90, 0, 2, 1), Tally(100, 0, 2, 1)]
    assert [one.step for one in log.tallied(80, 100)] == [90, 90, 100, 100]
    assert log.tallied(100, 100) == []
