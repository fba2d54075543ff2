"""The usage of every code as one small picture, for boards that show pictures alone."""

from __future__ import annotations

import math

import numpy as np

from explorer.foundation.colormaps import colormap
from explorer.joints.frame import DEAD, UNSEEN

CELL = 8  # px of a code; fewer where there are many
MOST_PX = 1024
GROUND = (32, 34, 38)


def usage_picture(counts: np.ndarray, state: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: a square a code, row by row from code 0, from dark (few tokens) to bright (viridis, logarithmic
    between the smallest and the largest count above 0). Dead codes are crossed out, codes not seen yet are empty.

    counts (K,), state (K,) as of `FrameLevel`.
    """
    size = len(counts)
    columns = math.ceil(math.sqrt(size))
    rows = math.ceil(size / columns)
    cell = max(1, min(CELL, MOST_PX // columns))
    picture = np.empty((rows * columns, cell, cell, 3), np.uint8)
    picture[:] = GROUND
    used = (state != DEAD) & (state != UNSEEN)
    picture[:size][used] = colormap("viridis", _shares(counts)[used])[:, None, None]
    if cell > 3:
        line = np.eye(cell, dtype=bool) | np.eye(cell, dtype=bool)[::-1]
        picture[:size][state == DEAD] = np.where(line[..., None], 150, np.asarray(GROUND, np.uint8)).astype(np.uint8)
        picture[:, -1], picture[:, :, -1] = GROUND, GROUND  # a gap between codes
    return picture.reshape(rows, columns, cell, cell, 3).swapaxes(1, 2).reshape(rows * cell, columns * cell, 3)


def _shares(counts: np.ndarray) -> np.ndarray:
    """(K,) 0 to 1, logarithmic between the ends of what is above 0."""
    counts = np.nan_to_num(np.asarray(counts, np.float64))
    above = counts[counts > 0]
    if not len(above) or above.min() == above.max():
        return (counts > 0).astype(float)
    low, high = math.log(above.min()), math.log(above.max())
    return np.where(counts > 0, (np.log(np.maximum(counts, above.min())) - low) / (high - low), 0.0)
