"""Do two halves of the data tell the same story about a codebook? If not, more has to be counted.

Halves are media of even and of odd number, so that both see all kinds of them. Jensen-Shannon divergence: Lin 1991
(https://doi.org/10.1109/18.61115), in bits, 0 for equal shares and 1 for halves that share no code. What chance alone
gives is exact: if the same tokens were dealt to the halves at random, the tokens of a code in one half would be
hypergeometric, and the divergence is a sum over codes. The usual (K - 1) / (8 ln 2) (1/n + 1/m) is its limit for many
tokens a code, and far off below that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.measures.usage import usage_of_counts

SIGMAS = 2  # of a code's tokens in one half: the band about its share by chance, and the edge of what is drawn grey
TAIL = 12  # standard deviations beyond which chance leaves nothing that a float64 would notice
COPIES, SEEN = (
    0.5,
    0.002,
)  # of the divergence of chance alone: below it halves are too alike; bits that chance must give
APART = 0.1  # perplexities of the halves that differ by a larger share are not one estimate


@dataclass(frozen=True)
class Agreement:
    """tokens, used and perplexity of each half. rank_correlation: Spearman's, of the counts of all codes; None if
    one half uses all codes alike. overlap: codes used in both / codes used in either. js_bits: Jensen-Shannon
    divergence of their shares; js_chance: its mean if the same tokens were dealt to halves of these sizes at random
    (tokens of one picture are alike, so more than that is usual). outside: codes whose tokens in the second half lie
    beyond SIGMAS standard deviations of a fair share; outside_chance: how many would by chance. stable: perplexities
    within APART of each other.
    """

    tokens: tuple[int, int]
    used: tuple[int, int]
    perplexity: tuple[float, float]
    rank_correlation: float | None
    overlap: float
    js_bits: float
    js_chance: float
    outside: int
    outside_chance: float
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
    js, (chance, by_chance) = _jensen_shannon(halves), _by_chance(halves)
    apart = abs(a.perplexity - b.perplexity) / max(a.perplexity, b.perplexity)
    stable = apart <= APART
    words = (
        f"Even media ({count_of(tokens[0], 'token')}): {count_of(a.used, 'code')} used, perplexity "
        f"{a.perplexity:,.1f}. Odd media ({count_of(tokens[1], 'token')}): {b.used:,}, perplexity "
        f"{b.perplexity:,.1f}. {both / either:.0%} of the codes used in either are used in both. Shares differ by "
        f"{js:.3f} bits (Jensen-Shannon; chance alone: {chance:.3f}). "
    )
    ranking = "" if tied is None else f"Counts of single codes: rank correlation {tied:.2f}. "
    if js < COPIES * chance and chance >= SEEN:
        ranking += "Halves differ so little only where they are copies, or frames of one clip: they prove nothing. "
    verdict = (
        f"The halves agree within {_whole_percent(apart)} in perplexity."
        if stable
        else f"The perplexities are {apart:.0%} apart: not stable yet, so count more media."
    )
    return Agreement(
        tokens, (a.used, b.used), (a.perplexity, b.perplexity), tied, both / either, js, chance,
        int(_is_outside(halves[1], halves.sum(axis=0), tokens[1] / sum(tokens)).sum()), by_chance, stable,
        words + ranking + verdict,
    )  # fmt: skip


def _whole_percent(share: float) -> str:
    """Rounded up, so that what is said to lie within it does."""
    return f"{max(1, math.ceil(round(100 * share, 9)))}%"


def chance_band(counts: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """(least, most) tokens (n,) float64 in the second half within SIGMAS binomial deviations of an equal share.

    counts (n,): in both halves. share: of all tokens, those in the second half.
    """
    counts = np.asarray(counts, np.float64)
    reach = SIGMAS * np.sqrt(counts * share * (1 - share))
    return np.maximum(counts * share - reach, 0.0), np.minimum(counts * share + reach, counts)


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
    first, second = halves / halves.sum(axis=1, keepdims=True)
    return float(np.clip(divergence(first, second).sum(), 0, 1))


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What each code adds to the Jensen-Shannon divergence of shares p and q, in bits."""
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return sum(np.where(share > 0, share * np.log2(share / middle), 0.0) for share in (p, q)) / 2


def _is_outside(second: np.ndarray, count: np.ndarray, share: float) -> np.ndarray:
    """Whether tokens in the second half, of `count` in both, lie beyond SIGMAS binomial deviations of their share."""
    return np.abs(second - count * share) > SIGMAS * np.sqrt(count * share * (1 - share))


def _by_chance(halves: np.ndarray) -> tuple[float, float]:
    """(mean divergence in bits, mean number of codes outside) if all tokens were dealt to the halves at random."""
    first, second = (int(n) for n in halves.sum(axis=1))
    apart = outside = 0.0
    for codes, count, x, chance in _dealt(halves.sum(axis=0), first, second):
        apart += codes * float(chance @ divergence(x / first, (count - x) / second))
        outside += codes * float(chance @ _is_outside(count - x, count, second / (first + second)))
    return min(max(0.0, apart), 1.0), outside


def _dealt(counts: np.ndarray, first: int, second: int) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
    """For each count that codes have: (codes that have it, count, tokens in the first half, how likely each is)."""
    # scipy.special takes a tenth of a second to import, and only audits need it.
    from scipy.special import gammaln

    def log_ways(n: int, k: np.ndarray) -> np.ndarray:
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    together = first + second
    for count, codes in zip(*np.unique(counts[counts > 0], return_counts=True), strict=True):
        count, mean = int(count), int(count) * first / together
        reach = TAIL * (np.sqrt(mean * second / together) + 1)
        x = np.arange(max(0, count - second, int(mean - reach)), min(count, first, int(mean + reach) + 1) + 1)
        logs = log_ways(count, x) + log_ways(together - count, first - x) - log_ways(together, np.array(first))
        yield int(codes), count, x, np.exp(logs)
