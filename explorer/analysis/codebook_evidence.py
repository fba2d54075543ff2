"""What the diagnosis of a codebook rests on: measures of one audited level, each computed when a rule asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer.analysis import geometry
from explorer.analysis.agreement import Agreement, agreement
from explorer.analysis.duplicates import near_duplicates
from explorer.analysis.growth import unmet
from explorer.analysis.neighbours import assign
from explorer.analysis.states import CodeStates, code_states, typical_distance
from explorer.analysis.usage import Usage, training_usage, usage_of_counts
from explorer.audit.parts import LevelAudit
from explorer.record import Codebook

LOOKED_AT = 4096  # codes of one kind whose place is measured; more would not move a median
COMPARED, LEAST_COMPARED = 2**26, 256  # latents times codes that are compared; latents at least
METRICS = ("euclidean", "cosine", "dot")


@dataclass(frozen=True)
class Evidence:
    """One level and its codebook (None for plain indices). Properties that need vectors or latents are None or empty
    without them."""

    level: LevelAudit
    codebook: Codebook | None
    number: int | None  # of the level, None if there is only one

    @property
    def where(self) -> str:
        """ " on level 2", or "" if there is only one."""
        return f" on {self.level.name or f'level {self.number + 1}'}" if self.number is not None else ""

    @property
    def size(self) -> int:
        return self.level.codebook_size

    @property
    def learned(self) -> bool:
        """Whether the codes are a table of finite vectors, and latents were kept to compare them with."""
        return (
            self.codebook is not None
            and self.codebook.vectors is not None
            and self.latents is not None
            and bool(np.isfinite(self.codebook.vectors).all())
        )

    @cached_property
    def usage(self) -> Usage:
        return usage_of_counts(self.level.counts)

    @cached_property
    def states(self) -> CodeStates:
        return code_states(self.level, self.codebook)

    @cached_property
    def halves(self) -> Agreement | None:
        return agreement(self.level.halves)

    @property
    def share_each(self) -> float:
        """Tokens counted for each code: N / K."""
        return self.usage.tokens / self.size

    @cached_property
    def lasting(self) -> float:
        """Codes without a token that more of the same data is not expected to find (Chao)."""
        return max(0.0, self.size - self.usage.used - unmet(self.level.counts))

    @cached_property
    def latents(self) -> np.ndarray | None:
        """Sampled latents (n, D) float64 in the codebook's metric."""
        if self.codebook is None or self.level.latents is None or len(self.level.latents) < 2:
            return None
        return geometry.in_metric(self.level.latents, self.codebook.metric)

    @cached_property
    def scale(self) -> float:
        """Median distance of a latent to its code; NaN without latents."""
        known = typical_distance(self.level, self.codebook)
        return float("nan") if known is None else known

    def vectors(self, chosen: np.ndarray) -> np.ndarray:
        """Vectors of some codes, an even sample of LOOKED_AT if they are more: (n, D) in the codebook's metric."""
        some = chosen[np.arange(min(LOOKED_AT, len(chosen))) * len(chosen) // min(LOOKED_AT, max(1, len(chosen)))]
        return geometry.in_metric(self.codebook.rows(some), self.codebook.metric)

    @cached_property
    def unused(self) -> np.ndarray:
        return np.flatnonzero(self.level.counts == 0)

    @cached_property
    def used(self) -> np.ndarray:
        return np.flatnonzero(self.level.counts)

    @cached_property
    def dead_away(self) -> float:
        """Median distance of unused codes to the nearest sampled latent, in units of `scale`."""
        return float(np.median(geometry.distance_to_nearest(self.vectors(self.unused), self.latents)) / self.scale)

    @cached_property
    def dead_together(self) -> float:
        """Share of unused codes that lie within the near-duplicate threshold of another unused one."""
        return float(near_duplicates(self.vectors(self.unused), self.states.threshold).near.mean())

    @cached_property
    def sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """Distances of codes and of latents to the latents' mean: how far out both reach."""
        mean = self.latents.mean(axis=0)
        every = np.arange(self.size)
        return tuple(np.linalg.norm(v - mean, axis=1) for v in (self.vectors(every), self.latents))

    @cached_property
    def relative_error(self) -> float:
        """Mean squared distance of the sampled latents to their codes, as a share of their variance."""
        away = geometry.latent_distances(self.codebook, self.level.latents, self.level.latent_codes)
        return float(np.square(away).mean() / max(geometry.spread(self.latents) ** 2, 1e-30))

    @cached_property
    def nearest(self) -> float:
        """Share of sampled latents whose code is the nearest one by the codebook's own metric."""
        return self._chosen_by(self.codebook)

    @cached_property
    def nearest_by_others(self) -> dict[str, float]:
        """The same by every other metric that a table of vectors can have."""
        if self.codebook.vectors is None:
            return {}
        others = (name for name in METRICS if name != self.codebook.metric)
        return {name: self._chosen_by(replace(self.codebook, metric=name)) for name in others}

    @cached_property
    def compared(self) -> np.ndarray:
        """Rows of the sampled latents that are compared with every code: fewer in a very large codebook."""
        count = len(self.level.latents)
        some = min(count, max(LEAST_COMPARED, COMPARED // self.size))
        return np.arange(some) * count // some

    def _chosen_by(self, codebook: Codebook) -> float:
        latents, own = self.level.latents[self.compared], self.level.latent_codes[self.compared]
        return float((assign(codebook, latents) == own).mean())

    @cached_property
    def rescaled(self) -> tuple[float, float]:
        """(factor, share): multiplied by that factor, codes would be the nearest of that share of the latents."""
        raw = self.level.latents.astype(np.float64)
        own = self.codebook.rows(self.level.latent_codes).astype(np.float64)
        factor = float((raw * own).sum() / max(np.square(own).sum(), 1e-30))
        return factor, self._chosen_by(replace(self.codebook, vectors=self.codebook.vectors * factor))

    @cached_property
    def latent_dimension(self) -> float:
        return geometry.spectrum(self.latents).entropy_dimension

    @cached_property
    def died_in_training(self) -> int | None:
        """How many unused codes were not in use in training either; None if the checkpoint has no counts."""
        known = None if self.codebook is None else training_usage(self.codebook)
        if known is None or not known.tokens.sum() > 0:
            return None
        return int(np.count_nonzero(~known.used[self.unused]))
