"""Do two halves of the data tell the same story about a codebook? If not, more has to be counted.

Halves are media of even and of odd number, so that both see all kinds of them. Jensen-Shannon divergence: Lin 1991
(https://doi.org/10.1109/18.61115), in bits, 0 for equal shares and 1 for halves that share no code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.usage import usage_of_counts
from explorer.errors import RecordError

APART = 0.1  # perplexities of the halves that differ by a larger share are not one estimate


@dataclass(frozen=True)
class Agreement:
    """tokens, used and perplexity of each half. rank_correlation: Spearman's, of the counts of all codes; None if
    one half uses all codes alike. overlap: codes used in both / codes used in either. js_bits: Jensen-Shannon
    divergence of their shares; js_chance: what chance alone gives on average to halves of so many tokens drawn one by
    one (tokens of one picture are alike, so more than that is usual). stable: perplexities within APART of each other.
    """

    tokens: tuple[int, int]
    used: tuple[int, int]
    perplexity: tuple[float, float]
    rank_correlation: float | None
    overlap: float
    js_bits: float
    js_chance: float
    stable: bool
    words: str


def agreement(halves: np.ndarray) -> Agreement | None:
    """How far two halves (2, K) of counts agree; None if one of them is empty. Raises RecordError for other shapes."""
    halves = np.asarray(halves)
    if halves.ndim != 2 or len(halves) != 2 or (halves < 0).any():
        raise RecordError(f"two halves of counts have shape (2, K) and no negative number, got {halves.shape}")
    tokens = tuple(int(n) for n in halves.sum(axis=1))
    if min(tokens) == 0:
        return None
    a, b = usage_of_counts(halves[0]), usage_of_counts(halves[1])
    both, either = (int(np.count_nonzero(f(halves[0] > 0, halves[1] > 0))) for f in (np.logical_and, np.logical_or))
    tied = _rank_correlation(halves[0], halves[1])
    js, chance = _jensen_shannon(halves), (either - 1) / (8 * np.log(2)) * (1 / tokens[0] + 1 / tokens[1])
    apart = abs(a.perplexity - b.perplexity) / max(a.perplexity, b.perplexity)
    stable = apart <= APART
    words = (
        f"Even media ({tokens[0]:,} tokens): {a.used:,} codes used, perplexity {a.perplexity:,.1f}. Odd media "
        f"({tokens[1]:,} tokens): {b.used:,}, perplexity {b.perplexity:,.1f}. {both / either:.0%} of the codes used "
        f"in either are used in both. Shares differ by {js:.3f} bits (Jensen-Shannon; chance alone: {chance:.3f}). "
    )
    ranking = "" if tied is None else f"Counts of single codes: rank correlation {tied:.2f}. "
    verdict = f"The perplexities are {apart:.0%} apart: " + (
        "the estimate for the whole codebook is stable." if stable else "not stable yet, so count more media."
    )
    return Agreement(
        tokens, (a.used, b.used), (a.perplexity, b.perplexity), tied, both / either, js, float(chance), stable,
        words + ranking + verdict,
    )  # fmt: skip


def ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each value from 1, equal values sharing their mean rank: (n,) float64."""
    _, place, size = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(size)
    return (last - (size - 1) / 2)[place.reshape(-1)]


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's: Pearson's of the ranks."""
    x, y = (ranks(v) - (len(v) + 1) / 2 for v in (a, b))
    scale = np.sqrt((x @ x) * (y @ y))
    return float((x @ y) / scale) if scale > 0 else None


def _jensen_shannon(halves: np.ndarray) -> float:
    p = halves / halves.sum(axis=1, keepdims=True)  # (2, K)
    middle = p.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / middle), 0.0)
    return float(max(0.0, terms.sum() / 2))
