"""The way from one picture's tokens to another's through the codebook: at every step the codes nearest to the path.

The path is straight between the code vectors (as Euclidean points) of the two ends; what is shown are codes, so the
steps are as coarse as the codebook is.
"""

from __future__ import annotations

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.analysis.edit.tokens import Bench, EditedTokens
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import Codebook

STEPS_MOST = 120


def interpolate_tokens(start: EditedTokens, end: EditedTokens, bench: Bench, steps: int) -> list[EditedTokens]:
    """`steps` token grids from `start` to `end`, both ends with them as they are.

    Residual levels walk together: the sum of their vectors moves, and is quantized again level by level. Other levels
    move each by itself. Raises RecordError for ends of different shapes, SettingsError for a number of steps out of
    range.
    """
    shares = _shares(steps)
    shapes = [[level.shape for level in one.indices] for one in (start, end)]
    if shapes[0] != shapes[1]:
        raise RecordError(
            f"both pictures need tokens of one shape to go from one to the other, got {shapes[0]}, {shapes[1]}"
        )
    if bench.combination == "sum" and len(set(shapes[0])) > 1:
        raise RecordError("residual levels of different shapes have no common path")
    ends = [
        [vectors.astype(np.float64) for vectors in bench.latents(one, np.arange(one.indices[0].size))]
        if bench.combination == "sum"
        else [
            book.rows(level.reshape(-1)).astype(np.float64)
            for book, level in zip(bench.codebooks, one.indices, strict=True)
        ]
        for one in (start, end)
    ]
    between = [_quantized([(1 - t) * a + t * b for a, b in zip(*ends, strict=True)], bench) for t in shares[1:-1]]
    kept = tuple(np.ones(shape, bool) for shape in shapes[0])
    grids = [
        EditedTokens(tuple(codes.reshape(shape) for codes, shape in zip(levels, shapes[0], strict=True)), kept)
        for levels in between
    ]
    return [start, *grids, end]


def interpolate_codes(codebook: Codebook, first: int, last: int, steps: int) -> np.ndarray:
    """The codes nearest to `steps` points on the straight line from code to code: (steps,) int64, both ends with them.

    Raises RecordError for a code out of range, SettingsError for a number of steps out of range.
    """
    shares = _shares(steps)
    for code in (first, last):
        if not 0 <= code < codebook.codebook_size:
            raise RecordError(f"code {code} is outside 0..{codebook.codebook_size - 1}")
    a, b = codebook.rows(np.array([first, last])).astype(np.float64)
    codes = assign(codebook, ((1 - shares)[:, None] * a + shares[:, None] * b).astype(np.float32))
    codes[0], codes[-1] = first, last  # of equal vectors the nearest has the lowest number
    return codes


def _quantized(vectors: list[np.ndarray], bench: Bench) -> list[np.ndarray]:
    """The codes of each level, (N,) int64, for the wanted vectors (N, D) of each level."""
    if bench.combination != "sum":
        return [assign(book, wanted.astype(np.float32)) for book, wanted in zip(bench.codebooks, vectors, strict=True)]
    rest, codes = sum(vectors), []
    for book in bench.codebooks:
        codes.append(assign(book, rest.astype(np.float32)))
        rest = rest - book.rows(codes[-1])
    return codes


def _shares(steps: int) -> np.ndarray:
    if not 2 <= steps <= STEPS_MOST:
        raise SettingsError(f"steps must be from 2 to {STEPS_MOST}, not {steps}")
    return np.linspace(0, 1, steps)
