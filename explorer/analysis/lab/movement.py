"""What moves in a run of the lab, read from its frames: latents of the same inputs, codes, and the lag of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from explorer.analysis.lab.distances import length_of
from explorer.analysis.lab.thresholds import RECENT
from explorer.joints.frame import Frame, FrameLevel

TURNED = 0.2  # of a length


class Movement:
    """Whoever is one has the kept frames, the `first` and the newest of them, `now`, the `number` of the level that is
    read, that level `now` and lately, `computed` of a level, whether its error `falls`, and `ease`."""

    kept: Sequence[Frame]
    first: Frame
    now: Frame
    number: int
    level: FrameLevel
    recent_levels: list[FrameLevel]
    computed: Callable
    falls: Callable[..., bool]
    ease: float

    @cached_property
    def latents_moved(self) -> float:
        """How far the latents of the same inputs are from where they were at first, in lengths of a latent then."""
        before, now = self.first.levels[self.number].z_e, self.level.z_e
        if before.shape != now.shape:
            return float("nan")
        return float(np.linalg.norm(now - before, axis=1).mean() / max(1e-9, np.linalg.norm(before, axis=1).mean()))

    @property
    def turns(self) -> bool:
        """Whether latents of the same inputs keep moving, in the last RECENT steps by TURNED of their length, while
        the error does not fall."""
        return self._turned > self.ease * TURNED and not self.falls()

    @cached_property
    def _turned(self) -> float:
        """How far latents of the same inputs moved in the last RECENT steps, in lengths of a latent then."""
        before = next(frame for frame in self.kept if frame.step >= self.now.step - RECENT)
        if before is self.now:  # the last one kept lies further back
            before = self.kept[-2] if len(self.kept) > 1 else self.now
        then, now = before.levels[self.number].z_e, self.level.z_e
        if then.shape != now.shape:
            return 0.0
        return float(np.linalg.norm(now - then, axis=1).mean() / max(1e-9, np.linalg.norm(then, axis=1).mean()))

    @property
    def move(self) -> bool:
        """Whether latents move; those that go in circles may be where they began."""
        return self.latents_moved > 0.05 or self.turns

    @cached_property
    def growth(self) -> float:
        """Mean length of the latents shown, median over the window, against that of the same inputs in the first
        frame."""
        before = self.computed(length_of, self.first.levels[self.number])
        lately = [self.computed(length_of, level) for level in self.recent_levels]
        return float(np.median(lately) / max(1e-9, before))

    @cached_property
    def codes_moved(self) -> float:
        """Mean way of the codes now in use from where they were once the run had begun, in codebook spreads."""
        start = next((frame for frame in self.kept if frame.step > 0), self.first).levels[self.number].vectors
        used = np.unique(self.level.indices)
        way = np.linalg.norm(self.level.vectors[used] - start[used], axis=1)
        return float(way.mean() / max(1e-9, np.sqrt(np.square(start - start.mean(0)).sum(-1).mean())))


def lag_of(level: FrameLevel) -> np.ndarray:
    """(K,) float64: the distance of each code to the mean of the latents that it last won, in spreads of the latents
    shown; NaN where it never won, or that is not known."""
    if level.won is None:
        return np.full(level.codebook_size, np.nan)
    spread = np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(-1, dtype=np.float64).mean())
    away = np.linalg.norm(level.vectors.astype(np.float64) - level.won, axis=1)
    return away / max(1e-9, float(spread))
