"""TIFFs of kinds that Pillow cannot open, or opens wrongly without a word: read with tifffile instead.

Pillow 12 does not invert 16 bits that count from white, takes planes of 16 bits for planes of 8, signed bytes for
unsigned ones and unsigned 32 bits for signed ones, and opens no floats in colour and no CIELAB but that of 8 bits. Its
words for YCbCr that is not compressed are those for a cut file.
"""

from __future__ import annotations

import io
import logging
import zlib
from typing import Any

import numpy as np
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.caps import check_pixels, more

_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANES, _FORMAT, _SUBFILE = 258, 259, 262, 277, 284, 339, 254
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _YCBCR, _CIELAB, _ICCLAB = 0, 1, 2, 6, 8, 9
_KINDS = {
    0: "grey",
    1: "grey",
    2: "RGB",
    5: "CMYK",
    6: "YCbCr",
    10: "ITU Lab",
    32803: "a camera's sensor",
    34892: "raw",
}
_SIGNED = 2
_DEFLATE = (8, 32946)
_BYTES_A_PIXEL = 12  # three floats, as pictures are kept
_ROOM = 2**20  # tiles reach beyond the edges
ADVICE = "Save it as PNG or JPEG and try again."
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def misread(image: Image.Image) -> bool:
    """Whether Pillow would give other values than the file holds, by its tags."""
    tags: Any = getattr(image, "tag_v2", {})
    bits, kind = max(_all(tags.get(_BITS, 1))), max(_all(tags.get(_FORMAT, 1)))
    if tags.get(_PLANES, 1) == 2 and bits > 8:
        return True
    if kind == _SIGNED and bits == 8:
        return True
    if image.mode == "I" and bits == 32 and kind == 1:
        return True
    if tags.get(_PHOTOMETRIC) == _YCBCR and tags.get(_COMPRESSION, 1) == 1:
        return True
    return tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and bits > 8


def notes_of_tiff(image: Image.Image) -> list[str]:
    """What there is to say of a TIFF that Pillow reads; 12 bits get the white that they have in `info["white"]`."""
    tags: Any = getattr(image, "tag_v2", {})
    said, samples = [], tags.get(_SAMPLES, 1)
    bits = max(_all(tags.get(_BITS, 1)))
    if image.mode.startswith("I;16") and bits < 16:
        image.info["white"] = 2**bits - 1
    if samples > len(image.getbands()):
        said.append(_left_out(samples, samples - len(image.getbands())))
    if tags.get(_SUBFILE, 0) & 1:
        said.append("Only a preview: the file says that it holds a larger version, which is not read here.")
    return said


def open_tiff(data: bytes, limits: Limits) -> Image.Image:
    """The first page as a Pillow picture. Raises MediaError over the caps, and whatever tifffile raises for others."""
    try:
        from tifffile import TiffFile  # lazy: most TIFFs do without it
    except ImportError as error:
        raise MediaError(
            "TIFF files of this kind need the package tifffile. Install it (pip install tifffile), or save as PNG."
        ) from error

    with TiffFile(io.BytesIO(data)) as file:
        page, pages = file.pages[0], len(file.pages)
        height, width = page.imagelength, page.imagewidth
        check_pixels(width, height, limits)
        if page.imagedepth > 1 or page.samplesperpixel > 5:
            raise MediaError(
                f"This TIFF file has {page.samplesperpixel} channels and a depth of {page.imagedepth}: it is no "
                f"picture of 1, 3 or 4 channels. {ADVICE}"
            )
        _check_unpacked(page, data, limits)
        values = page.asarray()
        if page.planarconfig == 2 and values.ndim == 3:
            values = np.moveaxis(values, 0, 2)
        photometric = int(page.photometric)
        made, said = _picture(values.reshape(height, width, -1), photometric)
        profile, turned = page.tags.get(34675), page.tags.get(274)
    made.format = "TIFF"
    if profile is not None:
        made.info["icc_profile"] = bytes(profile.value)
    if turned is not None:
        made.getexif()[274] = int(turned.value)
    made.info["said"] = (*said, *([f"First page of {pages:,}."] if pages > 1 else []))
    return made


def _check_unpacked(page: Any, data: bytes, limits: Limits) -> None:
    """Raise MediaError for what would unpack to more than its header says, or than a picture at the cap takes."""
    most = limits.image_pixels * _BYTES_A_PIXEL
    if page.nbytes > most:
        raise MediaError(
            f"This TIFF file unpacks to {page.nbytes / 2**20:,.0f} MiB, over the {most / 2**20:,.0f} MiB of a picture "
            f"at the cap. Make it smaller and try again. {more('pixels', page.nbytes / _BYTES_A_PIXEL)}"
        )
    packed = int(page.compression)
    if packed == 1:
        return
    if packed not in _DEFLATE:
        raise MediaError(f"This TIFF file is packed in a way (number {packed}) that is not read here. {ADVICE}")
    left = page.nbytes + _ROOM
    for start, length in zip(page.dataoffsets, page.databytecounts, strict=True):
        unpacked = zlib.decompressobj().decompress(data[start : start + length], left)
        left -= len(unpacked)
        if left <= 0:
            raise MediaError(f"This TIFF file unpacks to more than its header says: it is damaged. {ADVICE}")


def _picture(values: np.ndarray, photometric: int) -> tuple[Image.Image, list[str]]:
    """(H, W, C) of any type -> a picture of a mode that keeps most of it, and what to say."""
    channels, kind = values.shape[2], values.dtype
    if photometric in (_CIELAB, _ICCLAB) and channels >= 3:
        return _lab(values[:, :, :3], photometric)
    if photometric == _RGB and channels >= 3:
        said = [] if kind == np.uint8 else [_read_at_8(kind)]
        return _colour(values[:, :, :3]), [*said, *([_left_out(channels, channels - 3)] if channels > 3 else [])]
    if channels != 1 or photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        name = _KINDS.get(photometric, f"kind {photometric}")
        raise MediaError(
            f"This TIFF file has {channels} channels of {kind} (colours of {name}), which are not read here. {ADVICE}"
        )
    grey = values[:, :, 0]
    if photometric == _WHITE_IS_ZERO:
        grey = _inverted(grey)
    if kind == np.uint8:
        return Image.fromarray(grey), []
    if kind == np.uint16:
        return Image.fromarray(grey.astype("<u2")), []
    return Image.fromarray(grey.astype(np.float32)), []  # stretched, and said, like other deep greys


def _inverted(grey: np.ndarray) -> np.ndarray:
    if np.issubdtype(grey.dtype, np.unsignedinteger):
        return np.iinfo(grey.dtype).max - grey
    return -grey.astype(np.float64)


def _colour(values: np.ndarray) -> Image.Image:
    """(H, W, 3) -> RGB of 8 bits, rounded. Raises MediaError for floats that are not in 0..1."""
    if np.issubdtype(values.dtype, np.floating):
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
            raise MediaError(
                f"The colours of this TIFF file are {values.dtype} from {np.nanmin(values):.3g} to "
                f"{np.nanmax(values):.3g}; floats in 0..1 can be read. Scale them and try again."
            )
        share = values.astype(np.float64)
    else:
        low, high = np.iinfo(values.dtype).min, np.iinfo(values.dtype).max
        share = (values.astype(np.float64) - low) / (high - low)
    return Image.fromarray(np.round(share * 255).astype(np.uint8))


def _lab(values: np.ndarray, photometric: int) -> tuple[Image.Image, list[str]]:
    """L*, a*, b* of 8 or 16 bits -> 8 bits. a* and b* are signed in CIELAB and shifted by half in ICCLAB (TIFF 6.0)."""
    kind, half = values.dtype, 2 ** (8 * values.dtype.itemsize - 1)
    whole = values.astype(np.uint16 if kind.itemsize == 2 else np.uint8).astype(np.int64)  # bits as they are
    if photometric == _CIELAB:
        whole[:, :, 1:] = (whole[:, :, 1:] + half) % (2 * half)
    if kind.itemsize == 2:
        whole = np.concatenate([whole[:, :, :1] / 257, whole[:, :, 1:] / 256], axis=2)
    shown = np.clip(np.round(whole), 0, 255).astype(np.uint8)
    bands = [Image.fromarray(np.ascontiguousarray(shown[:, :, band])) for band in range(3)]
    return Image.merge("LAB", bands), ([_read_at_8(kind)] if kind.itemsize == 2 else [])


def _left_out(channels: int, others: int) -> str:
    which = "one is left out: it is no colour" if others == 1 else f"{others} are left out: they are no colours"
    return f"Of its {channels} channels {which}."


def _read_at_8(kind: np.dtype) -> str:
    return f"Colour of {kind} read at 8 bits a channel."


def _all(value: object) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (int(value),)  # type: ignore[call-overload]
