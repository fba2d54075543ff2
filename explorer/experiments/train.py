"""A short training for an experiment: the zoo's tasks and rates, with or without the quantizer, and its curves.

Unlike the zoo's trainer it keeps nothing on disk: a run of an experiment takes minutes, and its seed makes it again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.experiments.measure import CENSUS, HeldOutFigures, measure
from explorer.foundation.errors import ExplorerError
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.descent import Descent
from explorer.training.recipes import Recipe
from explorer.training.tasks import task_of

POINTS = 16  # measurements along a run
ALONG = 8  # media measured along the way; all of them at the end
CURVES = ("media_error", "code_error", "usage", "perplexity", "largest")


@dataclass(frozen=True)
class Training:
    """steps (r,) int64; curves: measure -> (r,) float64; measured: after the last step, over all media."""

    model: TokenizerModel
    steps: np.ndarray
    curves: dict[str, np.ndarray]
    measured: HeldOutFigures
    seconds: float


def train(
    recipe: Recipe,
    media: Sequence[Any],
    held_out: Sequence[Tensor],
    device: torch.device,
    quantized: bool = True,
    census: int = CENSUS,
) -> Training:
    """Train the model of a recipe on `media` and measure `census` tokens of `held_out`, (1, C, *extent) each.

    Not quantized: the latents go to the decoder as they are. Raises ExplorerError where the loss is not finite.
    """
    schedule, task = recipe.schedule, task_of(recipe, media, [])
    torch.manual_seed(schedule.seed)
    model = TokenizerModel(recipe.quantizer, recipe.config, recipe.architecture, recipe.modality).to(device).train()
    parts = model if quantized else torch.nn.ModuleList([model.encoder, model.decoder])
    descent = Descent(recipe, model, parts)
    along = held_out[:: max(1, len(held_out) // ALONG)]
    points: list[tuple[int, dict[str, float]]] = []

    def look(step: int) -> None:
        points.append((step, measure(model, along, quantized, census, looks=False).figures))

    look(0)
    seconds, begun = 0.0, time.monotonic()
    for step in range(schedule.steps):
        descent.prepare(step)
        loss = _loss(model, model.network.to_network(task.batch(step).to(device)), task, quantized)
        descent.take(loss)
        if (step + 1) % max(1, schedule.steps // POINTS) == 0 or step + 1 == schedule.steps:
            if not bool(loss.isfinite()):
                raise ExplorerError(f"training diverged at step {step + 1} or before: the loss is not a finite number")
            seconds += time.monotonic() - begun
            look(step + 1)
            begun = time.monotonic()  # measuring is not training
    curves = {name: np.array([point[name] for _, point in points]) for name in CURVES if name in points[-1][1]}
    steps = np.array([step for step, _ in points], np.int64)
    return Training(model.eval(), steps, curves, measure(model, held_out, quantized, census), seconds)


def _loss(model: TokenizerModel, target: Tensor, task: Any, quantized: bool) -> Tensor:
    """The terms that compare, and those of the quantizer where there is one."""
    if quantized:
        decoded, output = task.reconstruct(model, target)
        return sum(task.losses(decoded.float(), target).values()) + output.loss
    decoded = model.decode(model.encode(target))
    return sum(task.losses(decoded.float(), target).values())
