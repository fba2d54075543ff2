"""Rate against distortion: a point for each tokenizer, a curve over levels for residual ones, a line for each codec.

All are means over the media that went through every tokenizer; rates are averaged as the figures are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from explorer.compare.columns import decibels
from explorer.compare.kinds import Kind
from explorer.compare.reference import Reference
from explorer.compare.result import Comparison, MediumFigures
from explorer.compare.run import level_name, wanted_bits
from explorer.compare.spread import spread
from explorer.media.quality.fidelity import Fidelity
from explorer.media.quality.sound_fidelity import SoundQuality


@dataclass(frozen=True)
class Point:
    """rate: bits a pixel (of sounds kbit/s), of codecs without headers. rate_other: of tokenizers at the entropy of
    their own histogram, of codecs with headers. values: of each measure of the kind, None where it could not be had.
    media: mean over how many; left_out: of each measure how many of these are infinite and not in its mean. wanted: of
    codecs, the rate that was to be matched, counted as they were. unreached: of codecs, on how many of the media the
    nearest is more than a tenth away."""

    name: str
    rate: float
    rate_other: float
    values: dict[str, float | None]
    media: int
    left_out: dict[str, int] = field(default_factory=dict)
    wanted: float | None = None
    unreached: int = 0


@dataclass(frozen=True)
class Curve:
    """points by rising bits; one for a tokenizer without levels. id: of the tokenizer or codec."""

    id: str
    title: str
    kind: Literal["tokenizer", "levels", "codec"]
    points: tuple[Point, ...]


def rate_curves(comparison: Comparison) -> tuple[Curve, ...]:
    """Tokenizers in their order, then the codecs (matched without headers)."""
    shared, curves, measures = comparison.shared, [], tuple(comparison.kind.measures)
    if not shared:
        return ()
    for spec in comparison.working:
        cells = [(medium.cell(spec.id), medium) for medium in shared]
        levels = min(len(cell.levels) for cell, _ in cells)
        points = [
            _point(
                level_name(spec.id, cells[0][0].levels[number].levels),
                [
                    (c.rate(c.levels[number].bits_uniform, m), c.rate(c.levels[number].bits_empirical, m))
                    for c, m in cells
                ],
                [c.levels[number].fidelity for c, _ in cells],
                measures,
            )
            for number in range(levels)
        ]
        if not levels:
            rates = [(c.rate(c.bits_uniform, m), c.rate(c.bits_empirical, m)) for c, m in cells]
            points = [_point(spec.id, rates, [c.fidelity for c, _ in cells], measures)]
        curves.append(Curve(spec.id, spec.title, "levels" if levels else "tokenizer", tuple(points)))
    for codec, title in comparison.kind.codecs.items():
        found = reference_points(comparison, codec, "payload").values()
        points = {
            (point.rate, point.rate_other): replace(point, name=codec_words(title, point, comparison.kind.rate_unit))
            for point in found
            if point.media == len(shared)
        }
        if points:
            curves.append(Curve(codec, title, "codec", tuple(points[key] for key in sorted(points))))
    return tuple(curves)


def bits_of(medium: MediumFigures, codec: str, name: str, counted: str) -> Reference | None:
    """What stands for the bits of `name` (a tokenizer, or its levels) on one medium."""
    return next(
        (one for one in medium.references if (one.codec, one.counted) == (codec, counted) and name in one.names), None
    )


def reference_points(comparison: Comparison, codec: str, counted: str) -> dict[str, Point]:
    """Name of a tokenizer or level -> the codec at its bits, mean over the shared media that have it."""
    found: dict[str, Point] = {}
    shared = comparison.shared
    names = [name for name, _ in wanted_bits(shared[0])] if shared else []
    for name in names:
        ones = [(one, medium) for medium in shared if (one := bits_of(medium, codec, name, counted))]
        if ones:
            rates = [(one.payload_bits / medium.extent, one.file_bits / medium.extent) for one, medium in ones]
            point = _point(name, rates, [one.fidelity for one, _ in ones], tuple(comparison.kind.measures))
            wanted = float(np.mean([one.wanted_bits / medium.extent for one, medium in ones]))
            found[name] = replace(point, wanted=wanted, unreached=sum(not one.reached for one, _ in ones))
    return found


def codec_words(title: str, point: Point, unit: str) -> str:
    """ "WebP at the bits of fsq (0.156 bits/pixel)", and what was reached where that is more than a tenth away."""
    words = f"{title} at the bits of {point.name} ({point.wanted:.3f} {unit})"
    if not point.unreached:
        return words
    some = "" if point.unreached == point.media else f" on {point.unreached:,} of {point.media:,}"
    return f"{words}, not reached{some}: its nearest is {point.rate:.3f}"


def point_words(kind: Kind, measure: str, point: Point) -> str:
    """ "fsq: 0.156 bits/pixel, PSNR 23.48 dB": a mark of the curves."""
    return f"{point.name}: {point.rate:.3f} {kind.rate_unit}, {value_words(kind, measure, point)}"


def value_words(kind: Kind, measure: str, point: Point) -> str:
    """A figure of a point: "PSNR 24.11 dB", and what its mean leaves out."""
    title, _, unit = kind.measures[measure].partition(", ")
    value = point.values[measure]
    if value is None or not math.isfinite(value):
        return f"{title} {decibels(value)}" if unit else f"{title} not measured"
    left = point.left_out.get(measure, 0)
    out = f", mean of {point.media - left:,} of {kind.some(point.media)}: {left:,} not finite" if left else ""
    return f"{title} {value:.4g}{f' {unit}' if unit else ''}{out}"


def _point(
    name: str,
    rates: Sequence[tuple[float, float]],
    fidelities: Sequence[Fidelity | SoundQuality],
    measures: Sequence[str],
) -> Point:
    rate, other = (float(mean) for mean in np.mean(rates, axis=0))
    figures = {key: [getattr(one, key) for one in fidelities] for key in measures}
    values = {key: _mean(ones) for key, ones in figures.items()}
    left_out = {
        key: sum(one is not None and not math.isfinite(one) for one in ones)
        for key, ones in figures.items()
        if values[key] is not None and math.isfinite(values[key])
    }
    return Point(name, rate, other, values, len(fidelities), {key: count for key, count in left_out.items() if count})


def _mean(values: Sequence[float | None]) -> float | None:
    """Of the finite ones; infinite if all are so alike, None if one could not be measured on some medium."""
    if any(value is None for value in values):
        return None
    found = spread(values)
    return None if found is None else found.mean
