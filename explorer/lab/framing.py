"""From a trainer to a Frame: fixed inputs are encoded anew with the codebook of this moment, and all becomes numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from explorer.joints.frame import DEAD, LIVE, UNSEEN, Frame, FrameLevel
from explorer.lab.capture.events import events_to_send
from explorer.lab.models import difference
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from explorer.quantizers.base import QuantizerOutput
from explorer.quantizers.chance import drawing_from
from explorer.quantizers.step.events import ReseedEvent

LATENTS = 2000  # shown in the plane; fewer when they have more than two dimensions
LATENTS_WIDE = 512
PICTURES = 8


def shown_items(settings: LabSettings) -> int:
    """How many items are encoded for a frame."""
    latents = LATENTS if settings.latent_dim <= 2 else LATENTS_WIDE
    return max(PICTURES, latents // settings.latents_an_item)


def make_frame(trainer: LabTrainer, gradients: bool = False) -> Frame:
    """The trainer at this moment without its events, waiting for the device. As `ask_frame`."""
    made: list[Frame] = []
    ask_frame(trainer, made.append, gradients)
    trainer.read_back.wait()
    return made[0]


def ask_frame(
    trainer: LabTrainer,
    keep: Callable[[Frame], None],
    gradients: bool = False,
    with_events: bool = False,
) -> None:
    """Let keep(frame) be called with the trainer as it is at this moment, once that has come back from the device.
    Nothing of the run changes: the probe has a generator of its own.

    gradients: also of the reconstruction loss of each item at its latents, as the estimator passes it on. with_events:
    the frame takes all reseeds up to now that no frame before it took.
    """
    settings = trainer.settings
    probe = torch.Generator(trainer.device).manual_seed(settings.seed + 1)
    items = trainer.data.sample(shown_items(settings), probe, trainer.step_count)
    trainer.quantizer.eval()
    try:
        with drawing_from(probe), torch.set_grad_enabled(gradients):
            z = trainer.model.encode(items).detach().requires_grad_(gradients)  # (B, ..., D)
            output = trainer.quantizer(z)
            decoded = trainer.model.decode(output.z_q)
            gradient = _gradient(z, decoded, items, settings) if gradients else None
    finally:
        trainer.quantizer.train()
    parcel = {"inputs": _shown(items), "outputs": _shown(decoded.detach())} | _level_tensors(trainer, output)
    if gradient is not None:
        parcel["gradient"] = gradient
    made = partial(
        Frame,
        step=trainer.step_count,
        latents_seen=trainer.latents_seen,
        batch_size=settings.batch_size * settings.latents_an_item,
    )
    sent, read_events = events_to_send(trainer.quantizer) if with_events else ([], _no_events)
    rules = Rules(trainer.window, trainer.metrics, _raw(settings), not settings.axis_values)

    def read(tensors: list[Tensor]) -> None:
        arrays = {name: tensor.numpy().copy() for name, tensor in zip(parcel, tensors, strict=False)}
        events = trainer.tell(read_events(tensors[len(parcel) :]))
        levels = tuple(_level(arrays, number, rules) for number in range(len(rules.metrics)))
        inputs, outputs = arrays["inputs"], arrays["outputs"]
        losses, measures = dict(trainer.losses), dict(trainer.measures)  # of this step: sent before
        of_step = {"losses": losses, "measures": measures, "events": events}
        keep(made(levels=levels, inputs=inputs, outputs=outputs, **of_step))

    trainer.read_back.send([*parcel.values(), *sent], read)


def _no_events(tensors: list[Tensor]) -> list[ReseedEvent]:
    return []


@dataclass(frozen=True)
class Rules:
    """How the tensors of a frame are read. window: of `LabTrainer`; metrics: one a level; raw: whether a level is given
    the latents as they are; moves: whether codes move, as those of a rule do not."""

    window: int
    metrics: tuple[str, ...]
    raw: bool
    moves: bool


def _gradient(z: Tensor, decoded: Tensor, items: Tensor, settings: LabSettings) -> Tensor | None:
    """(n, D): d(loss of the item) / dz, so the mean of the batch is multiplied by its size."""
    loss = difference(settings.reconstruction, decoded, items) * len(items)
    if not loss.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(loss, z, allow_unused=True)
    return None if gradient is None else _float(gradient.flatten(0, -2))


def _level_tensors(trainer: LabTrainer, output: QuantizerOutput) -> dict[str, Tensor]:
    """What `_level` reads, on the device, each name followed by the number of its level."""
    found, tables = {}, trainer.quantizer.tables()
    for number, (stage, vectors) in enumerate(zip(output.stages, tables, strict=True)):
        ledger = trainer.ledgers[number]
        of_level = {
            "z_e": _float(stage.z_e.flatten(0, -2)),
            "indices": stage.indices.flatten().int(),
            "vectors": _float(vectors),
            "counts": ledger.usage,
            "silent": ledger.silent,
            "ever": ledger.ever,
            "won": ledger.won,
            "known": ledger.known,
        }
        found |= {f"{name}{number}": tensor for name, tensor in of_level.items()}
    return found


def _level(arrays: Mapping[str, np.ndarray], number: int, rules: Rules) -> FrameLevel:
    z_e, indices, vectors, counts, silent, ever, won, known = (
        arrays[f"{name}{number}"] for name in ("z_e", "indices", "vectors", "counts", "silent", "ever", "won", "known")
    )
    state = np.full(len(vectors), LIVE, dtype=np.uint8)
    state[silent >= rules.window] = DEAD
    state[~ever & (silent < rules.window)] = UNSEEN
    won[~known] = np.nan  # (K, d): of codes that were never chosen, or not since they were put where they are
    gradient = arrays.get("gradient")
    same_space = gradient is not None and rules.raw and gradient.shape == z_e.shape
    return FrameLevel(
        z_e=z_e,
        indices=indices,
        vectors=vectors,
        counts=counts,
        silent=silent,
        state=state,
        metric=rules.metrics[number],
        window=rules.window,
        gradient=gradient if same_space else None,
        won=won if rules.moves else None,
    )


def _raw(settings: LabSettings) -> bool:
    """Whether a level is given the latents as they are, so that a gradient at them can be drawn beside it."""
    return not settings.spec.projects and settings.metric == "euclidean"


def _shown(items: Tensor) -> Tensor:
    """Points (n, 2) float32, or of pictures the first PICTURES: (m, H, W[, 3]) uint8."""
    if items.ndim == 2:
        return _float(items)
    pixels = (items[:PICTURES].clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1)
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def _float(tensor: Tensor) -> Tensor:
    return tensor.detach().float()
