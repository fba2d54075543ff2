"""The geometry of one audited level and its codebook: norms, nearest codes, singular values, cosines; each when asked.

Pages, figures and notebooks read it from here, so that they say the same. Letters: n codes drawn, D codebook_dim,
m latents sampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.analysis.codes.belonging import is_half
from explorer.analysis.codes.states import typical_distance
from explorer.analysis.maps.codes import DrawnCodes, map_codes
from explorer.analysis.maps.geometry import (
    COSINE_SIDE,
    Spectrum,
    clustered_cosines,
    in_metric,
    latent_distances,
    lattice_nearest,
    nearest_others,
    spectrum,
)
from explorer.foundation.config import settings
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.usage import rank_order
from explorer.joints.record import Codebook


@dataclass(frozen=True)
class Cosines:
    """values (s, s) float64 between codes (s,), in the order of average-linkage clustering; words: of which codes."""

    values: np.ndarray
    codes: np.ndarray
    words: str


@dataclass(frozen=True)
class Geometry:
    """A level (its number, from 0), its codebook and the codes that are drawn: all, or those `map_codes` chooses.

    Distances are Euclidean, for the cosine metric of the normalised vectors. Whatever is measured raises RecordError
    for vectors that are not finite.
    """

    number: int
    counted: LevelAudit
    codebook: Codebook
    drawn: DrawnCodes

    @property
    def codes(self) -> np.ndarray:
        """(n,) int64, ascending."""
        return self.drawn.codes

    @cached_property
    def rows(self) -> np.ndarray:
        """The code vectors as they are: (n, D) float64."""
        return np.asarray(self.codebook.rows(self.codes), np.float64)

    @cached_property
    def vectors(self) -> np.ndarray:
        """The same as the metric sees them: (n, D) float64."""
        return in_metric(self.rows, self.codebook.metric)

    @cached_property
    def norms(self) -> np.ndarray:
        """(n,) float64, of the vectors as they are."""
        return np.linalg.norm(self.rows, axis=1)

    @cached_property
    def nearest(self) -> tuple[np.ndarray, np.ndarray]:
        """(distance (n,) float64, code (n,) int64) of the nearest other code; inf and -1 for an only one."""
        if self.codebook.rule is not None:
            return lattice_nearest(self.codebook.rule, self.codes)
        nearest, place = nearest_others(self.vectors)
        return nearest, np.where(place < 0, -1, self.codes[place])

    @cached_property
    def scale(self) -> float | None:
        """Median distance of the latents to their codes."""
        return typical_distance(self.counted, self.codebook)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Of the codes."""
        return spectrum(self.vectors)

    @cached_property
    def latents(self) -> np.ndarray | None:
        """The sampled latents as they are: (m, D) float64; None without any."""
        if self.counted.latents is None or not len(self.counted.latents):
            return None
        return self.counted.latents.astype(np.float64)

    @cached_property
    def latent_norms(self) -> np.ndarray | None:
        """(m,) float64."""
        return None if self.latents is None else np.linalg.norm(self.latents, axis=1)

    @cached_property
    def latent_distance(self) -> np.ndarray | None:
        """Of each latent to its code: (m,) float64."""
        if self.latents is None:
            return None
        return latent_distances(self.codebook, self.latents, self.counted.latent_codes)

    @cached_property
    def latent_spectrum(self) -> Spectrum | None:
        """Of the latents, along their own axes."""
        return None if self.latents is None else spectrum(in_metric(self.latents, self.codebook.metric))

    @cached_property
    def cosines(self) -> Cosines:
        """Of the codes in use (of all where fewer than two are): up to COSINE_SIDE, an even share by rank."""
        counts = self.counted.counts[self.codes]
        used = np.flatnonzero(counts)
        of = used if len(used) >= 2 else np.arange(len(self.codes))
        chosen = of
        if len(of) > COSINE_SIDE:  # an even share of them, from the most to the least used
            ranked = of[rank_order(counts[of])]
            chosen = np.sort(ranked[np.arange(COSINE_SIDE) * len(ranked) // COSINE_SIDE])
        values, order = clustered_cosines(self.rows[chosen])
        kind = "codes in use" if len(used) >= 2 else "codes"
        share = f"all {len(of):,}" if len(of) == len(chosen) else f"{len(chosen):,} (evenly by rank) of {len(of):,}"
        words = f"Cosines between {share} {kind}, seen from the origin, in the order of average-linkage clustering."
        return Cosines(values, self.codes[chosen][order], words)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the numbers are of, a sentence each."""
        notes = [self.drawn.note] if self.drawn.note else []
        if self.drawn.note and self.codebook.rule is None:
            notes.append("The nearest other code is sought among the drawn ones, so its true distance may be smaller.")
        if self.codebook.metric == "cosine":
            notes.append("Distances are between normalised vectors (chords, 0 to 2): the cosine metric compares those.")
        if self.codebook.rule is not None:
            notes.append("A lattice has no learned vectors: its norms and distances follow from its rule.")
        if self.counted.latents is not None:
            half = ", in half precision" if is_half(self.counted.latents) else ""  # an audit of before
            sampled = f"a uniform sample of {len(self.counted.latents):,} of {self.counted.tokens:,} tokens{half}."
            notes.append(f"{self.counted.given.capitalize()}s: {sampled}")
        return tuple(notes)


def geometry_of(audit: Audit, level: int, codebook: Codebook | None) -> Geometry:
    """The geometry of a level (from 0). Raises RecordError as `audited_level`."""
    counted = audited_level(audit, level, codebook, "geometry")
    drawn = map_codes(codebook, settings().limits.codebook_map_codes, counted.counts)
    return Geometry(level, counted, codebook, drawn)


def audited_level(audit: Audit, level: int, codebook: Codebook | None, what: str) -> LevelAudit:
    """The audited level. Raises RecordError if there is no such level, or no codebook of its size for `what`."""
    if not 0 <= level < len(audit.levels):
        raise RecordError(f"level {level} is outside 0..{len(audit.levels) - 1}")
    counted = audit.levels[level]
    if codebook is None:
        raise RecordError(
            f"{audit.title!r} was counted from plain indices: without the code vectors there is no {what}. "
            "Audit a tokenizer to see one."
        )
    if codebook.codebook_size != counted.codebook_size:
        sizes = f"{counted.codebook_size:,} codes, the codebook has {codebook.codebook_size:,}"
        raise RecordError(f"The audit of this level is of {sizes}: they do not belong together.")
    return counted
