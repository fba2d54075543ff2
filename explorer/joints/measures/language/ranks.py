"""Rank and frequency, as of words: the second most frequent code has half as many tokens where Zipf's law holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError

STEEPEST = 8.0
HALVINGS = 80  # of an interval in which the exponent lies: far below the precision of a float
HOW = "p(rank r) proportional to r^-s that makes these tokens most probable (maximum likelihood, over the codes seen)"


@dataclass(frozen=True)
class RankFrequency:
    """counts (R,) int64: tokens of each code that was seen, the most frequent first; rank r is place r - 1.

    exponent: s of p(r) proportional to r^-s, by maximum likelihood (Clauset, Shalizi and Newman 2009, arXiv 0706.1062,
    say why not a line through logarithms); 0 where all are alike, 1 for words of a language (Zipf 1949). codebook_size:
    K, of which R were seen.
    """

    counts: np.ndarray
    exponent: float
    codebook_size: int

    @property
    def tokens(self) -> int:
        return int(self.counts.sum())

    @property
    def ranks(self) -> np.ndarray:
        """1 to R."""
        return np.arange(1, len(self.counts) + 1)

    def fitted(self) -> np.ndarray:
        """Tokens of each rank by the law, (R,) float64, as many in all."""
        weights = self.ranks.astype(np.float64) ** -self.exponent
        return self.tokens * weights / weights.sum()


def rank_frequency(counts: np.ndarray) -> RankFrequency:
    """counts (K,): tokens of each code. Raises RecordError where there are none."""
    counts = np.asarray(counts, np.int64).ravel()
    seen = np.sort(counts[counts > 0])[::-1]
    if len(seen) == 0:
        raise RecordError("ranks need at least one token")
    return RankFrequency(seen, fit_exponent(seen), len(counts))


def fit_exponent(counts: np.ndarray) -> float:
    """s of p(rank r) proportional to r^-s that makes sorted counts (R,) most probable.

    The likelihood is concave in s: where its slope is 0, the mean log rank under the law is that of the tokens.
    """
    logs = np.log(np.arange(1, len(counts) + 1, dtype=np.float64))
    wanted = float((counts * logs).sum() / counts.sum())

    def mean_log_rank(s: float) -> float:
        weights = np.exp(-s * logs)
        return float((weights * logs).sum() / weights.sum())

    low, high = 0.0, STEEPEST
    if len(counts) == 1 or mean_log_rank(low) <= wanted:
        return 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_log_rank(middle) > wanted else (low, middle)
    return (low + high) / 2
