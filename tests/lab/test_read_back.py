"""Numbers on their way from a device: read in order, not before they have come, and late is no other than at once."""

import math

import numpy as np
import pytest
import torch
from recorded_graph import LateReadBack

from explorer.lab.capture.reading import ReadBack
from explorer.lab.framing import ask_frame
from explorer.lab.runner import LabRunner
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import READ_EVERY, Diverged, LabTrainer

CPU = torch.device("cpu")
SMALL = LabSettings(codebook_size=16, batch_size=64)


def late_side(settings=SMALL, most=64):
    side = LabSide(settings, CPU)
    side.trainer.read_back = LateReadBack(CPU, most)
    return side, side.trainer.read_back


def same_frames(one, other):
    assert one.step == other.step and one.losses == other.losses and one.measures == other.measures
    assert np.array_equal(one.inputs, other.inputs) and np.array_equal(one.outputs, other.outputs)
    for a, b in zip(one.levels, other.levels, strict=True):
        for name in ("z_e", "indices", "vectors", "counts", "silent", "state", "won"):
            assert np.array_equal(getattr(a, name), getattr(b, name), equal_nan=name == "won"), name


def test_what_was_sent_is_read_in_order_and_of_the_moment_at_which_it_was_sent():
    read_back, x, seen = LateReadBack(CPU), torch.zeros(2), []
    for number in range(3):
        read_back.send([x], lambda tensors, n=number: seen.append((n, tensors[0].tolist())))
        x.add_(1)
    read_back.poll()
    assert seen == [] and read_back.waiting == 3
    read_back.let(1)
    read_back.poll()
    assert seen == [(0, [0.0, 0.0])]
    read_back.wait()
    assert seen == [(n, [float(n)] * 2) for n in range(3)] and read_back.waiting == 0


def test_no_more_than_so_many_are_on_their_way_and_the_oldest_is_waited_for():
    read_back, seen = LateReadBack(CPU, most=2), []
    for number in range(5):
        read_back.send([torch.tensor(number)], lambda tensors: seen.append(int(tensors[0])))
    assert seen == [0, 1, 2] and read_back.waiting == 2


def test_an_error_of_a_reader_is_raised_once_and_the_rest_can_still_be_read():
    read_back, seen = LateReadBack(CPU), []
    read_back.send([torch.zeros(())], lambda tensors: 1 / 0)
    read_back.send([torch.ones(())], lambda tensors: seen.append(float(tensors[0])))
    with pytest.raises(ZeroDivisionError):
        read_back.wait()
    read_back.wait()
    assert seen == [1.0]


def test_on_a_cpu_it_is_read_at_once():
    seen = []
    read_back = ReadBack(CPU)
    read_back.send([torch.ones(2)], lambda tensors: seen.append(tensors[0].tolist()))
    assert read_back.direct and seen == [[1.0, 1.0]] and read_back.waiting == 0


def test_a_run_whose_numbers_come_late_is_the_run_whose_numbers_come_at_once():
    at_once, (late, read_back) = LabSide(SMALL, CPU), late_side()
    for step in range(40):
        for side in (at_once, late):
            side.step()
        read_back.let(step % 3)
    assert late.curves.rows().shape[0] < 40 == at_once.curves.rows().shape[0]
    same_frames(at_once.frame(), late.frame())
    assert np.array_equal(at_once.curves.rows(), late.curves.rows()) and at_once.curves.names == late.curves.names
    assert at_once.timeline.steps == late.timeline.steps and len(late.timeline.steps) == 41
    for one, other in zip(at_once.timeline.after(-1), late.timeline.after(-1), strict=True):
        same_frames(one, other)


@pytest.mark.parametrize("most", [1024, 2])  # of what travels: more are read where they are
def test_reseeds_come_with_the_frame_of_their_moment(most, monkeypatch):
    monkeypatch.setattr("explorer.lab.capture.events.MOST", most)
    settings = SMALL.changed({"quantizer": "rvq", "reseeding": "random_latent", "threshold": 3.0, "every": 4})
    at_once, (late, read_back) = LabSide(settings, CPU), late_side(settings)
    for step in range(40):
        for side in (at_once, late):
            side.step()
        read_back.let(step % 3)
    for side in (at_once, late):
        side.frame()
    assert at_once.events.kept == late.events.kept and len(at_once.events.kept) > 20
    steps = [event.step for event in at_once.events.kept]
    assert steps == sorted(steps) and {event.level for event in at_once.events.kept} == {0, 1}
    if most == 1024:
        for one, other in zip(at_once.timeline.after(-1), late.timeline.after(-1), strict=True):
            assert one.events == other.events and all(one.step - 4 < event.step <= one.step for event in one.events)


def test_a_look_at_a_run_that_plays_does_not_wait_and_asks_for_one_frame_at_a_time():
    side, read_back = late_side()
    side.timeline.stride = 1000  # it keeps none of these
    for _ in range(5):
        side.step()
    before, waiting = side.newest, read_back.waiting
    assert side.frame(wait=False) is before and side.frame(wait=False) is before
    assert read_back.waiting == waiting + 1  # the frame of step 5
    side.step()
    read_back.let(100)
    assert side.frame(wait=False).step == 5  # which has come
    side.frame(wait=False)  # asked for the one of step 6
    assert side.frame(wait=False).step == 6 and side.frame().step == 6


def test_losses_that_are_not_measured_are_read_together():
    trainer = LabTrainer(SMALL, CPU)
    trainer.read_back = read_back = LateReadBack(CPU)
    rows = []
    trainer.keep_row = rows.append
    for _ in range(READ_EVERY - 1):
        trainer.step(measure=False)
    assert read_back.waiting == 0
    trainer.step(measure=False)
    assert read_back.waiting == 1 and rows == []
    trainer.read_losses()
    assert [row.step for row in rows] == list(range(1, READ_EVERY + 1)) and trainer.losses == rows[-1].losses
    assert len({row.losses["reconstruction"] for row in rows}) == READ_EVERY and rows[0].measures == {}


def test_divergence_that_is_seen_late_names_the_step_at_which_it_was():
    side, read_back = late_side()
    for _ in range(4):
        side.step()
    with torch.no_grad():
        side.trainer.model.decoder[0].weight.fill_(math.inf)
    for _ in range(3):
        side.step()
    read_back.let(100)
    with pytest.raises(Diverged) as caught:
        side.step()
    assert caught.value.step == 5 and side.curves.rows()[-1, 0] == 4


def test_a_runner_stops_a_run_whose_divergence_shows_only_when_a_frame_is_looked_at():
    runner = LabRunner(SMALL, "cpu")
    side = runner.sides[0]
    side.trainer.read_back = LateReadBack(CPU)
    runner.advance(4)
    while runner.turn() == 0:
        continue
    assert runner.newest_frame(0).step == 4
    side.trainer.model.decoder[0].weight.data.fill_(math.inf)
    runner.advance(2)
    while runner.turn() == 0:
        continue
    assert runner.stopped is None  # nothing has come yet
    frame = runner.newest_frame(0)
    assert runner.stopped.step == 5 and frame.step == 4 and not runner.playing


def test_a_frame_is_of_the_moment_at_which_it_was_asked_for_whatever_happens_until_it_comes():
    trainer, frames = LabTrainer(SMALL, CPU), []
    for _ in range(3):
        trainer.step()
    ask_frame(trainer, frames.append)
    trainer.read_back = read_back = LateReadBack(CPU)
    ask_frame(trainer, frames.append)
    for _ in range(3):
        trainer.step(measure=False)
    read_back.wait()
    assert len(frames) == 2
    same_frames(*frames)
