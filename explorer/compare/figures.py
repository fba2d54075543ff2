"""Rate against distortion as SVG: every curve has a colour (safe for colour-blind eyes), a mark and a line in the key.

Strings are escaped here; what `rate_figure` returns may stand in HTML as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from explorer.audit.figures import Axis, short
from explorer.compare.dodge import dodged
from explorer.compare.kinds import Kind
from explorer.compare.rates import Curve, Point, point_words

WIDTH, HEIGHT, KEY_PX = 620, 320, 190
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 12, 42
APART_PX, DOT_PX = 12.5, 8.0  # of two marks, and of a mark and a codec's dot
# Okabe and Ito 2008, "Color Universal Design", without black and yellow; then two greys for the codecs.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f5aa8", "#8a6d3b")
CODEC_COLOURS = {"jpeg": "#808890", "webp": "#5b6570", "vorbis": "#808890", "opus": "#5b6570"}
BESIDE = "Marks that would lie on each other stand beside their place, a dot, and are tied to it."
_MARKS = (  # within a square of 10 pixels around 0, 0
    '<circle r="4.5"/>',
    '<rect x="-4" y="-4" width="8" height="8"/>',
    '<path d="M0-5.5 5 4H-5Z"/>',
    '<path d="M0-6 6 0 0 6-6 0Z"/>',
    '<path d="M0 5.5 5-4H-5Z"/>',
    '<path d="M-5-5 5 5M5-5-5 5" fill="none" stroke-width="2.5"/>',
    '<path d="M-6 0H6M0-6V6" fill="none" stroke-width="2.5"/>',
    '<path d="M0-6 5.2-3V3L0 6-5.2 3V-3Z"/>',
)


def rate_figure(curves: Sequence[Curve], measure: str, kind: Kind) -> str:
    """The rate (logarithmic) across, one of the kind's measures up, as one <svg>; a sentence if nothing can be drawn.

    Marks stand at log2(K) bits; the thin bar to the left reaches to the bits at the entropy of the medium's own
    histogram. Marks that would lie on each other stand beside their place, a dot, and are tied to it (see `dodge`).
    Codecs are dashed, at the bits without headers. An infinite figure has no place.
    """
    title, across_words = kind.measures[measure], kind.axis
    drawn = [(number, curve, kept) for number, curve in enumerate(curves) if (kept := _finite(curve, measure))]
    if not drawn:
        return f'<p class="quiet">{escape(title)} could not be measured on all of these {kind.nouns}.</p>'
    points = [point for _, _, kept in drawn for point in kept]
    rates = [rate for _, curve, kept in drawn for point in kept for rate in _rates(curve, point)]
    values = [point.values[measure] for point in points]
    room = (max(values) - min(values)) * 0.06
    across = Axis(min(rates) / 1.08, max(rates) * 1.08, True, LEFT, WIDTH - RIGHT - KEY_PX)
    down = Axis(min(values) - room, max(values) + room, False, HEIGHT - BOTTOM, TOP)
    label = f"{title} over {across_words}: {', '.join(curve.title for _, curve, _ in drawn)}"
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
        *_axes(across, down, title, across_words),
    ]
    spots = [[(float(across.place(p.rate)), float(down.place(p.values[measure]))) for p in kept] for *_, kept in drawn]
    beside = _beside(drawn, spots)
    for line, (number, curve, kept) in enumerate(drawn):
        parts.append(_curve(number, curve, kept, spots[line], beside[line], across, measure, kind))
        top = TOP + 8 + 20 * line
        left = WIDTH - KEY_PX + 8
        parts.append(f"<g {_ink(number, curve)}>{_key(number, curve, left, top)}</g>")
        title = curve.title if len(curve.title) <= 24 else f"{curve.title[:23]}…"
        parts.append(f'<text x="{left + 26}" y="{top + 4}">{escape(title)}</text>')
    return "".join([*parts, "</svg>"])


def _beside(drawn: Sequence[tuple[int, Curve, list[Point]]], spots: Sequence[list[tuple[float, float]]]) -> list:
    """Where across the marks of each curve stand; the dots of codecs stay."""
    dots = [
        place for (_, curve, _), places in zip(drawn, spots, strict=True) if curve.kind == "codec" for place in places
    ]
    marks = [
        place for (_, curve, _), places in zip(drawn, spots, strict=True) if curve.kind != "codec" for place in places
    ]
    moved = iter(dodged(marks, APART_PX, (LEFT, WIDTH - RIGHT - KEY_PX), dots, DOT_PX))
    return [
        [x if curve.kind == "codec" else next(moved) for x, _ in places]
        for (_, curve, _), places in zip(drawn, spots, strict=True)
    ]


def rate_ticks(low: float, high: float) -> list[float]:
    """Round places of a logarithmic axis from 1, 2 and 5 times powers of ten; the ends if there are fewer than two."""
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    ticks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    within = [tick for tick in ticks if low <= tick <= high]
    return within if len(within) >= 2 else [low, high]


def _axes(across: Axis, down: Axis, title: str, across_words: str) -> list[str]:
    right, bottom = WIDTH - RIGHT - KEY_PX, HEIGHT - BOTTOM
    parts = []
    for at in rate_ticks(10**across.low, 10**across.high):
        x = f"{across.place(at):.1f}"
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x}" y="{bottom + 15}" text-anchor="middle">{at:.3g}</text>')
    for at in down.ticks():
        y = down.place(at)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(round(at, 9))}</text>')
    middle = (TOP + bottom) / 2
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{across_words}</text>')
    turned = f'transform="rotate(-90 14 {middle})" text-anchor="middle"'
    return [*parts, f'<text x="14" y="{middle}" {turned}>{escape(title)}</text>']


def _curve(
    number: int, curve: Curve, kept: Sequence[Point], places, beside: Sequence[float], across: Axis, measure, kind: Kind
) -> str:
    parts = [f"<g {_ink(number, curve)}>"]
    if len(places) > 1:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dash = ' stroke-dasharray="5 4"' if curve.kind == "codec" else ""
        parts.append(f'<polyline points="{line}" fill="none" stroke-width="1.5"{dash}/>')
    for point, (x, y), at in zip(kept, places, beside, strict=True):
        if curve.kind != "codec" and point.rate_other > 0:
            other = across.place(point.rate_other)
            parts.append(
                f'<line x1="{other:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke-width="1" opacity="0.7"/>'
            )
        if at != x:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.5"/>')
            parts.append(f'<path d="M{x:.1f} {y:.1f}H{at:.1f}" stroke-width="1" stroke-dasharray="1 2" fill="none"/>')
        said = point_words(kind, measure, point)
        parts.append(
            f'<g transform="translate({at:.1f} {y:.1f})"><title>{escape(said)}</title>{_mark(number, curve)}</g>'
        )
    return "".join([*parts, "</g>"])


def _key(number: int, curve: Curve, left: float, top: float) -> str:
    dash = ' stroke-dasharray="5 4"' if curve.kind == "codec" else ""
    line = f'<path d="M{left} {top}h20"{dash}/>' if curve.kind != "tokenizer" else ""
    return f'{line}<g transform="translate({left + 10} {top})">{_mark(number, curve)}</g>'


def _mark(number: int, curve: Curve) -> str:
    return '<circle r="2"/>' if curve.kind == "codec" else _MARKS[number % len(_MARKS)]


def _ink(number: int, curve: Curve) -> str:
    colour = CODEC_COLOURS.get(curve.id) if curve.kind == "codec" else None
    colour = colour or COLOURS[number % len(COLOURS)]
    return f'fill="{colour}" stroke="{colour}"'


def _rates(curve: Curve, point: Point) -> tuple[float, ...]:
    """The bits that must have room on the axis."""
    return (point.rate, point.rate_other) if curve.kind != "codec" and point.rate_other > 0 else (point.rate,)


def _finite(curve: Curve, measure: str) -> list[Point]:
    """The points with a place: bits above zero and a finite value."""
    return [
        point
        for point in curve.points
        if point.rate > 0 and point.values[measure] is not None and math.isfinite(point.values[measure])
    ]
