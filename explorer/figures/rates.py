"""Rate and distortion of a comparison: what each tokenizer and codec loses at which bits (`compare/rates.py`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.compare.dodge import dodge
from explorer.compare.rates import Curve, Point, point_words, rate_curves
from explorer.compare.result import Comparison
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, plain
from explorer.figures.traces import dots, line
from explorer.foundation.colormaps import CATEGORIES, CODECS
from explorer.foundation.errors import RecordError, SettingsError

if TYPE_CHECKING:
    import plotly.graph_objects as go

WIDTH_PX, HEIGHT_PX = 420.0, 260.0  # of a plot at its usual size, in which marks are kept apart
APART_PX, DOT_PX = 12.5, 8.0  # of two marks, and of a mark and a codec's dot
EDGE_PX = 8.0  # of the middle of a mark beside its place, and the end of the plot, which would cut it
ROOM = 0.06  # of the range, beyond the outermost marks
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "x-thin-open", "cross-thin-open", "hexagon")
CODEC_LOOKS = (("dash", "circle"), ("dot", "diamond"))  # codecs stand one after another, all grey
BESIDE = "Marks that would lie on each other stand beside their place, a dot, and are tied to it."

Drawn = tuple[int, Curve, list[tuple[int, Point]]]


def rate_distortion(comparison: Comparison, measure: str | None = None, *, theme: Theme = "light") -> go.Figure:
    """Bits across (logarithmic), one of the kind's measures up (None: its first); a curve a tokenizer or codec.

    Marks stand at log2(K) bits a token, the bar to their left reaches to the bits at the entropy of the medium's own
    codes; codecs are dashed, at their measured bits without headers. customdata: [number of the curve, of its point],
    ids in `layout.meta`. Raises RecordError where nothing could be measured, SettingsError for an unknown measure.
    """
    kind = comparison.kind
    measure = next(iter(kind.measures)) if measure is None else measure
    if measure not in kind.measures:
        raise SettingsError(f"There is no measure {measure[:40]!r} of {kind.nouns}: choose {', '.join(kind.measures)}.")
    curves = rate_curves(comparison)
    drawn = [(number, curve, kept) for number, curve in enumerate(curves) if (kept := _placed(curve, measure))]
    title = kind.measures[measure]
    if not drawn:
        raise RecordError(f"{title} could not be measured on all of these {kind.nouns}.")
    across, down = _ranges(drawn, measure)
    beside = _beside(drawn, measure, across, down)
    traces: list[Any] = []
    for (number, curve, kept), at in zip(drawn, beside, strict=True):
        traces += _curve(number, curve, kept, at, measure, comparison)
    codecs = " and ".join(kind.codecs[curve.id] for _, curve, _ in drawn if curve.kind == "codec")
    words = (
        f"Means over {kind.some(len(comparison.shared))}. Marks stand at log2(K) bits for each token; the bar to their "
        f"left reaches to the bits at the entropy of the {kind.noun}'s own codes. {BESIDE}"
        + (f" Grey: {codecs} at the bits that were measured, without headers." if codecs else "")
    )
    figure = frame_traces(
        "rate_distortion",
        traces,
        named_axis(kind.axis, type="log", range=across, **_ticks(across)),
        named_axis(title, range=down),
        theme=theme,
        title=f"Rate and distortion: {title}",
        words=words,
        pick="point",
    )
    ids = [curve.id for curve in curves]
    return figure.update_layout(meta={**figure.layout.meta, "measure": measure, "curves": ids})


def colour_of(number: int, curve: Curve) -> str:
    """Of a curve, by its number: safe for colour-blind eyes, the codecs grey."""
    own = CODECS.get(curve.id) if curve.kind == "codec" else None
    return own or CATEGORIES[number % len(CATEGORIES)]


def _placed(curve: Curve, measure: str) -> list[tuple[int, Point]]:
    """The points with a place, and their numbers: bits above zero and a finite value."""
    return [
        (number, point)
        for number, point in enumerate(curve.points)
        if point.rate > 0 and point.values[measure] is not None and math.isfinite(point.values[measure])
    ]


def _ranges(drawn: Sequence[Drawn], measure: str) -> tuple[list[float], list[float]]:
    """Ends of both axes, the first as logarithms to the base of ten."""
    points = [(curve, point) for _, curve, kept in drawn for _, point in kept]
    rates = [point.rate for _, point in points] + [
        point.rate_other for curve, point in points if _has_bar(curve, point)
    ]
    values = [point.values[measure] for _, point in points]
    room = (max(values) - min(values)) * ROOM or max(abs(values[0]) * ROOM, 0.01)
    across = [math.log10(min(rates) / 1.08), math.log10(max(rates) * 1.08)]
    across[1] += (across[1] - across[0]) * ROOM  # the dearest mark may have to stand at the right of its place
    return across, [min(values) - room, max(values) + room]


def _ticks(across: Sequence[float]) -> dict[str, Any]:
    """Round places of the axis, of 1, 2 and 5 times powers of ten; its ends if there are fewer than two."""
    powers = range(math.floor(across[0]) - 1, math.ceil(across[1]) + 1)
    places = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    within = [place for place in places if across[0] <= math.log10(place) <= across[1]]
    within = within if len(within) >= 2 else [10**end for end in across]
    return {"tickvals": within, "ticktext": [f"{place:.3g}" for place in within]}


def _beside(drawn: Sequence[Drawn], measure: str, across: Sequence[float], down: Sequence[float]) -> list[list[float]]:
    """At which rate the marks of each curve are drawn, so that none lies on another; the dots of codecs stay."""

    def spot(point: Point) -> tuple[float, float]:
        x = (math.log10(point.rate) - across[0]) / (across[1] - across[0]) * WIDTH_PX
        return x, (point.values[measure] - down[0]) / (down[1] - down[0]) * HEIGHT_PX

    dots = [spot(point) for _, curve, kept in drawn if curve.kind == "codec" for _, point in kept]
    marks = [point for _, curve, kept in drawn if curve.kind != "codec" for _, point in kept]
    spots = [spot(point) for point in marks]
    moved = dodge(spots, APART_PX, (EDGE_PX, WIDTH_PX - EDGE_PX), dots, DOT_PX)
    shifted = iter(
        [
            point.rate if at == x else 10 ** (across[0] + at / WIDTH_PX * (across[1] - across[0]))
            for point, (x, _), at in zip(marks, spots, moved, strict=True)
        ]
    )
    return [[point.rate if curve.kind == "codec" else next(shifted) for _, point in kept] for _, curve, kept in drawn]


def _curve(
    number: int, curve: Curve, kept: list[tuple[int, Point]], at: list[float], measure: str, comparison: Comparison
) -> list[Any]:
    """The line, bars to the bits at the entropy, ties of what stands beside its place, and the marks on top."""
    colour, codec = colour_of(number, curve), curve.kind == "codec"
    points, name = [point for _, point in kept], plain(curve.title, 48)
    values = [point.values[measure] for point in points]
    group = {"legendgroup": str(number)}
    quiet = {"showlegend": False, **group}
    drawn = []
    if len(points) > 1:
        dash = CODEC_LOOKS[number % len(CODEC_LOOKS)][0] if codec else "solid"
        drawn.append(line([point.rate for point in points], values, colour, name, dash=dash, width=1.5, **quiet))
    bars = [(p.rate_other, p.rate, y) for p, y in zip(points, values, strict=True) if _has_bar(curve, p)]
    ties = [(x, p.rate, y) for x, p, y in zip(at, points, values, strict=True) if x != p.rate]
    for ends, dash in ((bars, "solid"), (ties, "dot")):
        if ends:
            x, y = [v for a, b, _ in ends for v in (a, b, None)], [v for *_, y in ends for v in (y, y, None)]
            drawn.append(line(x, y, colour, name, dash=dash, width=1, opacity=0.7, **quiet))
    if ties:
        drawn.append(dots([rate for _, rate, _ in ties], [y for *_, y in ties], colour, name, size=3, **quiet))
    symbol = CODEC_LOOKS[number % len(CODEC_LOOKS)][1] if codec else SYMBOLS[number % len(SYMBOLS)]
    texts = [plain(point_words(comparison.kind, measure, point), 160) for point in points]
    hover = f"%{{hovertext}}<br>mean of {comparison.kind.some(points[0].media)}"
    pairs = np.array([[number, index] for index, _ in kept])
    look = {"size": 6 if codec else 10, "symbol": symbol, "hover": hover, "hovertext": texts, "customdata": pairs}
    return [*drawn, dots(at, values, colour, name, **look, **group)]


def _has_bar(curve: Curve, point: Point) -> bool:
    return curve.kind != "codec" and point.rate_other > 0
