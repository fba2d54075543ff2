"""What moves while a run learns: the drift of its encoder, the lag of its codes, how many dimensions are in use.

All stay tensors on the device, so that nothing waits; the trainer reads them together with its other numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from explorer.lab.datasets import Dataset
from explorer.lab.models import LabModel
from explorer.lab.settings import LabSettings

Array = TypeVar("Array", Tensor, np.ndarray)
EVERY = 8  # steps between two looks; in between the numbers of the last one stand
PROBE = 256  # latents of the batch whose latents are followed
PROBE_SHARE = 4  # of a batch it is one part in so many at most, so that following it stays cheap
ALIKE = 1e-12  # variance as a share of the mean square, below which float32 rows are all equal


def effective_dimension(rows: Tensor, weights: Tensor | None = None) -> Tensor:
    """Participation ratio of the eigenvalues l of the covariance of rows (n, d), (sum l)^2 / sum l^2: from 1, where all
    lie on a line, to d, where all directions are alike; 0 where all rows are equal. weights: (n,), at least 0.

    The sums are the trace of the covariance and of its square, so nothing is decomposed.
    """
    weights = torch.ones_like(rows[:, 0]) if weights is None else weights
    total = weights.sum().clamp_min(1e-30)
    away = (rows - weights @ rows / total) * weights.sqrt()[:, None]  # (n, d)
    covariance = away.T @ away / total  # (d, d)
    trace = covariance.diagonal().sum()
    there = trace > ALIKE * (weights @ rows.square().sum(-1)) / total
    scaled = covariance / trace.clamp_min(1e-30)
    return torch.where(there, 1 / scaled.square().sum().clamp_min(1e-30), torch.zeros_like(trace))


def spread_of(z: Tensor) -> Tensor:
    """Root of the mean squared distance of latents (n, d) to their mean, never 0."""
    return (z - z.mean(0)).square().sum(-1).mean().sqrt().clamp_min(1e-9)


def speaks_of_now(seen: Array, put: Array) -> Array:
    """(K,) bool: whether what each code won last, at the step `seen` (K,), is of where it is now. At the end of step
    `put` (K,) it was put somewhere else, by a reseed or a jump: it lags behind nothing that is known until it wins
    again. -1 in either: never."""
    return seen > put


def mean_lag(codes: Tensor, won: Tensor, counted: Tensor, spread: Tensor) -> Tensor:
    """Mean distance of codes (K, d) to the means `won` (K, d) of the latents that each won last, over the `counted`
    (K,), in spreads; NaN where none is counted."""
    away = (codes - won).square().sum(-1).sqrt()
    return torch.where(counted, away, 0).sum() / counted.sum() / spread


class Drift:
    """How far the latents of a fixed batch move in one step of the encoder: the root of the mean square over their
    spread. The batch is drawn once, by a generator of its own, so looking changes nothing."""

    def __init__(self, settings: LabSettings, data: Dataset, model: LabModel, device: torch.device) -> None:
        most = min(PROBE // settings.latents_an_item, settings.batch_size // PROBE_SHARE)
        probe = torch.Generator(device).manual_seed(settings.seed + 2**41)
        self.items = data.sample(max(2, most), probe, 0)
        self._model = model

    @torch.no_grad()
    def latents(self) -> Tensor:
        """(n, D) of the batch, as the encoder is now."""
        return self._model.encode(self.items).flatten(0, -2)

    def since(self, before: Tensor) -> Tensor:
        """From the latents (n, D) as they were before the step."""
        now = self.latents()
        return (now - before).square().sum(-1).mean().sqrt() / spread_of(now)


class Movement:
    """The measures of this file over a run, taken every EVERY steps. drift: None without an encoder."""

    def __init__(self, drift: Drift | None, can_follow: bool) -> None:
        """can_follow: whether codes move, as those of a rule do not."""
        self.drift, self._can_follow = drift, can_follow
        self.values: dict[str, Tensor] = {}

    def before(self, step: int) -> Tensor | None:
        """What `measure` has to be given after the step with the number `step`; None where it takes no new look."""
        return self.drift.latents() if self.drift and self.looks(step) else None

    @torch.no_grad()
    def measure(
        self,
        step: int,
        probe: Tensor | None,
        z: Tensor,
        levels: Sequence[tuple[Tensor, ...]],
    ) -> dict[str, Tensor]:
        """By name: of latents z (N, D), and of each level from (what it was given (N, d), codes (K, d), the means of
        what they last won (K, d), which codes are in use (K,), of which of these it is known what they won (K,))."""
        if not self.looks(step):
            return self.values
        found = {"latent_dimension": effective_dimension(z)}
        if self.drift and probe is not None:
            found["drift"] = self.drift.since(probe)
        for number, (given, codes, won, in_use, known) in enumerate(levels):
            found[f"code_dimension_{number}"] = effective_dimension(codes, in_use.float())
            if self._can_follow:
                found[f"lag_{number}"] = mean_lag(codes, won, in_use & known, spread_of(given))
        if not self.values:
            self.values = {name: torch.zeros_like(value) for name, value in found.items()}
        for name, value in found.items():
            self.values[name].copy_(value)  # in its place: graphs of other steps read it there
        return self.values

    def looks(self, step: int) -> bool:
        """Whether a step that is measured takes a new look."""
        return step % EVERY == 0 or not self.values
