"""Entropy of tokens, alone and given one token before, by counting; and how far the counts can be trusted. Bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError

ENOUGH = 10  # pairs for each pair of codes that there could be, before a counted entropy of pairs is near the true one


def entropy_bits(counts: np.ndarray) -> float:
    """Entropy of counts, as they stand (the plug-in estimate, which lies below the true entropy): 0 to log2 K."""
    counts = np.asarray(counts, np.float64).ravel()
    if not counts.sum() > 0 or counts.min() < 0:
        raise RecordError("an entropy needs at least one token, and no count below 0")
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())


@dataclass(frozen=True)
class PairEntropy:
    """What one token tells of another that stands in a fixed place beside it.

    bits: entropy of the second where the first is known, H(second | first), as counted. alone: H(second) over the same
    pairs. pairs: counted; distinct: how many different ones; possible: K^2. equal: share whose two tokens are alike.
    """

    bits: float
    alone: float
    pairs: int
    distinct: int
    possible: int
    equal: float

    @property
    def told(self) -> float:
        """Bits that the first tells of the second: their mutual information, as counted."""
        return self.alone - self.bits

    @property
    def trusted(self) -> bool:
        """Whether there are enough pairs. Fewer make the entropy too low: most pairs were seen once or never."""
        return self.pairs >= ENOUGH * self.possible

    @property
    def words(self) -> str:
        """What to make of it, with its denominators."""
        counted = f"{self.pairs:,} pairs counted, {self.distinct:,} different ones of {self.possible:,} possible"
        if self.trusted:
            return f"{counted}."
        return f"{counted}: too few, so the true entropy is higher than the counted {self.bits:.2f} bits."


def pair_entropy(first: np.ndarray, second: np.ndarray, codebook_size: int) -> PairEntropy:
    """first, second: integers (n,) that belong together, 0 to K - 1. Raises RecordError where there are none."""
    first, second = np.asarray(first, np.int64).ravel(), np.asarray(second, np.int64).ravel()
    if len(first) == 0 or len(first) != len(second):
        raise RecordError(f"pairs of tokens are needed, got {len(first):,} and {len(second):,}")
    keys, joint = np.unique(first * codebook_size + second, return_counts=True)
    return _of_counts(keys, joint, codebook_size)


def pair_entropy_of_table(table: np.ndarray, codebook_size: int) -> PairEntropy:
    """table (K * K,): how often each first (K) stands before each second. Raises RecordError where nothing does."""
    keys = np.flatnonzero(table)
    if not len(keys):
        raise RecordError("pairs of tokens are needed, got none")
    return _of_counts(keys, table[keys].astype(np.int64), codebook_size)


def _of_counts(keys: np.ndarray, joint: np.ndarray, codebook_size: int) -> PairEntropy:
    """keys (p,): first * K + second of each different pair, joint (p,): how often it occurs."""
    first, second = keys // codebook_size, keys % codebook_size
    pairs = int(joint.sum())
    alone = entropy_bits(np.bincount(second, joint))
    bits = entropy_bits(joint) - entropy_bits(np.bincount(first, joint))  # chain rule: H(b | a) = H(a, b) - H(a)
    equal = float(joint[first == second].sum() / pairs)
    return PairEntropy(max(0.0, bits), alone, pairs, len(joint), codebook_size**2, equal)


def pairs_along(tokens: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """(token, the next one along an axis) of all that have one, both (n,)."""
    length = tokens.shape[axis]
    ahead = np.take(tokens, np.arange(length - 1), axis)
    return ahead.ravel(), np.take(tokens, np.arange(1, length), axis).ravel()
