"""How a codebook is used: counts, perplexity, entropy, Gini, KL to uniform.

Every figure is a statement about N counted tokens, which can use at most min(K, N) codes. Whether a code without any is
*dead* or only *not seen yet* cannot be told from counts alone: see `unused.py`, which judges by media.

The counts that a checkpoint kept of its training are mostly moving averages of the tokens of a step: never 0, however
long ago a code was chosen last. Told in tokens of that memory they answer to the same threshold (`training_usage`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook

LEAST_TOKENS = 1  # a code with fewer is not in use: the one threshold of used, dead and unseen on every page
DIGITS = 4  # of a token to which averages are rounded: float32 makes 0.99999998 of one token
USUAL_DECAY = 0.99  # of moving averages of code counts, where a checkpoint does not say
ENTROPY_WORDS = "Bits that a token carries if codes come independently, by their counts: at most log2 of min(K, N)."
MAX_COUNTED_CODES = 2**26  # counts are one int64 a code: 512 MiB at this size


@dataclass(frozen=True)
class Usage:
    """Usage of one codebook of K codes over `tokens` tokens.

    counts: (K,) int64. ceiling: min(K, tokens). used: codes with `threshold` or more. usage: used / K.
    usage_of_ceiling: used / ceiling. perplexity: exp of the entropy of the counts, between 1 and K. gini: 0 when all
    codes are used alike, near 1 when one code takes all. kl_to_uniform_bits: log2(K) minus the entropy.
    """

    counts: np.ndarray
    tokens: int
    threshold: float
    ceiling: int
    used: int
    usage: float
    usage_of_ceiling: float
    perplexity: float
    entropy_bits: float
    gini: float
    kl_to_uniform_bits: float

    @property
    def codebook_size(self) -> int:
        return len(self.counts)


def usage(indices: np.ndarray, codebook_size: int, threshold: float = LEAST_TOKENS) -> Usage:
    """Usage of a codebook by `indices` of any shape; a code with fewer than `threshold` tokens is not in use.

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


def usage_of_counts(counts: np.ndarray, threshold: float = LEAST_TOKENS) -> Usage:
    """Usage from counts (K,) of whole tokens, such as those summed over many pictures. Raises RecordError."""
    counts = np.asarray(counts).astype(np.int64)  # (K,)
    tokens = int(counts.sum())
    if tokens <= 0 or counts.min() < 0:
        raise RecordError("counts must be 0 or more and count at least one token")
    size = len(counts)
    used, ceiling = int(np.count_nonzero(in_use(counts, threshold))), min(size, tokens)
    entropy = _entropy_bits(counts, tokens)
    return Usage(
        counts=counts,
        tokens=tokens,
        threshold=threshold,
        ceiling=ceiling,
        used=used,
        usage=used / size,
        usage_of_ceiling=used / ceiling,
        perplexity=float(2.0**entropy),
        entropy_bits=entropy,
        gini=_gini(counts, tokens),
        kl_to_uniform_bits=max(0.0, float(np.log2(size)) - entropy),
    )


def in_use(counts: np.ndarray, threshold: float = LEAST_TOKENS) -> np.ndarray:
    """Whether codes with these counts of tokens (K,) are in use: (K,) bool."""
    return np.asarray(counts) >= threshold


@dataclass(frozen=True)
class TrainingUsage:
    """What a checkpoint kept of its training: tokens (K,) float64 that each code got, by `words` of which steps.

    used: (K,) bool, at least LEAST_TOKENS of them. steps: about how many steps the average remembers, None of counts.
    """

    tokens: np.ndarray
    used: np.ndarray
    steps: float | None
    words: str

    def words_of(self, code: int) -> str:
        """The count of one code: "12.3 of the last 102,400 tokens or so, 0.01%"."""
        found, total = float(self.tokens[code]), float(self.tokens.sum())
        amount = "fewer than 1" if 0 < found < LEAST_TOKENS else f"{found:,.0f}"
        of = f"{total:,.0f} tokens" if self.steps is None else f"the last {total:,.0f} tokens or so"
        return f"{amount} of {of}" + (f", {found / total:.2%}" if found >= LEAST_TOKENS else "")


def training_usage(codebook: Codebook) -> TrainingUsage | None:
    """Usage by the counts of training, None where the checkpoint has none.

    A moving average with decay g weighs the newest step 1 - g and older ones less, together as much as 1 / (1 - g)
    steps; times that it is tokens, and a code chosen once in the newest step has one. Counts that are whole numbers
    are taken as they are, unless a decay is known; of others of an unknown decay USUAL_DECAY is assumed.
    """
    if codebook.counts is None:
        return None
    counts, decay = np.asarray(codebook.counts, np.float64), codebook.counts_decay
    if decay is None and (counts == np.round(counts)).all():
        said = f"the codes of {counts.sum():,.0f} tokens of training, counted"
        return TrainingUsage(counts, in_use(counts), None, said)
    known = f"decay {USUAL_DECAY:g} is assumed" if decay is None else f"decay {decay:g}"
    steps = 1 / (1 - (USUAL_DECAY if decay is None else decay))
    tokens = np.round(counts * steps, DIGITS)
    said = (
        f"a moving average of the tokens of a training step ({known}), which remembers about the last {steps:,.0f} "
        f"steps: {tokens.sum():,.0f} tokens"
    )
    return TrainingUsage(tokens, in_use(tokens), steps, said)


def training_words(codebook: Codebook, code: int) -> str:
    """The count of one code in training, "" where the checkpoint has none."""
    known = training_usage(codebook)
    return "" if known is None else known.words_of(code)


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
