"""FAST, the first half: the cosine transform of a chunk of actions, scaled and rounded to integers.

FAST: Efficient Action Tokenization for Vision-Language-Action Models (Pertsch et al. 2025, arXiv 2501.09747, algorithm
1). Each column of a chunk goes through a DCT-II; what it gives is multiplied by a scale (10 in the paper) and rounded.
There is no network and no learned table: a small scale makes most integers 0, a large one keeps more. The second half,
which joins integers that often follow each other, is in `fast_merges.py`: there the lowest frequency of all columns
comes first, then the next.

Here an integer is a code: -limit..limit are the 2 limit + 1 values of a lattice of one axis, so that every page counts
and shows it as it does FSQ's. The original has no limit; what is beyond is cut off, and counted as such.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.record import LatticeRule


def cosine_matrix(size: int) -> Tensor:
    """The orthonormal DCT-II of `size` rows: (frequency, row) float32; its transpose is its inverse.

    Ahmed, Natarajan and Rao, Discrete cosine transform, 1974. Frequency k is k / (2 size) turns a row.
    """
    rows = torch.arange(size, dtype=torch.float64)
    turns = torch.cos(math.pi * (2 * rows[None, :] + 1) * rows[:, None] / (2 * size))
    turns *= math.sqrt(2 / size)
    turns[0] /= math.sqrt(2)
    return turns.float()


class CosineRounding(nn.Module):
    """chunk: rows that are transformed together. scale: integers for each unit of a coefficient. limit: the largest."""

    def __init__(self, chunk: int, scale: float, limit: int) -> None:
        super().__init__()
        if not (2 <= chunk <= 4096 and 0 < scale < math.inf and 1 <= limit <= 2**15):
            raise SettingsError(f"FAST needs a chunk of 2 to 4,096 rows, got {chunk}, scale {scale}, limit {limit}")
        self.chunk, self.scale, self.limit = chunk, float(scale), limit
        values = tuple(float(value) for value in range(-limit, limit + 1))
        self.rule = LatticeRule("FAST", (values,), first_axis_most_significant=False)
        self.register_buffer("matrix", cosine_matrix(chunk), persistent=False)

    def transform(self, values: Tensor) -> Tensor:
        """(B, D, T) -> scaled coefficients of the same shape: within each chunk frequencies, the lowest first."""
        chunks = values.unflatten(-1, (-1, self.chunk))  # (B, D, C, n)
        return (self.scale * (chunks @ self.matrix.T)).flatten(-2)

    def indices_of(self, coefficients: Tensor) -> Tensor:
        """The nearest integers, cut off at the limit, counted from -limit: int64 of the same shape."""
        return coefficients.round().clamp(-self.limit, self.limit).long() + self.limit

    def integers(self, indices: Tensor) -> Tensor:
        """The inverse of `indices_of`: float32 of the same shape."""
        return (indices - self.limit).float()

    def restore(self, integers: Tensor) -> Tensor:
        """The inverse of `transform`: (B, D, T) -> (B, D, T)."""
        chunks = integers.unflatten(-1, (-1, self.chunk))
        return ((chunks @ self.matrix) / self.scale).flatten(-2)
