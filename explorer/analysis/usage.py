"""How a codebook is used: counts, dead or unseen codes, perplexity, entropy, Gini, KL to uniform.

Every figure is a statement about N counted tokens. N tokens can use at most min(K, N) codes, so a code with no
tokens is called *dead* only once at least K tokens were counted, and *unseen* before that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.errors import RecordError

MAX_COUNTED_CODES = 2**26  # counts are one int64 a code: 512 MiB at this size


@dataclass(frozen=True)
class Usage:
    """Usage of one codebook of K codes over `tokens` tokens.

    counts: (K,) int64. ceiling: min(K, tokens). used: codes with count > 0. usage: used / K.
    usage_of_ceiling: used / ceiling. dead: (K,) bool, count below `threshold`, None if fewer than K tokens were
    counted. unseen: (K,) bool, count 0, None if at least K tokens were counted. perplexity: exp of the entropy of
    the counts, between 1 and K. gini: 0 when all codes are used alike, near 1 when one code takes all.
    kl_to_uniform_bits: log2(K) minus the entropy.
    """

    counts: np.ndarray
    tokens: int
    threshold: float
    ceiling: int
    used: int
    usage: float
    usage_of_ceiling: float
    dead: np.ndarray | None
    unseen: np.ndarray | None
    perplexity: float
    entropy_bits: float
    gini: float
    kl_to_uniform_bits: float

    @property
    def codebook_size(self) -> int:
        return len(self.counts)


def usage(indices: np.ndarray, codebook_size: int, threshold: float = 1) -> Usage:
    """Usage of a codebook by `indices` of any shape; a code with fewer than `threshold` tokens counts as dead.

    Raises RecordError if there are no tokens, codes out of range, or more codes than can be counted.
    """
    if codebook_size > MAX_COUNTED_CODES:
        raise RecordError(
            f"a codebook of {codebook_size:,} codes is too large to count; {MAX_COUNTED_CODES:,} is the most"
        )
    flat = np.asarray(indices).reshape(-1)  # (N,)
    if flat.size == 0:
        raise RecordError("there are no tokens to count")
    low, high = int(flat.min()), int(flat.max())
    if low < 0 or high >= codebook_size:
        raise RecordError(f"indices reach from {low} to {high}, outside 0..{codebook_size - 1}")
    return usage_of_counts(np.bincount(flat, minlength=codebook_size), threshold)


def usage_of_counts(counts: np.ndarray, threshold: float = 1) -> Usage:
    """Usage from counts (K,) of whole tokens, such as those summed over many pictures. Raises RecordError."""
    counts = np.asarray(counts).astype(np.int64)  # (K,)
    tokens = int(counts.sum())
    if tokens <= 0 or counts.min() < 0:
        raise RecordError("counts must be 0 or more and count at least one token")
    size = len(counts)
    used, ceiling = int(np.count_nonzero(counts)), min(size, tokens)
    entropy = _entropy_bits(counts, tokens)
    enough = tokens >= size
    return Usage(
        counts=counts,
        tokens=tokens,
        threshold=threshold,
        ceiling=ceiling,
        used=used,
        usage=used / size,
        usage_of_ceiling=used / ceiling,
        dead=counts < threshold if enough else None,
        unseen=None if enough else counts == 0,
        perplexity=float(2.0**entropy),
        entropy_bits=entropy,
        gini=_gini(counts, tokens),
        kl_to_uniform_bits=max(0.0, float(np.log2(size)) - entropy),
    )


def rank_order(counts: np.ndarray) -> np.ndarray:
    """Codes from the most to the least used, equal counts in order of their number: (K,) int64."""
    return np.argsort(-np.asarray(counts).astype(np.float64), kind="stable").astype(np.int64)


def _entropy_bits(counts: np.ndarray, tokens: int) -> float:
    share = counts[counts > 0] / tokens
    return max(0.0, float(-(share * np.log2(share)).sum()))


def _gini(counts: np.ndarray, tokens: int) -> float:
    """Gini coefficient: mean absolute difference of all pairs over twice the mean, from the sorted counts."""
    ordered = np.sort(counts).astype(np.float64)
    size = len(ordered)
    weights = 2 * np.arange(1, size + 1) - size - 1
    return float((weights * ordered).sum() / (size * tokens))
