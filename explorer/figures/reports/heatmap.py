"""All counts of a codebook as one small picture for reports; the page draws its own, linked one."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from explorer.foundation.colormaps import colormap

HEATMAP_PX = 512
UNUSED = np.array([255, 255, 255], np.uint8)  # with a stroke through it where there is room: never hue alone


def heatmap_png(counts: np.ndarray) -> bytes:
    """All codes row by row from number 0, colour the logarithm of the count: viridis from dark (1) to light (most).

    Codes without a token are white, crossed by a dark stroke where a cell has 4 pixels or more.
    """
    side = int(np.ceil(np.sqrt(len(counts))))
    rows = -(-len(counts) // side)
    cells = np.zeros(rows * side)
    cells[: len(counts)] = counts
    top = np.log1p(max(1, cells.max()))
    colours = colormap("viridis", np.log1p(cells) / top).reshape(rows, side, 3)
    empty, beyond = (cells == 0).reshape(rows, side), (np.arange(rows * side) >= len(counts)).reshape(rows, side)
    colours[empty] = UNUSED
    pitch = max(1, HEATMAP_PX // side)
    pixels = colours.repeat(pitch, axis=0).repeat(pitch, axis=1)
    if pitch >= 4:
        stroke = np.eye(pitch, dtype=bool)
        crossed = np.kron(empty & ~beyond, stroke).astype(bool)
        pixels[crossed] = (60, 60, 60)
    pixels[np.kron(beyond, np.ones((pitch, pitch), bool)).astype(bool)] = 128
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
