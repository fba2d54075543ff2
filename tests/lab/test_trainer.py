"""The lab's trainer: the same run to the bit, honest counts, live changes, and no hidden waits for a device."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from recorded_graph import LateReadBack
from torch.utils._python_dispatch import TorchDispatchMode

from explorer.joints.frame import DEAD, UNSEEN
from explorer.lab.controls import DATASETS, QUANTIZERS
from explorer.lab.datasets import build_dataset
from explorer.lab.framing import make_frame
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import Diverged
from explorer.quantizers.regularizers import REGULARIZERS

CPU = torch.device("cpu")
SMALL = LabSettings(codebook_size=16, batch_size=64)
SIZES = {"fsq": {"dim": 2}, "lfq": {"dim": 4}, "bsq": {"dim": 4}, "pq": {"dim": 4}, "opq": {"dim": 4}}


def trained(settings, steps=30):
    side = LabSide(settings, CPU)
    for _ in range(steps):
        side.step()
    return side


def state(side):
    return [tensor.clone() for tensor in side.trainer.quantizer.state_dict().values()] + [
        tensor.clone() for tensor in side.trainer.model.state_dict().values()
    ]


@pytest.mark.parametrize("quantizer", [name for name, _ in QUANTIZERS])
def test_every_quantizer_trains_and_gives_frames_that_agree_with_their_codes(quantizer):
    side = trained(SMALL.changed({"quantizer": quantizer, **SIZES.get(quantizer, {})}))
    frame = side.frame()
    assert frame.step == 30 and frame.latents_seen == 30 * 64
    assert all(math.isfinite(value) for value in (*frame.losses.values(), *frame.measures.values()))
    for level in frame.levels:
        distance = ((level.z_e[:, None] - level.vectors[None]) ** 2).sum(-1)  # (n, K), float32 brute force
        chosen = distance[np.arange(len(level.indices)), level.indices]
        assert np.all(chosen <= distance.min(axis=1) + 1e-4)


@pytest.mark.parametrize("dataset", [name for name, _ in DATASETS])
def test_every_dataset_gives_frames_with_inputs_and_outputs(dataset):
    settings = SMALL.changed({"dataset": dataset, "batch_size": 32, "points": [[0.0, 1.0], [1.0, 0.0]]})
    frame = trained(settings, 3).frame()
    assert frame.inputs.shape == frame.outputs.shape and len(frame.inputs) > 1
    assert frame.inputs.std() > 0


def test_digits_at_28_px_are_those_of_8_px_drawn_by_bicubic_interpolation():
    """Weights (Keys 1981, a = -0.5) written out for this size: a pixel of 28 is 2 / 7 of one of 8."""
    x = np.abs((np.arange(28)[:, None] + 0.5) * 2 / 7 - (np.arange(8) + 0.5))  # (28, 8)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    weights = np.where(x < 1, near, np.where(x < 2, far, 0))
    weights /= weights.sum(1, keepdims=True)  # at the edges nothing lies beyond
    both = (SMALL.changed({"dataset": name}) for name in ("digits", "digits28"))
    small, large = (build_dataset(settings, CPU).rows.numpy() for settings in both)
    assert small.shape == (1797, 1, 8, 8) and large.shape == (1797, 1, 28, 28)
    assert np.allclose(large, np.clip(weights @ small @ weights.T, 0, 1), atol=1e-5)
    assert large.min() == 0 and large.max() == 1


def test_the_same_settings_give_the_same_run_to_the_bit_and_another_seed_does_not():
    settings = SMALL.changed({"reseeding": "random_latent", "threshold": 2.0, "initialization": "kmeans"})
    first, second = trained(settings), trained(settings)
    assert first.events.total == second.events.total > 0
    assert all(torch.equal(a, b) for a, b in zip(state(first), state(second), strict=True))
    other = trained(settings.changed({"seed": 1}))
    assert not all(torch.equal(a, b) for a, b in zip(state(first), state(other), strict=True))


def test_a_gradient_chosen_on_the_run_acts_on_residual_levels_too():
    """The sum of all levels kept the estimator that it was built with."""
    settings = SMALL.changed({"quantizer": "rvq", "initialization": "kmeans"})
    sides = [trained(settings, 3) for _ in range(2)]
    sides[1].trainer.apply(settings.changed({"gradient": "rotation"}))
    for side in sides:
        side.step()
    first, second = (side.trainer.model.encoder[0].weight for side in sides)
    assert not torch.equal(first, second)


def test_looking_at_a_run_does_not_change_it():
    quiet, watched = (
        trained(SMALL.changed({"quantizer": "gumbel"})),
        LabSide(SMALL.changed({"quantizer": "gumbel"}), CPU),
    )
    watched.gradients = True
    for _ in range(30):
        watched.step()
        watched.frame()
        torch.rand(3)  # nor do draws from elsewhere in the process
    assert all(torch.equal(a, b) for a, b in zip(state(quiet), state(watched), strict=True))


def test_the_codes_called_dead_are_those_that_no_latent_chose_for_the_window():
    side = LabSide(SMALL.changed({"init_offset": 8.0}), CPU)
    trainer, chosen = side.trainer, []
    forward = trainer.quantizer.forward
    trainer.quantizer.forward = lambda z: chosen.append(forward(z)) or chosen[-1]
    for _ in range(40):
        trainer.step()
    batches = [set(output.indices.flatten().tolist()) for output in chosen]
    frame = make_frame(trainer)
    level = frame.levels[0]
    assert level.window == max(20, math.ceil(8 * 16 / 64))
    recent, ever = set().union(*batches[-level.window :]), set().union(*batches[:40])
    assert {int(code) for code in np.flatnonzero(level.state == DEAD)} == set(range(16)) - recent
    assert recent < ever or level.dead > 0
    counts = np.bincount(chosen[39].indices.flatten().numpy(), minlength=16) / 64
    p = counts[counts > 0]
    assert frame.measures["perplexity_0"] == pytest.approx(math.exp(-(p * np.log(p)).sum()), rel=1e-5)


def test_what_the_output_missed_is_a_share_of_the_variance_of_the_batch():
    trainer = trained(SMALL.changed({"model": "none", "reconstruction": "l1"}), 0).trainer
    sample, batches = trainer.data.sample, []
    trainer.data.sample = lambda *args: batches.append(sample(*args)) or batches[-1]
    codes = trainer.quantizer.vectors.detach().numpy().copy()
    trainer.step()
    points = batches[0].numpy()
    nearest = ((points[:, None] - codes[None]) ** 2).sum(-1).min(1)
    expected = nearest.mean() / 2 / points.var(axis=0).mean()
    assert trainer.measures["missed"] == pytest.approx(expected, rel=1e-4)


def test_codes_are_unseen_not_dead_before_enough_was_counted():
    frame = trained(SMALL.changed({"init_offset": 8.0}), 3).frame()
    assert frame.levels[0].dead == 0 and frame.levels[0].unseen > 8
    assert set(np.flatnonzero(frame.levels[0].state == UNSEEN)) == set(np.flatnonzero(frame.levels[0].silent == 3))


def test_a_live_change_acts_from_the_next_step_and_is_what_a_new_optimizer_would_use():
    side = trained(SMALL, 5)
    changed = side.settings.changed(
        {"lr": 0.5, "codebook_lr": 0.25, "decay": 0.5, "beta": 3.0, "gradient": "rotation", "reseeding": "reservoir"}
    )
    side.trainer.apply(changed)
    assert [group["lr"] for group in side.trainer.optimizer.param_groups] == [0.5, 0.25]
    quantizer = side.trainer.quantizer
    assert quantizer.options.beta == 3.0 and quantizer.counts.decay == 0.5 and quantizer.options.gradient == "rotation"
    before = side.trainer.model.encoder[0].weight.clone()
    side.step()
    assert (side.trainer.model.encoder[0].weight - before).abs().max() > 0.1
    assert len(quantizer.reservoir) == 64


def test_a_quantizer_without_parameters_leaves_the_encoder_its_own_learning_rate():
    side = trained(SMALL.changed({"quantizer": "fsq"}), 2)
    side.trainer.apply(side.settings.changed({"lr": 0.5, "codebook_lr": 0.25}))
    assert [group["lr"] for group in side.trainer.optimizer.param_groups] == [0.5]


def test_a_frame_is_made_once_also_where_there_is_no_gradient_to_give():
    side = trained(SMALL.changed({"quantizer": "fsq"}), 2)
    before = side.frame()
    side.gradients = True
    after = side.frame()
    assert after is not before and after.levels[0].gradient is None and side.frame() is after


def test_every_regularizer_reaches_the_loss_while_it_runs():
    side = trained(SMALL.changed({"update": "gradient"}), 2)
    side.trainer.apply(side.settings.changed({name: 0.5 for name in REGULARIZERS}))
    side.step()
    assert set(REGULARIZERS) <= set(side.trainer.losses)


def test_the_update_rule_can_be_changed_while_it_runs():
    side = trained(SMALL, 3)
    side.trainer.apply(side.settings.changed({"update": "gradient"}))
    side.step()
    assert "codebook" in side.trainer.losses
    side.trainer.apply(side.settings.changed({"update": "ema"}))
    side.step()
    assert "codebook" not in side.trainer.losses


def test_divergence_is_reported_with_its_step_and_term():
    side = trained(SMALL, 4)
    with torch.no_grad():
        side.trainer.model.decoder[0].weight.fill_(math.inf)
    with pytest.raises(Diverged) as caught:
        side.step()
    assert caught.value.step == 5 and caught.value.term == "reconstruction"
    assert side.timeline.before(5).step == 4


def test_gradients_at_the_latents_are_those_of_the_loss_by_finite_differences():
    side = trained(LabSettings(quantizer="lfq", dim=2, batch_size=64), 3)
    frame = make_frame(side.trainer, gradients=True)
    level, model = frame.levels[0], side.trainer.model
    z_q, item = torch.tensor(level.vectors[level.indices[0]]), torch.tensor(frame.inputs[0])

    def loss(z):
        return float((model.decode(z[None]) - item).detach().square().mean())

    numeric = [(loss(z_q + h) - loss(z_q - h)) / 2e-3 for h in (torch.tensor([1e-3, 0]), torch.tensor([0, 1e-3]))]
    assert level.gradient[0] == pytest.approx(numeric, rel=0.05, abs=1e-3)  # straight through: dL/dz_e = dL/dz_q


class Waits(TorchDispatchMode):
    """Counts the operations that make a program wait for a GPU: their result decides what Python does next."""

    NAMES = ("_local_scalar_dense", "nonzero", "is_nonzero", "item", "masked_select", "equal", "_unique2")

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket.__name__ in self.NAMES:
            self.found.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    "changes",
    [
        *({}, {"update": "gradient"}, {"update": "soft_em"}, {"warm_up": 50}),
        *({"quantizer": name} for name in ("rvq", "simvq", "soft", "ibq", "affine", "cvq", "nsvq", "diveq", "opq")),
        {"quantizer": "affine", "affine": "running"},
        *({"quantizer": "cvq", "anchor": anchor} for anchor in ("random", "probrandom")),
        {"quantizer": "rvq", "level_dropout": 0.5},
    ],
    ids=str,
)
def test_a_step_that_is_not_measured_never_waits_for_the_device(changes):
    side = trained(SMALL.changed(changes), 3)
    trainer = side.trainer
    trainer.read_losses()
    trainer.optimizer.step = lambda: None  # Adam reads its step counter, which stays on the CPU
    trainer.read_back = LateReadBack(CPU)  # where a look costs nothing one is taken at every step
    with Waits() as waits:
        trainer.step(measure=False)
    assert waits.found == []
    with Waits() as waits:
        float(torch.ones(2).sum())
    assert waits.found  # so the test can see waits


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("quantizer", ["vq", "rvq", "fsq"])
def test_on_cuda_a_step_does_not_synchronize_and_runs_repeat_to_the_bit(quantizer):
    settings = replace(SMALL, quantizer=quantizer)
    sides = [LabSide(settings, torch.device("cuda")) for _ in range(2)]
    for side in sides:
        side.step()
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(20):
                side.trainer.step(measure=False)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert all(torch.equal(a, b) for a, b in zip(state(sides[0]), state(sides[1]), strict=True))
