"""No training step asks what a tensor holds, so that none waits for a GPU and each can be captured as a graph."""

from __future__ import annotations

import contextlib

import pytest
import torch

from explorer.quantizers import nearest, rvq
from explorer.quantizers.composed import search
from explorer.quantizers.initialization import DATA_DRIVEN, INITIALIZATIONS, Initialization
from explorer.quantizers.regularizers import REGULARIZERS
from explorer.quantizers.reseeding import DEAD_BY, STRATEGIES, Reseeding
from explorer.quantizers.vq import CodebookOptions
from tests.quantizers.made_quantizers import OTHER_SETTINGS, SETTINGS, build, latents
from tests.quantizers.step.host_looks import Kernels, Looked, NoLooks

STEPS, FEW = 100, 9
# Looks once in a run, at its start: whether the codes are to start (a flag that was loaded), and k-means, which goes on
# until it has its latents. The k-means quantizer fits once, at a step that is set.
STARTS = ("_initialize", "_start")
STARTING = {"vq", "gradual", "rvq", "pq", "multihead", "opq", "additive", "kmeans", "soft", "ibq", "affine", "cvq"}
STARTING |= {"nsvq", "diveq"}


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch):
    """Let searches go the way that they go on a device where looking would make them wait."""
    monkeypatch.setattr(nearest, "in_a_graph", lambda: True)
    monkeypatch.setattr(rvq, "in_a_graph", lambda: True)
    monkeypatch.setattr(search, "in_a_graph", lambda: True)


def train_without_looks(quantizer, steps=STEPS, allowed=STARTS):
    """Which of `allowed` looked in the first step; in all others nothing may."""
    parameters = [p for p in quantizer.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.05) if parameters else None
    batches = [latents(quantizer.dim, 48, seed=step % 7) for step in range(steps)]
    seen = set()
    for step, z in enumerate(batches):
        mode = NoLooks(*(allowed if step == 0 else ()))
        with mode:
            output = quantizer(z.requires_grad_())
            (output.z_q.square().mean() + output.loss).backward()
            if optimizer:
                optimizer.step()
                optimizer.zero_grad()
        seen |= mode.seen
    assert all(torch.isfinite(tensor).all() for tensor in quantizer.state_dict().values() if tensor.ndim)
    return seen


def vq(**options):
    return build("vq").__class__(8, 32, CodebookOptions(**options)).train()


@pytest.mark.parametrize("name", [*SETTINGS, *OTHER_SETTINGS])
def test_no_step_of_any_quantizer_looks(name):
    seen = train_without_looks(build(name).train(), STEPS if name in SETTINGS else FEW)
    assert bool(seen) == (name.partition(",")[0] in STARTING)


@pytest.mark.parametrize("dead_by", DEAD_BY)
@pytest.mark.parametrize("strategy", STRATEGIES[1:])
def test_no_reseeding_looks(strategy, dead_by):
    reseeding = Reseeding(strategy, dead_by, 0.95, patience=4, healthy_share=1.0, every=3, reservoir_size=128)
    update, metric = ("gradient", "cosine") if dead_by == "steps" else ("ema", "euclidean")
    quantizer = vq(update=update, reseeding=reseeding, metric=metric)
    train_without_looks(quantizer, STEPS if dead_by == "ema_count" else FEW)
    events = quantizer.drain_events()
    assert events and {(event.strategy, event.step % 3) for event in events} == {(strategy, 0)}


@pytest.mark.parametrize("start", INITIALIZATIONS)
def test_a_start_looks_in_its_first_step_alone(start):
    steps = STEPS if start in DATA_DRIVEN else FEW
    seen = train_without_looks(vq(initialization=Initialization(start)), steps)
    assert seen == {"_initialize"}  # a data-driven start looks at the latents, any at whether it is one


def test_no_regularizer_looks():
    train_without_looks(vq(update="gradient", regularizers=tuple((name, 0.1) for name in REGULARIZERS)))


@pytest.mark.parametrize("name", [*SETTINGS, *OTHER_SETTINGS])
def test_steps_run_on_a_device_without_numbers(name, monkeypatch):
    """Tensors of "meta" have a shape and nothing else; whatever asks more of them, or mixes them with others, fails."""
    monkeypatch.setattr(torch, "autocast", lambda *args, **kwargs: contextlib.nullcontext())  # which meta has not
    quantizer = build(name).train()
    for _ in range(2):
        quantizer(latents(quantizer.dim, 48))
    quantizer.to("meta")
    for _ in range(3):
        z = torch.empty(48, quantizer.dim, device="meta", requires_grad=True)
        output = quantizer(z)
        (output.z_q.square().mean() + output.loss).backward()
        assert output.z_q.device == output.indices.device == z.grad.device == torch.device("meta")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("name", [*SETTINGS, *OTHER_SETTINGS])
def test_no_step_waits_for_cuda(name):
    quantizer = build(name).train().cuda()
    batches = [latents(quantizer.dim, 48, seed=step).cuda() for step in range(16)]
    for z in batches[:4]:
        quantizer(z)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for z in batches[4:]:
            output = quantizer(z.requires_grad_())
            (output.z_q.square().mean() + output.loss).backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.isfinite(output.loss)


def kernels(quantizer, z):
    """What a step runs, forwards and backwards."""
    quantizer.zero_grad()
    with Kernels() as seen:
        output = quantizer(z.requires_grad_())
        (output.z_q.square().mean() + output.loss).backward()
    return seen.calls


@pytest.mark.parametrize("name", [*SETTINGS, *OTHER_SETTINGS, "reseeded now and then"])
def test_steps_of_one_phase_run_the_same_kernels_on_the_same_places(name):
    """So a graph of one may be replayed for the others. Where nothing starts or joins, there are such phases."""
    now_and_then = vq(reseeding=Reseeding("reservoir", threshold=0.9, every=4, reservoir_size=100))
    quantizer = (now_and_then if name == "reseeded now and then" else build(name)).train()
    by_phase, places = {}, {}
    for step in range(12 if quantizer.waits or name in ("opq", "soft", "reseeded now and then") else 4):
        phase = quantizer.phase
        calls = kernels(quantizer, latents(quantizer.dim, 48, seed=step))
        now = {key: tensor.data_ptr() for key, tensor in [*quantizer.named_parameters(), *quantizer.named_buffers()]}
        places = places or now
        assert now == places
        if phase is not None:
            hash(phase)
            assert by_phase.setdefault(phase, calls) == calls, (step, phase)
        else:
            assert step == 0 or quantizer.waits or (step == 3 and name == "reseeded now and then")
    many = {"opq": 2, "reseeded now and then": 2, "gradual, waiting": 4}
    assert len(by_phase) in (1, many.get(name, 1), 2 if name.startswith("opq,") else 1), by_phase.keys()
    assert len(set(map(tuple, by_phase.values()))) == len(by_phase)


def test_a_step_that_was_replayed_is_counted_by_the_host():
    quantizer = vq(reseeding=Reseeding("split", every=3))
    for _ in range(3):
        quantizer(latents(8, 48))
    phases = []
    for _ in range(6):
        phases.append(quantizer.phase)
        quantizer.pass_step()
    assert quantizer.counts.step == 9
    assert phases == [("learns",), ("learns",), ("checks",)] * 2


def test_what_looks_is_found():
    x, mask = torch.arange(6.0), torch.arange(6) % 2 == 0
    looks = [
        lambda: x.sum().item(),
        lambda: x.tolist() if x[0] > 1 else 0,
        lambda: mask.nonzero(),
        lambda: x[mask],
        lambda: x.masked_select(mask),
        lambda: x.unique(),
        lambda: torch.equal(x, x),
        lambda: torch.bincount(mask.long()),
        lambda: x.repeat_interleave(mask.long()),
        lambda: x.clone().__setitem__(mask, x[:3]),
        lambda: torch.linalg.svd(torch.eye(3)),
        lambda: torch.tensor([1.0]) + x,
        lambda: bool(mask.any()),
    ]
    for look in looks:
        with pytest.raises(Looked), NoLooks():
            look()
    with NoLooks():
        assert torch.where(mask, x, 0).shape == x[mask.long()].shape


@pytest.mark.parametrize("start", DATA_DRIVEN)
def test_a_batch_that_looks_later_is_not_excused(start):
    quantizer = vq(initialization=Initialization(start))
    quantizer(latents(8, 48))
    with NoLooks():
        quantizer(latents(8, 48))
    quantizer.load_state_dict(quantizer.state_dict())
    with pytest.raises(Looked), NoLooks():
        quantizer(latents(8, 48))  # whether the loaded codes are still to start
