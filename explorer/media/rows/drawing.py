"""Rows as pictures: series as one lane a column, on one scale for whatever is laid beside it; items as colours.

Letters of the shapes: T rows, D columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.foundation.colormaps import colormap

LANES_PX, LEAST_PX, MOST_PX = 288, 8, 48  # of all lanes together; of one
WIDTH_PX = 960
BACK, LINE = np.array([0.10, 0.11, 0.14], np.float32), np.array([0.98, 0.80, 0.36], np.float32)
ZERO, BORDER = np.array([0.27, 0.30, 0.36], np.float32), np.array([0.02, 0.02, 0.03], np.float32)
PADDING = 0.08  # of a lane, above and below what it must hold


def lane_px(columns: int) -> int:
    """The height of a lane where there are so many."""
    return int(np.clip(LANES_PX // max(1, columns), LEAST_PX, MOST_PX))


def ranges_of(*series: np.ndarray) -> np.ndarray:
    """(D, 2) lowest and highest of each column over all of them, each (T, D); one that is flat gets some room."""
    both = np.concatenate(series)
    low, high = both.min(0), both.max(0)
    room = np.where(high - low > 1e-6, (high - low) * PADDING, 1.0)
    return np.stack([low - room, high + room], axis=1)


def series_pixels(values: np.ndarray, ranges: np.ndarray, width: int = WIDTH_PX, lane: int = 0) -> np.ndarray:
    """(T, D) -> (D lanes, width, 3) float32 in [0, 1]. ranges: (D, 2) of each lane. Rows share the width."""
    rows, columns = values.shape
    lane = lane or lane_px(columns)
    picture = np.broadcast_to(BACK, (columns * lane, width, 3)).copy()
    edges = np.arange(width + 1) * rows / width
    for column in range(columns):
        part = picture[column * lane : (column + 1) * lane]
        low, high = ranges[column]
        part[-1] = BORDER
        if low < 0 < high:
            part[int(_down(np.zeros(1), low, high, lane)[0])] = ZERO
        tops, bottoms = _stroke(values[:, column], edges)
        first, last = _down(bottoms, low, high, lane), _down(tops, low, high, lane)
        inside = np.arange(lane)[:, None]
        part[(inside >= np.floor(first)) & (inside <= np.ceil(last))] = LINE
    return picture


def _stroke(values: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(lowest, highest) value that a line through the middles of the rows has within each pixel column."""
    middles = np.arange(len(values)) + 0.5
    at = np.interp(edges, middles, values)  # (width + 1,)
    low, high = np.minimum(at[:-1], at[1:]), np.maximum(at[:-1], at[1:])
    if len(values) > len(edges):  # several rows a pixel: none is passed over
        cell = np.clip(np.searchsorted(edges, middles, "right") - 1, 0, len(low) - 1)
        np.minimum.at(low, cell, values)
        np.maximum.at(high, cell, values)
    return low, high


def _down(values: np.ndarray, low: float, high: float, lane: int) -> np.ndarray:
    """Pixels from the top of a lane; its last one is a border."""
    return np.clip((high - values) / (high - low), 0, 1) * (lane - 3) + 0.5


ITEM_PX, TABLE_PX = 6, 720  # a number of an item is so high; a table is so wide at least


def items_pixels(values: np.ndarray, scale: float) -> np.ndarray:
    """Items (N, D) as a picture of their numbers, an item a column: (D ITEM_PX, N width, 3) float32 in [0, 1].

    scale: the value that is full orange; its opposite is full blue.
    """
    width = max(1, -(-TABLE_PX // len(values)))
    colours = colormap("diverging", values.T / (2 * max(scale, 1e-12)) + 0.5)  # (D, N, 3)
    return np.repeat(np.repeat(colours, ITEM_PX, axis=0), width, axis=1).astype(np.float32) / 255


def tree_pixels(ids: np.ndarray, order: np.ndarray, sizes: Sequence[int], height: int, width: int) -> np.ndarray:
    """Semantic ids (N, L) as a tree: (height, width, 3) float32 in [0, 1], a band for each level, items side by side.

    order: (N,) items so that each prefix is a run. sizes: codes of each level; a code has the same colour everywhere.
    """
    which = order[np.arange(width) * len(ids) // width]  # (width,)
    colours = [colormap("viridis", ids[which, level] / max(1, size - 1)) for level, size in enumerate(sizes)]
    bands = np.stack(colours).astype(np.float32) / 255  # (L, width, 3)
    picture = bands[np.arange(height) * len(bands) // height].copy()
    edges = np.unique((np.arange(1, len(bands)) * height) // len(bands))
    picture[edges] = BORDER
    return picture


def item_tile(values: np.ndarray, scale: float, side: int = 8) -> np.ndarray:
    """One item (D,) as a tile of its numbers in reading order, `side` a row: (h, w, 3) float32."""
    rows = -(-len(values) // side)
    filled = np.zeros(rows * side)
    filled[: len(values)] = values
    colours = colormap("diverging", filled.reshape(rows, side) / (2 * max(scale, 1e-12)) + 0.5)
    return np.repeat(np.repeat(colours, 10, axis=0), 10, axis=1).astype(np.float32) / 255


def scale_of(*tables: np.ndarray) -> float:
    """What is full colour for all of these: the 99th percentile of the sizes of their numbers."""
    return float(max(np.quantile(np.abs(one), 0.99) for one in tables))
