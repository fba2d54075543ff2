"""Pictures of the tokens of a series: a stretch of one column, and what a code decodes to alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.joints.record import TokenLayout
from explorer.media.rows.drawing import ranges_of, series_pixels

STRETCH_PX = (96, 144)  # height and width of a stretch with what is around it
CODE_PX = (32, 96)  # of one of the ways in which a code can stand
Box = tuple[int, int, int, int]


def series_around(
    values: np.ndarray, layout: TokenLayout, token: int, columns: Sequence[str] = (), rate_hz: float = 0.0
) -> tuple[np.ndarray, Box, str]:
    """The column of a token over its stretch and half as much on each side, where it lies there, and where that is.

    values: (T, D). Drawn on the scale of the whole column, (h, w, 3) float32.
    """
    column, step = divmod(token, layout.shape[1])
    rows = layout.region(token)[1]  # type: ignore[index]
    half = max(1, (rows.stop - rows.start) // 2)
    shown = slice(max(0, rows.start - half), min(len(values), rows.stop + half))
    line = values[:, column : column + 1]
    height, width = STRETCH_PX
    pixels = series_pixels(line[shown], ranges_of(line), width, height)
    length = shown.stop - shown.start
    left = (rows.start - shown.start) * width // length
    box = (0, left, height, max(1, (rows.stop - rows.start) * width // length))
    return pixels, box, _place_words(layout, rows, column, step, columns, rate_hz)


def _place_words(
    layout: TokenLayout, rows: slice, column: int, step: int, columns: Sequence[str], rate_hz: float
) -> str:
    name = columns[column] if columns else f"column {column + 1}"
    when = f"rows {rows.start + 1:,} to {rows.stop:,}"
    if rate_hz:
        when = f"{rows.start / rate_hz:.2f} to {rows.stop / rate_hz:.2f} s"
    frequency = f", frequency {step % layout.chunk}" if layout.chunk > 1 else ""
    return f"{name}, {when}{frequency}"


def code_tiles(decoded: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What codes decode to alone, each (rows, ways), as pictures on one scale, a lane a way: (h, w, 3) float32."""
    if not len(decoded):
        return []
    both = np.concatenate([one.reshape(-1) for one in decoded])
    ways = decoded[0].shape[1]
    scale = np.repeat(ranges_of(np.append(both, 0.0)[:, None]), ways, axis=0)
    return [series_pixels(one, scale, CODE_PX[1], max(16, CODE_PX[0] * 3 // (ways + 2))) for one in decoded]
