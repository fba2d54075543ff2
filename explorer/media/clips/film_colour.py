"""A decoded frame of any pixel format -> RGB as a browser shows it: matrix, range, depth, wide gamut, HDR and alpha.

FFmpeg scales and brings all planes to one size; the colours are computed here, since its converter leaves primaries
and brightness curves as they are. Code points of matrix, curve and primaries: ITU-T H.273, tables 2 to 4.
Letters of the shapes: H and W pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from explorer.media.pictures import light

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Matrix -> the shares of red and blue in luma. 9 and 10 are of BT.2020.
_SHARES = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_SHARES |= {9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
_RGB, _YCGCO, _UNSAID, _CONSTANT_LUMINANCE, _BT709, _BT601 = 0, 8, 2, 10, 1, 6
# Primaries that are converted, and those that are not.
_GAMUTS = {9: "BT.2020", 12: "Display P3"}
_UNCONVERTED = {11: "DCI-P3", 10: "XYZ"}
_CURVES = {8: "linear light", 9: "a logarithm", 10: "a logarithm", 17: "SMPTE 428 (cinema)"}
HD_ROWS = 720  # clips that name no matrix: BT.709 from so many rows on, as browsers take them
_JPEG_RANGE = 2


def rgb_of(frame: VideoFrame, width: int, height: int, notes: list[str]) -> np.ndarray:
    """The frame at that size as (H, W, 3) float32 in 0..1. What was done to its colours is added to `notes`, once."""
    parts = frame.format.components
    alpha = any(part.is_alpha for part in parts) or frame.format.has_palette
    bits = max(part.bits for part in parts)
    if frame.format.is_rgb or frame.format.has_palette or frame.format.is_bayer or len(parts) < 3:
        values = _stored(frame, width, height, alpha, bits)
        rgb, opaque = values[:, :, :3], values[:, :, 3:]
    else:
        values = _planes(frame, width, height, alpha)
        rgb, opaque = _from_yuv(values, frame, bits, notes), values[:, :, 3:] / 65535
    rgb = _as_srgb(np.clip(rgb, 0, 1), frame.color_trc, frame.color_primaries, notes)
    return _on_white(rgb, opaque, notes) if alpha else rgb


def _stored(frame: VideoFrame, width: int, height: int, alpha: bool, bits: int) -> np.ndarray:
    """A frame that is stored as RGB or as grey, in floats of 0..1: (H, W, 3 or 4). FFmpeg scales such less exactly."""
    if bits <= 8:
        picture = Image.fromarray(frame.reformat(format="rgba" if alpha else "rgb24", threads=1).to_ndarray())
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        return np.asarray(picture).astype(np.float32) / np.float32(255)
    array = frame.reformat(format="gbrap16le" if alpha else "gbrp16le", threads=1).to_ndarray()  # (H, W, 3 or 4)
    if array.shape[:2] == (height, width):
        return array.astype(np.float32) / np.float32(65535)
    planes = [Image.fromarray(array[:, :, c].astype(np.float32) / np.float32(65535)) for c in range(array.shape[2])]
    scaled = [np.asarray(plane.resize((width, height), Image.Resampling.LANCZOS)) for plane in planes]
    return np.clip(np.stack(scaled, axis=2), 0, 1)


def _planes(frame: VideoFrame, width: int, height: int, alpha: bool) -> np.ndarray:
    """Y', Cb, Cr (and alpha) of 16 bits, all of that size: (H, W, 3 or 4) float32."""
    from av.video.reformatter import Interpolation

    flags = Interpolation.LANCZOS if (width, height) != (frame.width, frame.height) else Interpolation.BICUBIC
    flags |= Interpolation.ACCURATE_RND
    layout = "yuva444p16le" if alpha else "yuv444p16le"
    scaled = frame.reformat(width, height, layout, interpolation=flags, threads=1)
    return scaled.to_ndarray().astype(np.float32)


def _from_yuv(values: np.ndarray, frame: VideoFrame, bits: int, notes: list[str]) -> np.ndarray:
    """Y'CbCr of 16 bits, of which the upper `bits` are the source's -> R'G'B'. H.273, equations 30 to 43."""
    full = frame.color_range == _JPEG_RANGE or frame.format.name.startswith("yuvj")
    one = 2.0 ** (16 - bits)  # a step of the source
    top = (2**bits - 1) * one
    eighth = 2.0**8  # steps of 8 bits, in which the limits of the range are given
    luma = values[:, :, 0] / top if full else (values[:, :, 0] - 16 * eighth) / (219 * eighth)
    chroma = (values[:, :, 1:3] - 128 * eighth) / (top if full else 224 * eighth)
    matrix = _matrix(frame, notes)
    blue, red = chroma[:, :, 0], chroma[:, :, 1]
    if matrix == _YCGCO:
        return np.stack([luma - blue + red, luma + blue, luma - blue - red], axis=2)
    if matrix == _RGB:
        return np.stack([values[:, :, 2], values[:, :, 0], values[:, :, 1]], axis=2) / top
    share_red, share_blue = _SHARES[matrix]
    r = luma + 2 * (1 - share_red) * red
    b = luma + 2 * (1 - share_blue) * blue
    return np.stack([r, (luma - share_red * r - share_blue * b) / (1 - share_red - share_blue), b], axis=2)


def _matrix(frame: VideoFrame, notes: list[str]) -> int:
    said = frame.colorspace
    if said in _SHARES or said in (_YCGCO, _RGB):
        if said == _CONSTANT_LUMINANCE:
            _add(notes, "BT.2020 of constant luminance read as the usual kind: saturated colours are near, not exact.")
        return said
    if frame.height < HD_ROWS or frame.format.name.startswith("yuvj"):
        if said != _UNSAID:
            _add(notes, f"Its colour matrix (number {said} of ITU-T H.273) is not known here: BT.601 is taken.")
        return _BT601
    _add(notes, f"It does not say its colour matrix: BT.709 is taken, as for {HD_ROWS} rows or more.")
    return _BT709


def _as_srgb(rgb: np.ndarray, curve: int, primaries: int, notes: list[str]) -> np.ndarray:
    """R'G'B' of any curve and primaries -> sRGB. SDR curves are all taken for that of sRGB, as browsers do."""
    if curve in (light.PQ, light.HLG):
        hdr = light.light_of_numbers(primaries if primaries in _GAMUTS else 9, curve)
        assert hdr is not None  # all four pairs are known
        _add(notes, light.hdr_words(curve))
        return light.to_srgb(rgb, hdr)
    if curve in _CURVES:
        _add(notes, f"Its brightness is stored as {_CURVES[curve]} and shown unconverted: tones are not right.")
    if primaries in _UNCONVERTED:
        _add(notes, f"Its colours are of {_UNCONVERTED[primaries]} and shown unconverted: they are near, not exact.")
    wide = light.light_of_numbers(primaries, light.SRGB_CURVE) if primaries in _GAMUTS else None
    if wide is None:
        return rgb
    _add(notes, f"Colours of {_GAMUTS[primaries]} converted to sRGB; what lies outside is clipped.")
    return light.to_srgb(rgb, wide)


def _on_white(rgb: np.ndarray, alpha: np.ndarray, notes: list[str]) -> np.ndarray:
    if alpha.min() < 1:
        _add(notes, "Transparent parts laid on white.")
    return rgb * alpha + (1 - alpha)


def _add(notes: list[str], words: str) -> None:
    if words not in notes:
        notes.append(words)
