"""From a trainer to a Frame: fixed inputs are encoded anew with the codebook of this moment, and all becomes numpy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.joints.frame import DEAD, LIVE, UNSEEN, Frame, FrameEvent, FrameLevel
from explorer.lab.models import difference
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer, Ledger
from explorer.quantizers.base import CodeCounts, QuantizerOutput
from explorer.quantizers.chance import drawing_from

LATENTS = 2000  # shown in the plane; fewer when they have more than two dimensions
LATENTS_WIDE = 512
PICTURES = 8


def shown_items(settings: LabSettings) -> int:
    """How many items are encoded for a frame."""
    latents = LATENTS if settings.latent_dim <= 2 else LATENTS_WIDE
    return max(PICTURES, latents // settings.latents_an_item)


def make_frame(trainer: LabTrainer, events: tuple[FrameEvent, ...] = (), gradients: bool = False) -> Frame:
    """The trainer at this moment. Nothing of the run changes: the probe has a generator of its own.

    gradients: also of the reconstruction loss of each item at its latents, as the estimator passes it on.
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
    inputs, outputs = _compared(items, decoded.detach())
    return Frame(
        step=trainer.step_count,
        latents_seen=trainer.latents_seen,
        batch_size=settings.batch_size * settings.latents_an_item,
        levels=_levels(trainer, output, gradient),
        losses=dict(trainer.losses),
        measures=dict(trainer.measures),
        inputs=inputs,
        outputs=outputs,
        events=events,
    )


def _gradient(z: Tensor, decoded: Tensor, items: Tensor, settings: LabSettings) -> np.ndarray | None:
    """(n, D): d(loss of the item) / dz, so the mean of the batch is multiplied by its size."""
    loss = difference(settings.reconstruction, decoded, items) * len(items)
    if not loss.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(loss, z, allow_unused=True)
    return None if gradient is None else _array(gradient.flatten(0, -2))


def _levels(trainer: LabTrainer, output: QuantizerOutput, gradient: np.ndarray | None) -> tuple[FrameLevel, ...]:
    counts = [module for module in trainer.quantizer.modules() if isinstance(module, CodeCounts)]
    levels = []
    tables, books = trainer.quantizer.tables(), trainer.quantizer.codebooks()
    for number, (stage, vectors) in enumerate(zip(output.stages, tables, strict=True)):
        ledger = trainer.ledgers[number]
        silent, ever = ledger.silent.cpu().numpy().copy(), ledger.ever.cpu().numpy()
        state = np.full(len(vectors), LIVE, dtype=np.uint8)
        state[silent >= trainer.window] = DEAD
        state[~ever & (silent < trainer.window)] = UNSEEN
        z_e = _array(stage.z_e.flatten(0, -2))
        same_space = gradient is not None and _raw(trainer.settings) and gradient.shape == z_e.shape
        levels.append(
            FrameLevel(
                z_e=z_e,
                indices=stage.indices.flatten().cpu().numpy().astype(np.int32),
                vectors=_array(vectors),
                counts=_array(counts[number].ema_count),
                silent=silent,
                state=state,
                metric=books[number].metric,
                window=trainer.window,
                gradient=gradient if same_space else None,
                won=None if trainer.settings.axis_values else _won(ledger),
            )
        )
    return tuple(levels)


def _won(ledger: Ledger) -> np.ndarray:
    """(K, d), NaN for codes that were never chosen."""
    won = _array(ledger.won)
    won[~ledger.ever.cpu().numpy()] = np.nan
    return won


def _raw(settings: LabSettings) -> bool:
    """Whether a level is given the latents as they are, so that a gradient at them can be drawn beside it."""
    return not settings.spec.projects and settings.metric == "euclidean"


def _compared(items: Tensor, decoded: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs: points (n, 2) float32, or the first PICTURES pictures (m, H, W[, 3]) uint8."""
    if items.ndim == 2:
        return _array(items), _array(decoded)
    return _pictures(items), _pictures(decoded)


def _pictures(items: Tensor) -> np.ndarray:
    pixels = (items[:PICTURES].clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy().copy()
