"""Colours that a file states by numbers (ITU-T H.273, PNG's gAMA and cHRM) -> sRGB, as Chromium shows them.

Letters of the shapes: H and W pixels, C channels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]  # what is stored, 0..1 -> light, 1 being white
Chromaticities = tuple[float, ...]  # x, y of white, red, green and blue

_D65, _C, _EQUAL, _THEATRE = (0.3127, 0.3290), (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
SRGB: Chromaticities = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# H.273, table 2.
PRIMARIES: Mapping[int, tuple[str, Chromaticities]] = MappingProxyType(
    {
        1: ("BT.709", SRGB),
        4: ("BT.470 M", (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08)),
        5: ("BT.601, 625 lines", (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06)),
        6: ("BT.601, 525 lines", (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
        7: ("SMPTE 240", (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
        8: ("film", (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049)),
        9: ("BT.2020", (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
        10: ("XYZ", (*_EQUAL, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0)),
        11: ("DCI-P3", (*_THEATRE, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
        12: ("Display P3", (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
        22: ("EBU 3213", (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077)),
    }
)
# Bradford's cone responses (ICC.1:2022, annex E).
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
PQ, HLG, SRGB_CURVE = 16, 18, 13
_HDR = {PQ: "PQ", HLG: "HLG"}
_CAMERAS = (1, 6, 14, 15)  # BT.709, BT.601 and BT.2020
WHITE_NITS, PEAK_NITS = 203.0, 1000.0  # of SDR white (ITU-R BT.2408), and of the brightest that is told apart


@dataclass(frozen=True)
class StatedColour:
    """name: in words. curve: to light. chromaticities: of that light. hdr: PQ or HLG, which is over 203 cd/m2; or 0."""

    name: str
    curve: Curve
    chromaticities: Chromaticities
    hdr: int = 0


def light_of_numbers(primaries: int, transfer: int, filmed: bool = False) -> StatedColour | None:
    """What two numbers of H.273 mean; None for numbers that mean nothing here, or that nothing is stated (2).

    filmed: of a picture that is coded as a frame of video (AVIF, HEIC), in which Chromium takes the curve of a camera
    for that of sRGB. In a PNG it takes the same number for the curve of a screen (BT.1886).
    """
    if filmed and transfer in _CAMERAS:
        transfer = SRGB_CURVE
    if primaries not in PRIMARIES or transfer not in CURVES:
        return None
    (gamut, chromaticities), (name, curve) = PRIMARIES[primaries], CURVES[transfer]
    if (chromaticities, transfer) == (SRGB, SRGB_CURVE):
        return PLAIN
    return StatedColour(f"{gamut}, {name}", curve, chromaticities, transfer if transfer in _HDR else 0)


def hdr_words(transfer: int) -> str:
    """The note of a conversion from that HDR curve."""
    return (
        f"HDR ({_HDR[transfer]}) tone-mapped to SDR about as browsers do: its white of {WHITE_NITS:g} cd/m2 becomes "
        f"188 of 255, {PEAK_NITS:,g} cd/m2 and more become 255."
    )


def to_srgb(rgb: np.ndarray, colour: StatedColour) -> np.ndarray:
    """(H, W, 3) float32 in 0..1 as stored -> sRGB, clipped to 0..1; HDR tone-mapped."""
    light = colour.curve(rgb).astype(np.float32, copy=False)
    if colour.hdr:
        light = tone_mapped(light)
    if colour.chromaticities != SRGB:
        light = light @ matrix_to_srgb(colour.chromaticities).astype(np.float32).T
    return srgb_from_light(light)


def matrix_to_srgb(chromaticities: Chromaticities) -> np.ndarray:
    """(3, 3) from linear RGB of these primaries and white to linear sRGB, adapted from white to white (Bradford)."""
    theirs, ours = _to_d65(chromaticities), _to_d65(SRGB)
    return np.linalg.solve(ours, theirs)


def usable(chromaticities: Chromaticities) -> bool:
    """Whether they span colours at all: damaged files state anything."""
    values = np.array(chromaticities, float)
    if len(values) != 8 or not np.isfinite(values).all() or (values[1::2] <= 0).all() or values[1] <= 0:
        return False
    if (np.abs(values) > 2).any():
        return False
    return abs(np.linalg.det(_columns(chromaticities))) > 1e-4


def tone_mapped(light: np.ndarray) -> np.ndarray:
    """Linear RGB, 1 being SDR white -> 0..1: halved up to 1, above it along a quadratic Bezier curve to 1 at the peak.

    Scaled by the largest of the three, so that hues stay. The curve is the one by which Chromium shows HDR on SDR
    screens (reference white tone mapping of SMPTE ST 2094-50): from (1, 0.5) by (1.65, 0.825) to (peak, 1).
    """
    largest = light.max(axis=-1, keepdims=True)
    peak = np.float32(PEAK_NITS / WHITE_NITS)
    bent = np.clip(largest, 1, peak)
    a, b = peak - np.float32(2.3), np.float32(1.3)  # of x(t) = 1 + b t + a t^2
    t = (-b + np.sqrt(b * b + 4 * a * (bent - 1))) / (2 * a)
    above = np.float32(0.5) * (1 - t) ** 2 + np.float32(1.65) * t * (1 - t) + t**2
    return light * np.where(largest <= 1, np.float32(0.5), above / np.maximum(largest, 1))


def srgb_from_light(light: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: linear RGB -> sRGB, clipped to 0..1, float32."""
    light = np.clip(light, 0, 1)
    curved = np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, np.float32(12.92) * light, curved).astype(np.float32, copy=False)


def light_from_srgb(stored: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: sRGB -> linear RGB."""
    curved = ((stored + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(stored <= 0.04045, stored / np.float32(12.92), curved)


def power_curve(exponent: float) -> Curve:
    """light = stored ** exponent."""
    return lambda stored: stored ** np.float32(exponent)


def _light_from_240(stored: np.ndarray) -> np.ndarray:
    """SMPTE 240, turned round."""
    curved = ((stored + np.float32(0.1115)) / np.float32(1.1115)) ** np.float32(1 / 0.45)
    return np.where(stored < 4 * 0.0228, stored / np.float32(4), curved)


def _light_from_pq(stored: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, equation 4.1, over WHITE_NITS."""
    power = stored ** np.float32(32 / 2523)
    light = (np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)) ** np.float32(16384 / 2610)
    return light * np.float32(10_000 / WHITE_NITS)


def _light_from_hlg(stored: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100, table 5, over WHITE_NITS: the OETF turned round, then a display of 1,000 cd/m2, its gamma 1.2."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(stored <= 0.5, stored**2 / 3, (np.exp((stored - c) / a) + b) / 12)
    luminance = scene @ np.array([0.2627, 0.6780, 0.0593], np.float32)
    return np.float32(PEAK_NITS / WHITE_NITS) * scene * np.maximum(luminance, 1e-9)[..., None] ** np.float32(0.2)


# H.273, table 3; curves of film scanners (logarithms) and of cinema are left out.
CURVES: Mapping[int, tuple[str, Curve]] = MappingProxyType(
    {
        **dict.fromkeys(_CAMERAS, ("gamma 2.4", power_curve(2.4))),
        4: ("gamma 2.2", power_curve(2.2)),
        5: ("gamma 2.8", power_curve(2.8)),
        7: ("the curve of SMPTE 240", _light_from_240),
        8: ("linear light", power_curve(1.0)),
        SRGB_CURVE: ("the curve of sRGB", light_from_srgb),
        PQ: ("HDR (PQ)", _light_from_pq),
        HLG: ("HDR (HLG)", _light_from_hlg),
    }
)


PLAIN = StatedColour("sRGB", light_from_srgb, SRGB)  # stated, and nothing to do


def _columns(chromaticities: Chromaticities) -> np.ndarray:
    """(3, 3): x, y, z of red, green and blue, one a column."""
    x, y = np.array(chromaticities[2::2], float), np.array(chromaticities[3::2], float)
    return np.stack([x, y, 1 - x - y])


def _to_d65(chromaticities: Chromaticities) -> np.ndarray:
    """(3, 3) from linear RGB to XYZ, its white adapted to D65 (SMPTE RP 177, then Bradford)."""
    columns, white = _columns(chromaticities), _white(chromaticities[:2])
    cones, wanted = _BRADFORD @ white, _BRADFORD @ _white(_D65)
    adapted = np.linalg.solve(_BRADFORD, np.diag(wanted / cones) @ _BRADFORD)
    return adapted @ columns @ np.diag(np.linalg.solve(columns, white))


def _white(xy: tuple[float, ...]) -> np.ndarray:
    """(3,) XYZ of brightness 1."""
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])
