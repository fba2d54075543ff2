"""Reference: what k-means with as many codes leaves of the latents of a level, which its own codes are held against."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import numpy as np

from explorer.analysis.lab.distances import FEW, kmeans_centres, spread_of, squared_distances
from explorer.joints.frame import FrameLevel
from explorer.joints.measures.usage import usage_of_counts

T = TypeVar("T")


class Reference:
    """Half of the latents shown is fitted, the rest measured. Whoever is one has the `level`, its codes `k`, `computed`
    of a level, and the level as it stood lately."""

    level: FrameLevel
    k: int
    recent_levels: list[FrameLevel]
    computed: Callable[[Callable[[FrameLevel], T], FrameLevel], T]

    @property
    def reference(self) -> float | None:
        """What k-means leaves of the latents shown: fitted on half of them, drawn at random, and measured
        on the rest, as a share of their variance. None where they are too few for so many codes."""
        return None if self.most_fitted < self.k else self._kmeans[0]

    @property
    def reference_of_fewer(self) -> float | None:
        """The same of as many codes as can be fitted, where that are fewer than K: more codes would leave less."""
        return self._kmeans[0] if 1 <= self.most_fitted < self.k else None

    @cached_property
    def evenness(self) -> tuple[float, float] | None:
        """Perplexity of the codes on the latents that `reference` is measured on, median over the window, and that of
        k-means with as many."""
        if self.most_fitted < self.k:
            return None
        alike = [level for level in self.recent_levels if len(level.indices) == len(self.level.indices)]
        return float(np.median([self.computed(held_out_perplexity, level) for level in alike])), self._kmeans[1]

    @property
    def most_fitted(self) -> int:
        """Codes that k-means can be asked to fit to the latents shown; 0 where they are too few or all alike."""
        return self.computed(most_fitted, self.level)

    @property
    def _kmeans(self) -> tuple[float, float]:
        return self.computed(fit_kmeans, self.level)

    @property
    def held_out_error(self) -> float:
        """What the codes of the run leave of the latents that `reference` is measured on."""
        return self.computed(held_out_error, self.level)


def halves_of(level: FrameLevel) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the latents shown (n,): those that are fitted, and the rest."""
    order = np.random.default_rng(0).permutation(len(level.z_e))
    return order[::2], order[1::2]


def most_fitted(level: FrameLevel) -> int:
    """As `Reference.most_fitted`."""
    fitted = len(halves_of(level)[0])
    return fitted // 2 if fitted >= FEW and spread_of(level) >= 1e-9 else 0


def fit_kmeans(level: FrameLevel) -> tuple[float, float]:
    """What k-means of K codes, or as many as can be fitted, reaches: error as a share of the variance, perplexity."""
    fitted, rest = (level.z_e[rows].astype(np.float64) for rows in halves_of(level))
    centres = kmeans_centres(fitted, min(level.codebook_size, most_fitted(level)))
    squared, variance = squared_distances(rest, centres), np.square(rest - rest.mean(0)).sum(1).mean()
    return float(squared.min(1).mean() / variance), usage_of_counts(np.bincount(squared.argmin(1))).perplexity


def held_out_perplexity(level: FrameLevel) -> float:
    """Of the codes of the run, on the latents that are not fitted."""
    return usage_of_counts(np.bincount(level.indices[halves_of(level)[1]])).perplexity


def held_out_error(level: FrameLevel) -> float:
    """As `Reference.held_out_error`."""
    rows = halves_of(level)[1]
    rest = level.z_e[rows].astype(np.float64)
    away = np.square(rest - level.vectors[level.indices[rows]]).sum(1).mean()
    return float(away / max(1e-12, np.square(rest - rest.mean(0)).sum(1).mean()))
