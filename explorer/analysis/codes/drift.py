"""Does usage change along the media? Their first half against their last, and each medium by itself.

Even and odd media, which `agreement.py` compares, see all kinds of media alike; a model that changes while it is
counted, files that are sorted by kind, and a recording that fades out show only in the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.codes.agreement import divergence
from explorer.joints.audit_parts import LevelAudit

LEAST_STRETCHES, SHUFFLES = 8, 200
APART_BITS, BEYOND = 0.05, 5.0  # Jensen-Shannon above that of shuffled media: in bits, and in their standard deviations
LEAST_ROWS, STEADY = 24, 0.5  # media that are compared one by one; rank correlation with their place
FALL = 0.7  # perplexity of a medium at one end as a share of that at the other
FLAT = 1e-9  # of itself: a perplexity that differs by less is one number
SAME_SIZE = 1.5  # tokens of large media as a multiple of those of small ones (9th and 1st tenth)


@dataclass(frozen=True)
class Halves:
    """First half of the media against the last. js_bits: Jensen-Shannon divergence of their shares, 0 to 1. usual: what
    the same media in other orders give on average. used, only: codes used in each, and in it alone."""

    js_bits: float
    usual: float
    used: tuple[int, int]
    only: tuple[int, int]


@dataclass(frozen=True)
class Trend:
    """Median perplexity of a medium in the first and in the last quarter of `media` media."""

    first: float
    last: float
    media: int


def halves_in_order(level: LevelAudit) -> Halves | None:
    """How much the two halves differ; None unless that is much, and more than the same media in any order do."""
    kept = level.stretches
    if kept is None or len(kept) < LEAST_STRETCHES:
        return None
    table = kept[:, kept.sum(axis=0) > 0].astype(np.float64)  # (b, codes in use)
    first = np.arange(len(table)) < len(table) / 2
    found = _js_bits(table, first)
    if found < APART_BITS:
        return None
    random = np.random.default_rng(0)
    others = np.array([_js_bits(table, random.permutation(first)) for _ in range(SHUFFLES)])
    usual, spread = float(others.mean()), float(others.std())
    if found - usual < max(APART_BITS, BEYOND * spread):
        return None
    a, b = (table[half].sum(axis=0) > 0 for half in (first, ~first))
    return Halves(found, usual, (int(a.sum()), int(b.sum())), (int((a & ~b).sum()), int((b & ~a).sum())))


def trend(level: LevelAudit) -> Trend | None:
    """Whether each medium uses fewer codes, or more, than those before it; None if not, or if their sizes differ."""
    rows = level.batches
    if len(rows) < LEAST_ROWS:
        return None
    tokens, perplexity = rows[:, 0], rows[:, 2]
    low, high = np.quantile(tokens, [0.1, 0.9])
    if high > SAME_SIZE * low or not np.ptp(perplexity) > FLAT * perplexity.max():
        return None
    # scipy.stats takes a moment to import, and few audits come this far.
    from scipy.stats import spearmanr

    steady = float(spearmanr(np.arange(len(rows)), perplexity).statistic)
    quarter = len(rows) // 4
    ends = float(np.median(perplexity[:quarter])), float(np.median(perplexity[-quarter:]))
    if abs(steady) < STEADY or min(ends) > FALL * max(ends):
        return None
    return Trend(*ends, len(rows))


def _js_bits(table: np.ndarray, first: np.ndarray) -> float:
    """Jensen-Shannon divergence of the rows of `table` (b, K) in `first` (b,) bool and the others, in bits."""
    p, q = (half / max(half.sum(), 1.0) for half in (table[first].sum(axis=0), table[~first].sum(axis=0)))
    return float(max(0.0, divergence(p, q).sum()))
