"""Rate against distortion: a point for each tokenizer, a curve over levels for residual ones, a line for each codec.

All are means over the media that went through every tokenizer; rates are averaged as the figures are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from explorer.analysis.fidelity import Fidelity
from explorer.analysis.sound_fidelity import SoundQuality
from explorer.compare.reference import Reference
from explorer.compare.result import Comparison, Medium
from explorer.compare.run import level_name, wanted_bits


@dataclass(frozen=True)
class Point:
    """rate: bits a pixel (of sounds kbit/s), of codecs without headers. rate_other: of tokenizers at the entropy of
    their own histogram, of codecs with headers. values: of each measure of the kind, None where it could not be had.
    media: mean over how many."""

    name: str
    rate: float
    rate_other: float
    values: dict[str, float | None]
    media: int


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
            (point.rate, point.rate_other): replace(point, name=f"{title} at the bits of {point.name}")
            for point in found
            if point.media == len(shared)
        }
        if points:
            curves.append(Curve(codec, title, "codec", tuple(points[key] for key in sorted(points))))
    return tuple(curves)


def matched(medium: Medium, codec: str, name: str, counted: str) -> Reference | None:
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
        ones = [(one, medium) for medium in shared if (one := matched(medium, codec, name, counted))]
        if ones:
            rates = [(one.payload_bits / medium.extent, one.file_bits / medium.extent) for one, medium in ones]
            found[name] = _point(name, rates, [one.fidelity for one, _ in ones], tuple(comparison.kind.measures))
    return found


def _point(
    name: str,
    rates: Sequence[tuple[float, float]],
    fidelities: Sequence[Fidelity | SoundQuality],
    measures: Sequence[str],
) -> Point:
    rate, other = (float(mean) for mean in np.mean(rates, axis=0))
    values = {key: _mean([getattr(one, key) for one in fidelities]) for key in measures}
    return Point(name, rate, other, values, len(fidelities))


def _mean(values: Sequence[float | None]) -> float | None:
    """Of the finite ones; inf if there are others only, None if one could not be measured on some medium."""
    if any(value is None for value in values):
        return None
    finite = [value for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else math.inf
