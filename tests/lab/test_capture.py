"""Steps as graphs: the same run to the bit as kernel by kernel, captured when and as often as it must be, and in words
where it cannot be. A recorded graph (`recorded_graph.py`) stands for that of a GPU."""

from contextlib import nullcontext

import pytest
import torch
from recorded_graph import DataDependent, LateReadBack, Recorder, RecordingCapturer, give_graphs
from torch import nn

from explorer.lab.capture.graphs import engine_for
from explorer.lab.capture.phases import counters_of, python_state
from explorer.lab.capture.stepping import KEPT, WARM, CaptureError, Stepping
from explorer.lab.controls import QUANTIZERS
from explorer.lab.framing import ask_frame
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from tests.quantizers.step.host_looks import NoLooks

CPU = torch.device("cpu")
SMALL = LabSettings(codebook_size=16, batch_size=64)
SIZES = {"fsq": {"dim": 2}, "lfq": {"dim": 4}, "bsq": {"dim": 4}, "pq": {"dim": 4}, "opq": {"dim": 4}}
SIZES |= {"gradual": {"grow_steps": 5}, "soft": {"anneal_steps": 5}}
STEPS = 30


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """The search for codes in torch alone, where on a CPU it goes to numpy, which no graph sees."""
    monkeypatch.setattr("explorer.quantizers.nearest.in_a_graph", lambda: True)
    monkeypatch.setattr("explorer.quantizers.rvq.in_a_graph", lambda: True)
    monkeypatch.setattr("explorer.quantizers.composed.search.in_a_graph", lambda: True)  # which stops early on a CPU


def two_runs(settings, steps=STEPS, measured=lambda step: step % 3 == 0):
    """A run kernel by kernel and one by graphs, after so many steps, and all rows that each gave."""
    trainers, rows = [LabTrainer(settings, CPU) for _ in range(2)], ([], [])
    trainers[0]._clock = torch.zeros((), dtype=torch.int64)  # so that both turn the data by the same arithmetic
    give_graphs(trainers[1])
    for trainer, kept in zip(trainers, rows, strict=True):
        trainer.keep_row = kept.append
        for step in range(1, steps + 1):
            trainer.step(measure=measured(step))
    return trainers, rows


def tensors_of(trainer):
    ledgers = [t for one in trainer.ledgers for t in vars(one).values()]
    moments = [t for state in trainer.optimizer.state.values() for t in state.values()] if trainer.optimizer else []
    states = [*trainer.quantizer.state_dict().values(), *trainer.model.state_dict().values()]
    return [*states, *ledgers, *moments, trainer.generator.get_state()]


def assert_same(trainers, rows):
    one, other = (tensors_of(trainer) for trainer in trainers)
    assert len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert repr(rows[0]) == repr(rows[1]) and len(rows[0]) > 0  # to the bit, and what is not known is NaN in both
    assert trainers[0].drain_events() == trainers[1].drain_events()
    assert trainers[0].latents_seen == trainers[1].latents_seen
    one, other = ([counter.step for counter in counters_of(trainer.quantizer)] for trainer in trainers)
    assert one == other


@pytest.mark.parametrize("quantizer", [name for name, _ in QUANTIZERS])
def test_steps_as_graphs_are_those_kernel_by_kernel_to_the_bit(quantizer, as_on_a_gpu):
    trainers, rows = two_runs(SMALL.changed({"quantizer": quantizer, **SIZES.get(quantizer, {})}))
    assert_same(trainers, rows)
    assert trainers[1].stepping.replays >= STEPS / 3 and trainers[1].stepping.words == "as recorded graphs"


def test_a_convolutional_run_that_starts_on_latents_and_reseeds_is_the_same_by_graphs(as_on_a_gpu):
    changes = {"dataset": "patches", "model": "conv", "patch_px": 16, "dim": 4, "batch_size": 4}
    changes |= {"initialization": "online", "reseeding": "random_latent", "threshold": 0.9, "every": 4}
    trainers, rows = two_runs(SMALL.changed(changes), 60)
    assert_same(trainers, rows)
    assert trainers[1].stepping.captures >= 3 and trainers[1].stepping.replays >= 30


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_the_same_run_by_graphs_and_looks_at_no_value(name, as_on_a_gpu):
    """100 steps behind the first, in which codes may start on latents; what is measured and what frames take, too."""
    settings = LabSettings().changed(PRESETS[name].changes)
    settings = settings.changed({"batch_size": max(32, settings.codebook_size)})  # k-means starts on a batch
    plain, graphs = (LabTrainer(settings, CPU) for _ in range(2))
    give_graphs(graphs)
    plain._clock = torch.zeros((), dtype=torch.int64)
    rows, frames = ([], []), []
    plain.step(), graphs.step()
    plain.read_back = LateReadBack(CPU, 1000)
    for trainer, kept in zip((plain, graphs), rows, strict=True):
        trainer.keep_row = kept.append
    for steps in (range(60), range(60, 100)):
        with NoLooks():
            for step in steps:
                plain.step(measure=step % 5 == 0)
                if step % 20 == 0:
                    ask_frame(plain, frames.append, gradients=True, with_events=True)
        if steps[0] == 0:
            for step in steps:
                graphs.step(measure=step % 5 == 0)
            plain.read_losses()
            plain.drain_events(), graphs.drain_events()  # of which the frames of the one have taken some
            assert_same((plain, graphs), rows)
    plain.read_losses()
    assert plain.step_count == 101 and len(frames) == 5 and graphs.stepping.replays >= 20


def test_the_first_steps_of_a_warm_up_are_graphs_of_their_own(as_on_a_gpu):
    trainers, rows = two_runs(SMALL.changed({"warm_up": 20}))
    assert_same(trainers, rows)
    assert trainers[1].stepping.captures >= 4  # measured and not, before and after


class Counter(nn.Module):
    """A step that adds to a tensor, and counts in Python; changes: what it holds besides."""

    def __init__(self):
        super().__init__()
        self.register_buffer("sum", torch.zeros(()))
        self.step, self.rate, self.ran = 0, 1.0, 0

    def compute(self):
        self.ran += 1
        self.step += 1
        self.sum.add_(self.rate)
        return self.sum

    def count(self):
        self.step += 1

    def take(self, stepping, phase="learns", state=None):
        return stepping.take(phase, state or (lambda: self.rate), self.compute, self.count, [self])


def test_a_phase_is_captured_after_its_warm_up_and_then_run_again_without_python():
    stepping, one = Stepping(RecordingCapturer()), Counter()
    words = [stepping.words]
    for _ in range(20):
        assert one.take(stepping) is one.sum
    words.append(stepping.words)
    assert (one.ran, stepping.captures, stepping.replays) == (WARM + 1, 1, 20 - WARM - 1)
    assert float(one.sum) == one.step == 20
    assert words == ["kernel by kernel, recorded graphs to come", "as recorded graphs"]


def test_another_phase_and_another_state_have_graphs_of_their_own_and_no_more_are_kept_than_few():
    stepping, one = Stepping(RecordingCapturer()), Counter()
    for phase in ("learns", "checks"):
        for _ in range(10):
            one.take(stepping, phase)
    assert stepping.captures == 2
    one.rate = 3.0
    for _ in range(10):
        one.take(stepping)
    assert stepping.captures == 3 and float(one.sum) == 20 + 30
    for number in range(2 * KEPT):
        for _ in range(10):
            one.take(stepping, number)
    before = stepping.captures
    one.take(stepping, 2 * KEPT - 1)
    assert stepping.captures == before  # the newest are there
    one.take(stepping, 0)
    assert stepping.captures == before + 1  # the eldest made room, and needs no second warm-up


def test_a_change_of_settings_throws_the_graphs_away():
    stepping, one = Stepping(RecordingCapturer()), Counter()
    for _ in range(10):
        one.take(stepping)
    stepping.forget()
    one.rate = 2.0
    for _ in range(10):
        one.take(stepping, state=lambda: "hidden")
    assert stepping.captures == 2 and float(one.sum) == 10 + 20


def test_what_is_not_to_be_captured_and_what_changes_python_is_not():
    stepping, one = Stepping(RecordingCapturer()), Counter()
    for _ in range(10):
        one.take(stepping, phase=None)
    for _ in range(10):
        one.take(stepping, state=lambda: one.step)  # another at each step
    changing = iter(range(100))
    for _ in range(10):
        one.take(stepping, state=lambda: next(changing) % 2)  # the step leaves another than it found
    assert (stepping.captures, one.ran) == (0, 30) and float(one.sum) == 30


def test_a_capture_that_fails_leaves_a_run_kernel_by_kernel_and_the_reason_in_words(caplog):
    capturer, one = RecordingCapturer(fails="operation not permitted when stream is capturing"), Counter()
    capturer.broke = one.count  # as Python counts while it is recorded
    stepping = Stepping(capturer)
    for _ in range(12):
        one.take(stepping)
    assert float(one.sum) == one.step == one.ran == 12 and stepping.captures == 0
    assert stepping.words == (
        "kernel by kernel: a step could not be captured (operation not permitted when stream is capturing)"
    )
    assert "could not be captured" in caplog.text


def test_an_error_of_the_step_itself_is_raised_and_not_taken_for_one_of_the_capture():
    stepping, one = Stepping(RecordingCapturer()), Counter()
    one.compute = lambda: 1 / 0
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            one.take(stepping)
    assert stepping.capturer is not None


def test_without_graphs_steps_are_plain_and_it_is_said_why():
    capturer, reason, read_back = engine_for(CPU, lambda: [])
    stepping = Stepping(capturer, reason)
    assert stepping.words == "kernel by kernel: a CPU has no graphs" and read_back.direct
    assert engine_for(torch.device("mps"), lambda: [])[1] == "MPS has no graphs"
    assert LabTrainer(SMALL, CPU).stepping.words == stepping.words


def test_what_python_holds_of_modules_tells_numbers_lists_and_places_of_tensors_apart():
    one = Counter()
    first = python_state(one)
    assert python_state(one) == first and hash(first) == hash(python_state(one))
    for change in (
        lambda: setattr(one, "rate", 2.0),
        lambda: one.eval(),
        lambda: setattr(one, "sum", one.sum.clone()),
        lambda: setattr(one, "found", [1]),
        lambda: one.found.append(2),
        lambda: one.register_parameter("weight", nn.Parameter(torch.zeros(2))),
        lambda: one.weight.requires_grad_(False),
        lambda: one.add_module("layer", nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))),
        lambda: setattr(one.layer[0], "weight", nn.Parameter(torch.ones(2, 2))),
        lambda: one.layer[0].bias.requires_grad_(False),
        lambda: one.layer[1].register_buffer("running_mean", torch.ones(2)),
        lambda: one.layer[1].eval() if one.layer[1].training else one.layer[1].train(),
    ):
        before = python_state(one)
        change()
        assert python_state(one) != before
    before = python_state(one)
    one.sum.add_(1)
    assert python_state(one) == before  # what a graph changes


def test_the_recorder_sees_what_would_make_a_graph_impossible():
    x = torch.arange(4.0)
    for look in (lambda: x.sum().item(), lambda: x.nonzero(), lambda: x[x > 1], lambda: bool(x.sum() > 1)):
        with pytest.raises(DataDependent), Recorder():
            look()
    with Recorder():
        x[torch.tensor([1, 2])] = 0.0
        x.masked_fill_(x > 1, 0)


def test_a_generator_whose_capture_broke_off_is_replaced_by_one_that_goes_on_where_it_was(monkeypatch):
    """Of the CUDA capturer, with a torch whose captures fail."""
    from explorer.lab.capture import graphs

    class Broken:
        def register_generator_state(self, generator):
            self.generator = generator

    def begin(graph, **options):
        graph.generator.seed()  # whatever happened to it
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nCUDA kernel errors might")

    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Broken)
    monkeypatch.setattr(torch.cuda, "graph", begin)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    trainer = LabTrainer(SMALL, CPU)
    before, state = trainer.generator, trainer.generator.get_state()
    with pytest.raises(CaptureError, match=r"^CUDA error: operation not permitted when stream is capturing$"):
        graphs.CudaGraphs(CPU, trainer._holders).capture(lambda: None)
    assert trainer.generator is not before and torch.equal(trainer.generator.get_state(), state)
