"""Whether each medium that was counted says something of its own: copies do not, and usage that still changes does not
end with those that were counted. What is concluded from media (`unused.py`) takes them for draws from one source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.words import count_of, verb
from explorer.joints.audit_parts import LevelAudit

LEAST_CODES = 20  # in use: of fewer, one count of media that divides all others can be chance
FEW = 0.1  # of the codebook
EACH = 2.0  # codes that a blank medium has, in the mean
ALIKE, LEAST_FREE = 0.5, 40  # chi-square for each degree of freedom below which shares are too alike; degrees at least
LEAST_STRETCHES, LAST = 8, 0.25  # of media in their order; the share of them that comes last
BEYOND, SPARE = 3.0, 2.0  # codes found in the last alone, over what is expected: standard deviations, and codes


@dataclass(frozen=True)
class Independence:
    """total: media that were counted, 0 if unknown. own: so many of them are no copies, 0 if unknown. late: codes that
    occur in the last quarter of the stretches alone, and late_expected of them if order did not matter; opens: whether
    that is too many to be chance. plain: there are few codes, the same in all media or hardly more than one in each, as
    in blank media."""

    total: int
    own: int
    late: int = 0
    late_expected: float = 0.0
    plain: bool = False

    @property
    def opens(self) -> bool:
        return self.late > self.late_expected + BEYOND * self.late_expected**0.5 + SPARE

    @property
    def copied(self) -> bool:
        """Whether media are known to be copies of others."""
        return 0 < self.own < self.total

    def change(self, whole: str = "media") -> str:
        """The clause about usage that opens. whole: what all media are together."""
        found = f"{count_of(self.late, 'code')} {verb(self.late, 'occur')} in the last quarter alone"
        by_chance = f"about {self.late_expected:,.0f} would if their order did not matter"
        return f"Usage still changes along the {whole}: {found}, where {by_chance}"

    @property
    def alike(self) -> str:
        """As what media are that are copied: "30 counted several times", "copies of one"."""
        return f"{self.own:,} counted several times" if self.own > 1 else "copies of one"


def independence(level: LevelAudit) -> Independence:
    """Of an audited level; all media count where the audit kept too little to tell."""
    if level.occurs is None or level.media < 2:
        return Independence(level.media, level.media)
    copies = _copies(level.occurs, level.media)
    late = _late(level.stretches, level.occurs // copies)
    own = 1 if _too_alike(level.stretches) else level.media // copies
    return Independence(level.media, own, *late, _plain(level.occurs, level.media))


def _copies(occurs: np.ndarray, media: int) -> int:
    """How often each medium was counted: of copies the media in which a code occurs are a multiple, for every code.

    Codes that all occur in all media say nothing, as a collapsed codebook has these too.
    """
    found = occurs[occurs > 0]
    if len(found) < LEAST_CODES or found.min() == media:
        return 1
    return int(np.gcd.reduce(np.append(found, media)))


def _plain(occurs: np.ndarray, media: int) -> bool:
    found = occurs[occurs > 0]
    few = 0 < len(found) < min(LEAST_CODES, FEW * len(occurs))
    return few and (bool(found.min() == media) or float(found.sum()) <= EACH * media)


def _too_alike(stretches: np.ndarray | None) -> bool:
    """Whether stretches of media share their tokens out more evenly than tokens drawn one by one would.

    Pearson's chi-square of homogeneity is about one for each degree of freedom then, and more where tokens of one
    medium are alike; copies and the neighbouring frames of a clip stay below.
    """
    if stretches is None:
        return False
    table = stretches[stretches.sum(axis=1) > 0][:, stretches.sum(axis=0) > 0].astype(np.float64)  # (b, codes in use)
    free = (table.shape[0] - 1) * (table.shape[1] - 1)
    if free < LEAST_FREE:
        return False
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float((np.square(table - expected) / expected).sum()) < ALIKE * free


def _late(stretches: np.ndarray | None, occurs: np.ndarray) -> tuple[int, float]:
    """Codes that occur in the last quarter alone, and how many would: each as its media fell there by chance."""
    if stretches is None or len(stretches) < LEAST_STRETCHES:
        return 0, 0.0
    last = max(1, round(LAST * len(stretches)))
    late = (stretches[:-last].sum(axis=0) == 0) & (stretches[-last:].sum(axis=0) > 0)
    share = last / len(stretches)
    return int(late.sum()), float((share ** occurs[occurs > 0].astype(np.float64)).sum())
