"""Reference: what k-means with as many codes leaves of the latents of a level, which its own codes are held against."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from explorer.analysis.lab.distances import FEW, kmeans_centres, squared_distances
from explorer.joints.frame import FrameLevel
from explorer.joints.measures.usage import usage_of_counts


class Reference:
    """Half of the latents shown is fitted, the rest measured. Whoever is one has the `level`, its codes `k`, the
    `spread` of its latents, and the level as it stood lately."""

    level: FrameLevel
    k: int
    spread: float
    recent_levels: list[FrameLevel]

    @cached_property
    def _halves(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.random.default_rng(0).permutation(len(self.level.z_e))
        return order[::2], order[1::2]

    @cached_property
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
        shown = [level.indices[self._halves[1]] for level in alike]
        return float(np.median([usage_of_counts(np.bincount(one)).perplexity for one in shown])), self._kmeans[1]

    @property
    def most_fitted(self) -> int:
        """Codes that k-means can be asked to fit to the latents shown; 0 where they are too few or all alike."""
        fitted = len(self._halves[0])
        return fitted // 2 if fitted >= FEW and self.spread >= 1e-9 else 0

    @cached_property
    def _kmeans(self) -> tuple[float, float]:
        """Error as a share of the variance, and perplexity, of K codes or as many as can be fitted."""
        fitted, rest = (self.level.z_e[rows].astype(np.float64) for rows in self._halves)
        centres = kmeans_centres(fitted, min(self.k, self.most_fitted))
        squared, variance = squared_distances(rest, centres), np.square(rest - rest.mean(0)).sum(1).mean()
        return float(squared.min(1).mean() / variance), usage_of_counts(np.bincount(squared.argmin(1))).perplexity

    @cached_property
    def held_out_error(self) -> float:
        """What the codes of the run leave of the latents that `reference` is measured on."""
        rows = self._halves[1]
        rest = self.level.z_e[rows].astype(np.float64)
        away = np.square(rest - self.level.vectors[self.level.indices[rows]]).sum(1).mean()
        return float(away / max(1e-12, np.square(rest - rest.mean(0)).sum(1).mean()))
