"""All that is counted of tokens as a language: of pictures, or of any grids of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.measures.language.compression import lzma_bits
from explorer.joints.measures.language.entropies import PairEntropy, entropy_bits, pair_entropy, pairs_along
from explorer.joints.measures.language.ranks import RankFrequency, rank_frequency


@dataclass(frozen=True)
class TokenLanguage:
    """named: which tokens. unigram: entropy of the shares of codes. left, above, before: given that neighbour; before:
    the same place of the frame before, None for pictures. packed: bits a token that lzma needs. Bits as counted."""

    named: str
    codebook_size: int
    ranks: RankFrequency
    unigram: float
    left: PairEntropy | None
    above: PairEntropy | None
    before: PairEntropy | None
    packed: float

    @property
    def tokens(self) -> int:
        return self.ranks.tokens

    @property
    def most(self) -> float:
        """log2 K."""
        return float(np.log2(self.codebook_size))

    @property
    def used(self) -> int:
        """Codes with at least one token."""
        return len(self.ranks.counts)


def language_of(grids: Sequence[np.ndarray], codebook_size: int, named: str = "") -> TokenLanguage:
    """grids: of integers, each (rows, columns) of a picture or (frames, rows, columns) of a clip, all of one kind.

    Neighbours are taken within a grid alone; lzma reads the grids one after another, row by row. Raises RecordError
    where there are no tokens, or codes out of range.
    """
    grids = [np.asarray(grid, np.int64) for grid in grids]
    if not grids or any(grid.ndim not in (2, 3) or grid.size == 0 or grid.ndim != grids[0].ndim for grid in grids):
        raise RecordError("tokens as a language are read from grids of one kind, (rows, columns) or with frames")
    every = np.concatenate([grid.ravel() for grid in grids])
    if int(every.min()) < 0 or int(every.max()) >= codebook_size:
        raise RecordError(f"codes from {every.min():,} to {every.max():,} do not fit a codebook of {codebook_size:,}")
    counts = np.bincount(every, minlength=codebook_size)
    return TokenLanguage(
        named,
        codebook_size,
        rank_frequency(counts),
        entropy_bits(counts),
        _pairs(grids, -1, codebook_size),
        _pairs(grids, -2, codebook_size),
        _pairs(grids, 0, codebook_size) if grids[0].ndim == 3 else None,
        lzma_bits(every, codebook_size),
    )


def _pairs(grids: Sequence[np.ndarray], axis: int, codebook_size: int) -> PairEntropy | None:
    """Of all grids; None where none is longer than one token along the axis."""
    pairs = [pairs_along(grid, axis) for grid in grids if grid.shape[axis] > 1]
    if not pairs:
        return None
    first, second = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return pair_entropy(first, second, codebook_size)
