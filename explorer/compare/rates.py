"""Rate against distortion: a point for each tokenizer, a curve over levels for residual ones, a line for each codec.

All are means over the media that went through every tokenizer; bits a pixel are averaged as the figures are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from explorer.analysis.fidelity import Fidelity
from explorer.compare.reference import CODECS, Reference
from explorer.compare.result import Comparison, Medium
from explorer.compare.run import level_name, wanted_bits

MEASURES = {"psnr_db": "PSNR, dB", "ssim": "SSIM", "ms_ssim": "MS-SSIM", "gradient_error": "Gradient RMSE"}


@dataclass(frozen=True)
class Point:
    """bpp: bits a pixel, of codecs without headers. bpp_other: of tokenizers at the entropy of their own histogram, of
    codecs with headers. values: of each of MEASURES, None where it could not be measured. media: mean over how many."""

    name: str
    bpp: float
    bpp_other: float
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
    shared, curves = comparison.shared, []
    if not shared:
        return ()
    for spec in comparison.working:
        cells = [(medium.cell(spec.id), medium) for medium in shared]
        levels = min(len(cell.levels) for cell, _ in cells)
        points = [
            _point(
                level_name(spec.id, number + 1),
                [(c.levels[number].bits_uniform, c.levels[number].bits_empirical, m) for c, m in cells],
                [c.levels[number].fidelity for c, _ in cells],
            )
            for number in range(levels)
        ]
        if not levels:
            bits = [(c.bits_uniform, c.bits_empirical, m) for c, m in cells]
            points = [_point(spec.id, bits, [c.fidelity for c, _ in cells])]
        curves.append(Curve(spec.id, spec.title, "levels" if levels else "tokenizer", tuple(points)))
    for codec, title in CODECS.items():
        found = reference_points(comparison, codec, "payload").values()
        points = {
            (point.bpp, point.bpp_other): replace(point, name=f"{title} at the bits of {point.name}")
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
    names = [name for name, _ in wanted_bits(shared[0].cells)] if shared else []
    for name in names:
        ones = [(one, medium) for medium in shared if (one := matched(medium, codec, name, counted))]
        if ones:
            bits = [(one.payload_bits, one.file_bits, medium) for one, medium in ones]
            found[name] = _point(name, bits, [one.fidelity for one, _ in ones])
    return found


def _point(name: str, bits: Sequence[tuple[float, float, Medium]], fidelities: Sequence[Fidelity]) -> Point:
    bpp = float(np.mean([one / medium.pixels for one, _, medium in bits]))
    other = float(np.mean([two / medium.pixels for _, two, medium in bits]))
    values = {key: _mean([getattr(one, key) for one in fidelities]) for key in MEASURES}
    return Point(name, bpp, other, values, len(fidelities))


def _mean(values: Sequence[float | None]) -> float | None:
    """Of the finite ones; inf if there are others only, None if one could not be measured on some medium."""
    if any(value is None for value in values):
        return None
    finite = [value for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else math.inf
