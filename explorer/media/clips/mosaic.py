"""The picture of a clip: frames side by side, without an empty place, and in which order tokens lie in it."""

from __future__ import annotations

import math

import numpy as np


def mosaic_shape(steps: int) -> tuple[int, int]:
    """Rows and columns of a mosaic of `steps` frames without an empty place, as near to a square as can be."""
    rows = max(n for n in range(1, math.isqrt(steps) + 1) if steps % n == 0)
    return rows, steps // rows


def mosaic(cells: np.ndarray) -> np.ndarray:
    """(T, h, w, ...) -> (rows h, columns w, ...), the cells in reading order."""
    rows, columns = mosaic_shape(len(cells))
    height, width, *rest = cells.shape[1:]
    placed = cells.reshape(rows, columns, height, width, *rest).swapaxes(1, 2)
    return placed.reshape(rows * height, columns * width, *rest)


def mosaic_order(shape: tuple[int, int, int]) -> np.ndarray:
    """Flat positions of (T, rows, columns) tokens in the mosaic's order: picture token i is clip token order[i]."""
    return mosaic(np.arange(math.prod(shape)).reshape(shape)).reshape(-1)
