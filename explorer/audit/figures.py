"""Figures of the report as SVG text and PNG bytes: no scripts, no libraries, readable in dark and light.

Strings are escaped here; what these functions return may stand in HTML as it is.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
from PIL import Image

from explorer.foundation.colormaps import colormap

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 12, 44  # room for the numbers and names of the axes
HEATMAP_PX = 512
UNUSED = np.array([255, 255, 255], np.uint8)  # with a stroke through it where there is room: never hue alone


@dataclass(frozen=True)
class Series:
    """x, y (n,). kind: how it is drawn; "dashed" for what was not counted, such as a ceiling or an estimate."""

    name: str
    x: np.ndarray
    y: np.ndarray
    kind: Literal["line", "dashed", "dots"] = "line"


def chart(
    series: Sequence[Series], x_name: str, y_name: str, log_x: bool = False, log_y: bool = False, zero: bool = False
) -> str:
    """Lines and dots over two axes as one <svg>. Logarithmic axes leave out what is not above zero.

    zero: the y axis begins at 0 (not for log_y).
    """
    kept = [(one, _positive(one, log_x, log_y)) for one in series]
    points = np.concatenate([p for _, p in kept] + [np.empty((0, 2))])
    if not len(points):
        return '<p class="quiet">Nothing to draw.</p>'
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    if zero and not log_y:
        y0 = 0.0
    across, down = Axis(x0, x1, log_x, LEFT, WIDTH - RIGHT), Axis(y0, y1, log_y, HEIGHT - BOTTOM, TOP)
    label = f"{y_name} over {x_name}: {', '.join(one.name for one in series)}"
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">']
    for at in across.ticks():
        place = across.place(at)
        parts.append(f'<line class="grid" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{short(at)}</text>')
    for at in down.ticks():
        place = down.place(at)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{place + 4:.1f}" text-anchor="end">{short(at)}</text>')
    across_px, down_px = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text x="{across_px}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_name)}</text>')
    turned = f'transform="rotate(-90 14 {down_px})" text-anchor="middle"'
    parts.append(f'<text x="14" y="{down_px}" {turned}>{escape(y_name)}</text>')
    for number, (one, places) in enumerate(kept):
        drawn = np.column_stack([across.place(places[:, 0]), down.place(places[:, 1])])
        parts.append(_drawn(one, drawn, number))
    return "".join([*parts, "</svg>"])


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


def short(value: float) -> str:
    """A number of an axis: 0.5, 1,000, 20 k, 3 M."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == ' k' else size):g}{letter}"
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"


class Axis:
    """From numbers to pixels; low and high are logarithms of a logarithmic one."""

    def __init__(self, low: float, high: float, log: bool, start_px: float, stop_px: float) -> None:
        self._log, self._start, self._stop = log, start_px, stop_px
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
        self.low, self.high = (np.log10(low), np.log10(high)) if log else (low, high)

    def place(self, values):
        at = np.log10(values) if self._log else values
        return self._start + (at - self.low) / (self.high - self.low) * (self._stop - self._start)

    def ticks(self) -> list[float]:
        if self._log:
            powers = range(int(np.ceil(self.low - 1e-9)), int(np.floor(self.high + 1e-9)) + 1)
            if len(powers) >= 2:
                return [10.0**power for power in powers]
            return [10.0**self.low, 10.0**self.high]
        step = 10 ** np.floor(np.log10((self.high - self.low) / 2))
        step *= next(factor for factor in (5, 2, 1) if (self.high - self.low) / (step * factor) >= 2)
        first = np.ceil(self.low / step - 1e-9)
        return [float(n * step) + 0.0 for n in np.arange(first, np.floor(self.high / step + 1e-9) + 1)]


def _positive(one: Series, log_x: bool, log_y: bool) -> np.ndarray:
    """The points that can be drawn, (n, 2)."""
    points = np.column_stack([one.x, one.y]).astype(np.float64)
    fine = np.isfinite(points).all(1)
    for axis, log in enumerate((log_x, log_y)):
        fine &= (points[:, axis] > 0) | (not log)
    return points[fine]


def _drawn(one: Series, places: np.ndarray, number: int) -> str:
    title = f"<title>{escape(one.name)}</title>"
    if one.kind == "dots":
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in places)
        return f'<g class="s{number}">{title}{dots}</g>'
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = ' stroke-dasharray="5 4"' if one.kind == "dashed" else ""
    return f'<polyline class="s{number}" points="{line}"{dash}>{title}</polyline>'
