"""What a language model says of the tokens of a picture: a joint of numpy.

Tokens are read row by row from the top left; a place is a number of that order, from 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from explorer.joints.audit_parts import require

SUM_SLACK = 1e-6  # of probabilities, which come from float32


@dataclass(frozen=True)
class NextToken:
    """What may come at a place. probabilities (K,) float64: of every code, given all tokens before that place."""

    place: int
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        p = self.probabilities
        require(p.ndim == 1 and p.dtype == np.float64 and len(p) > 0, "probabilities of a next token are (K,) float64")
        sound = bool(np.isfinite(p).all()) and float(p.min()) >= 0 and abs(float(p.sum()) - 1) < SUM_SLACK
        require(sound, f"probabilities of a next token lie in [0, 1] and sum to 1, not {float(p.sum())}")

    @cached_property
    def entropy_bits(self) -> float:
        """How many bits the token takes on average if these probabilities are right; log2 K where all are alike."""
        p = self.probabilities[self.probabilities > 0]
        return float(-(p * np.log2(p)).sum())

    def bits(self, code: int) -> float:
        """The surprise of one code: -log2 p."""
        return float(-np.log2(max(self.probabilities[code], np.finfo(np.float64).tiny)))

    def rank(self, code: int) -> int:
        """How many codes are more probable."""
        return int((self.probabilities > self.probabilities[code]).sum())

    def order(self) -> np.ndarray:
        """All codes, the most probable first; of equals the lower number."""
        return np.argsort(-self.probabilities, kind="stable")


@dataclass(frozen=True)
class TokenText:
    """A picture as a text. tokens (rows, columns) int64, bits (rows, columns) float64: -log2 p of each token given all
    before it. codebook_size: K."""

    tokens: np.ndarray
    bits: np.ndarray
    codebook_size: int

    def __post_init__(self) -> None:
        require(self.tokens.ndim == 2 and self.tokens.dtype == np.int64, "tokens of a text are (rows, columns) int64")
        require(self.bits.shape == self.tokens.shape and self.bits.dtype == np.float64, "each token has its bits")
        require(bool(np.isfinite(self.bits).all()) and float(self.bits.min()) >= 0, "bits are finite and not below 0")
        low, high = int(self.tokens.min()), int(self.tokens.max())
        require(low >= 0 and high < self.codebook_size, f"tokens from {low} to {high} of {self.codebook_size} codes")


@dataclass(frozen=True)
class PriorFacts:
    """A prior before its weights are read.

    tokenizer: id of the one whose codes it reads. rows, columns: tokens of a picture of side_px. counts (K,) int64:
    tokens of each code among those that it learnt from. measured: bits a token on held-out pictures, by what is known
    of the tokens before ("prior", "left", "above", "unigram"), and what was counted. training: how it was made.
    """

    tokenizer: str
    codebook_size: int
    rows: int
    columns: int
    side_px: int
    parameters: int
    licence: str
    counts: np.ndarray
    measured: Mapping[str, float] = field(default_factory=dict)
    training: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fits = self.counts.shape == (self.codebook_size,) and self.counts.dtype == np.int64
        require(fits, "counts of a prior are (K,) int64")

    @property
    def places(self) -> int:
        """Tokens of a picture."""
        return self.rows * self.columns

    @property
    def most_bits(self) -> float:
        """log2 K: what a token takes where nothing is known."""
        return float(np.log2(self.codebook_size))


class LanguageModel(ABC):
    """A loaded prior: numpy goes in and comes out. Shared between visitors, so methods keep no state."""

    @abstractmethod
    def next_token(self, before: Sequence[int]) -> NextToken:
        """What may come after these tokens. Raises RecordError for codes out of range, or where the picture is full."""

    @abstractmethod
    def text_of(self, tokens: np.ndarray) -> TokenText:
        """A whole picture (rows, columns) with the surprise of each token. Raises RecordError for another grid."""

    @abstractmethod
    def continue_tokens(self, before: Sequence[int], draw: Callable[[NextToken], int]) -> Iterator[int]:
        """The tokens that follow to the end of the picture, each chosen by `draw`. What was read is kept, so that each
        costs one place."""
