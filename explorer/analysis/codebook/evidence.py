"""What the diagnosis of a codebook rests on: measures of one audited level, each computed when a rule asks for it.

Codes and latents that hold NaN or infinity are left out of everything geometric, and named by a rule of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer.analysis.codes.agreement import Agreement, agreement
from explorer.analysis.codes.belonging import astray, belongs, second_choice
from explorer.analysis.codes.causes import APART, Cause, cause_of
from explorer.analysis.codes.neighbours import assign
from explorer.analysis.codes.states import CodeStates, code_states
from explorer.analysis.maps import geometry
from explorer.analysis.maps.clouds import Cloud, OffCentre, cloud_of, kmeans_error, off_centre
from explorer.foundation.words import count_of
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.unused import UnusedCodes, dead_in_training, of_other_data, unused_codes
from explorer.joints.measures.usage import Usage, usage_of_counts
from explorer.joints.record import Codebook
from explorer.joints.table_faults import finite_codes

COMPARED, LEAST_COMPARED = 2**26, 256  # latents times codes that are compared; latents at least
MOST = 0.8  # of the latents without the nearest code have one and the same
SAME = 1e-6  # of their length: latents that differ by less are one
FEW_MEDIA = 10  # below that a first look: what is natural in one medium says little of the codebook


@dataclass(frozen=True)
class Evidence:
    """One level and its codebook (None for plain indices). Properties that need vectors or latents are None or empty
    without them."""

    level: LevelAudit
    codebook: Codebook | None
    number: int | None  # of the level, None if there is only one
    parts: bool = False  # what counts as media are parts of one row, of which nobody knows where a medium ends
    own_range: int = 0  # of plain indices: so many numbers belong to this level alone, as those of codes with an offset

    @property
    def name(self) -> str:
        """ "level 2", or "" if there is only one."""
        return "" if self.number is None else self.level.name or f"level {self.number + 1}"

    @property
    def where(self) -> str:
        """ " on level 2", or "" if there is only one."""
        return f" on {self.name}" if self.name else ""

    @property
    def size(self) -> int:
        return self.level.codebook_size

    @property
    def media(self) -> int:
        """Media that were counted; of an older audit at least so many."""
        return self.level.media or len(self.level.batches)

    @property
    def unit(self) -> str:
        """What `media` are, in a word."""
        return "parts" if self.parts else "media"

    @property
    def whole(self) -> str:
        """What all of them are together."""
        return "row" if self.parts else "media"

    @property
    def media_words(self) -> str:
        """ "59 media", "1 medium" or "59 parts of one row"; "" where it is not known."""
        count = self.unused.media.total
        if self.parts:
            return f"{count_of(count, 'part')} of one row" if count else ""
        return count_of(count, "medium", "media") if count else ""

    @property
    def first_look(self) -> bool:
        return 0 < self.media < FEW_MEDIA

    @cached_property
    def usage(self) -> Usage:
        return usage_of_counts(self.level.counts)

    @cached_property
    def unused(self) -> UnusedCodes:
        known = unused_codes(self.level, self.codebook)
        # Parts of one row may be alike, as no two media need be: what they lack is never certain.
        return replace(known, sure="likely") if self.parts and known.sure == "certain" else known

    @cached_property
    def states(self) -> CodeStates:
        return code_states(self.level, self.codebook, self.unused)

    @cached_property
    def halves(self) -> Agreement | None:
        return agreement(self.level.halves)

    @property
    def share_each(self) -> float:
        """Tokens counted for each code: N / K."""
        return self.usage.tokens / self.size

    @cached_property
    def died_in_training(self) -> int | None:
        """How many unused codes were not in use in training either; None if the checkpoint has no counts."""
        return self.unused.died

    @cached_property
    def of_other_data(self) -> bool:
        """Whether most codes without a token were in use when the training ended."""
        return of_other_data(dead_in_training(self.level, self.codebook), self.unused.none)

    # What is finite.

    @cached_property
    def finite(self) -> np.ndarray:
        """(K,) bool, which codes hold finite numbers; empty without a codebook."""
        return np.empty(0, bool) if self.codebook is None else finite_codes(self.codebook)

    @cached_property
    def book(self) -> Codebook | None:
        """The codebook of the finite codes alone, numbered anew where some are not; None if there is none."""
        if self.codebook is None or self.finite.all():
            return self.codebook
        if not self.finite.any():
            return None
        vectors = self.codebook.vectors[self.finite]
        return replace(self.codebook, codebook_size=len(vectors), vectors=vectors, counts=None)

    @cached_property
    def _sample(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Sampled latents (n, D) float32 and their codes (n,) in the numbers of `book`."""
        if self.book is None or self.level.latents is None:
            return None
        latents, codes = self.level.latents, self.level.latent_codes.astype(np.int64)
        kept = np.isfinite(latents).all(axis=1) & self.finite[codes]
        if np.count_nonzero(kept) < 2:
            return None
        return latents[kept], (np.cumsum(self.finite) - 1)[codes[kept]]

    @property
    def latents(self) -> np.ndarray | None:
        """Sampled latents (n, D) float32, as they came."""
        return None if self._sample is None else self._sample[0]

    @property
    def latent_codes(self) -> np.ndarray:
        """The codes (n,) of `latents`, in the numbers of `book`."""
        return self._sample[1]

    @property
    def learned(self) -> bool:
        """Whether the codes are a table of vectors, and latents were kept to compare them with."""
        return self.book is not None and self.book.vectors is not None and self.latents is not None

    # In the codebook's metric.

    @cached_property
    def cloud(self) -> Cloud:
        """The sampled latents."""
        return cloud_of(geometry.in_metric(self.latents, self.book.metric))

    @cached_property
    def alike(self) -> bool:
        """Whether all latents are one vector to rounding."""
        return self.learned and self.cloud.spread <= SAME * max(float(np.linalg.norm(self.cloud.mean)), 1e-30)

    @property
    def by_rule(self) -> bool:
        """Whether codes follow from a rule, so that none can be moved, reseeded or started elsewhere."""
        return self.codebook is not None and self.codebook.rule is not None

    @property
    def one_axis(self) -> bool:
        """Whether they are the values of a single number, such as rounded coefficients."""
        return self.by_rule and len(self.codebook.rule.levels) == 1

    @cached_property
    def plain(self) -> bool:
        """Whether all media have but a few codes and, where latents were kept, those of one code hardly differ beside
        the codes: as of blank media, and of a codebook that has collapsed. Which of them it is cannot be told."""
        if not self.unused.media.plain:
            return False
        return not self.learned or self._within < APART * geometry.spread(self.codes)

    @property
    def plain_words(self) -> str:
        """What `plain` leaves open, in a sentence."""
        both = "as blank media have and a collapsed codebook makes"
        return f"All that was counted has but a few codes, {both}: {self.whole} of other kinds would tell."

    @cached_property
    def _within(self) -> float:
        """Root mean squared distance of the sampled latents to the middle of those that have the same code."""
        points, codes = self.cloud.points, self.latent_codes
        squares = [np.square(points[codes == one] - points[codes == one].mean(0)).sum() for one in np.unique(codes)]
        return float(np.sqrt(np.sum(squares) / len(points)))

    @cached_property
    def codes(self) -> np.ndarray:
        """All finite codes (K', D) float64."""
        return geometry.in_metric(self.book.vectors, self.book.metric)

    @cached_property
    def living(self) -> np.ndarray:
        """Finite codes with a token (k, D)."""
        return self.codes[self.level.counts[self.finite] > 0]

    @cached_property
    def idle(self) -> np.ndarray:
        """Finite codes without a token (k, D)."""
        return self.codes[self.level.counts[self.finite] == 0]

    @cached_property
    def own(self) -> np.ndarray:
        """The vector of each sampled latent's code (n, D)."""
        return geometry.in_metric(self.book.rows(self.latent_codes), self.book.metric)

    @cached_property
    def relative_error(self) -> float:
        """Mean squared distance of the sampled latents to their codes, as a share of their variance."""
        return float(np.square(self.cloud.points - self.own).sum(1).mean() / max(self.cloud.spread**2, 1e-300))

    @cached_property
    def reachable_error(self) -> float:
        """The same of k-means with as many codes as are in use, or fewer; NaN if there are too few latents to say."""
        return kmeans_error(self.cloud.points, self.usage.used, self.book.metric == "cosine")

    @property
    def misfit(self) -> float:
        """How many times as large the error is as that of k-means; 0 if that is not known."""
        if not np.isfinite(self.reachable_error):
            return 0.0
        return self.relative_error / max(self.reachable_error, 1e-3)

    @cached_property
    def off_centre(self) -> OffCentre:
        """Numbers of its codes are those of `book`."""
        return off_centre(self.cloud.points, self.latent_codes, self.own)

    @cached_property
    def latent_spectrum(self) -> geometry.Spectrum:
        return geometry.spectrum(self.cloud.points)

    # Whether tokens and codes belong together.

    @cached_property
    def compared(self) -> np.ndarray:
        """Rows of the sampled latents that are compared with every code: fewer in a very large codebook."""
        count = len(self.latents)
        some = min(count, max(LEAST_COMPARED, COMPARED // self.size))
        return np.arange(some) * count // some

    @property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Those latents (n, D) and their codes (n,)."""
        return self.latents[self.compared], self.latent_codes[self.compared]

    @cached_property
    def nearest(self) -> np.ndarray:
        """The nearest code of each of them (n,), in the numbers of `book`."""
        return assign(self.book, self._pairs[0])

    @cached_property
    def fits(self) -> np.ndarray:
        """Of each of them, whether its code is as near as the nearest one (n,) bool; see `belonging.py`."""
        return belongs(self.book, *self._pairs, nearest=self.nearest)

    @property
    def explained(self) -> float:
        """Share of them whose code is."""
        return float(self.fits.mean())

    @cached_property
    def astray(self) -> np.ndarray:
        """Codes (a,) whose latents lie at other codes, in the numbers of `book`."""
        return astray(self.book, *self._pairs, self.fits, self.nearest)

    @property
    def astray_share(self) -> float:
        """Share of the latents without the nearest code that have one of those codes, or lie nearest to one."""
        lost = ~self.fits
        if not lost.any():
            return 0.0
        codes = self._pairs[1]
        return float((np.isin(codes[lost], self.astray) | np.isin(self.nearest[lost], self.astray)).mean())

    @cached_property
    def second_choice(self) -> bool:
        """Whether those without the nearest code have one of the nearest few: tokens that were chosen otherwise."""
        latents, codes = self._pairs
        return second_choice(self.book, latents[~self.fits], codes[~self.fits])

    @cached_property
    def filled(self) -> int | None:
        """The one code that most latents without the nearest code have, as a number that fills in; None without one."""
        lost = self._pairs[1][~self.fits]
        if not len(lost):
            return None
        code = int(np.bincount(lost).argmax())
        number = int(np.flatnonzero(self.finite)[code]) if len(self.finite) else code
        return number if np.count_nonzero(lost == code) >= MOST * len(lost) else None

    def cause(self, enough: float) -> Cause | None:
        """What else would explain that share of them; None also where all latents are one."""
        if self.alike:
            return None
        if enough not in self._causes:
            self._causes[enough] = cause_of(self.book, *self._pairs, enough)
        return self._causes[enough]

    @cached_property
    def _causes(self) -> dict[float, Cause | None]:
        """What `cause` has found already: several rules ask, and each answer takes dozens of searches."""
        return {}
