"""How much of a damaged picture can be decoded, for the words that refuse it."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from explorer.media.pictures.boxes import missing_bytes


def what_decodes(data: bytes, formats: tuple[str, ...]) -> str:
    """A clause such as "119 of its 256 rows can be decoded", or how many of its bytes are there; "" if nobody knows.

    formats: what Pillow may take it for. Never raises.
    """
    try:
        return _rows(data, formats) or _promised(data)
    except Exception:  # of a damaged file anything may fail, and then less is said
        return ""


def _rows(data: bytes, formats: tuple[str, ...]) -> str:
    """Decoded over black and over white: rows that come out alike were in the file."""
    found = [_over(data, formats, fill) for fill in (0, 255)]
    if found[0] is None or found[1] is None or found[0].shape != found[1].shape:
        return ""
    height = len(found[0])
    whole = int((found[0] == found[1]).reshape(height, -1).all(axis=1).sum())
    return f"{whole:,} of its {height:,} rows can be decoded" if 0 < whole < height else ""


def _over(data: bytes, formats: tuple[str, ...], fill: int) -> np.ndarray | None:
    """The pixels that a decoder leaves when it gives up, on a ground of that value; None where it is not to be had."""
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except Exception:
        return None
    bands = len(image.getbands())
    # The decoder writes into what is there already; Pillow has no public way to look at it after it failed.
    image._im = Image.core.fill(image.mode, image.size, fill if bands == 1 else (fill,) * bands)
    try:
        image.load()
    except Exception:
        return None if image._im is None else np.array(Image.Image()._new(image._im))
    return np.array(image)


def _promised(data: bytes) -> str:
    """Of kinds that say how long they are."""
    have, promised = len(data), 0
    if data[:4] == b"RIFF" and len(data) >= 8:
        promised = struct.unpack_from("<I", data, 4)[0] + 8
    elif data[4:8] == b"ftyp":
        promised = have + missing_bytes(data)
    elif data[:4] in (b"II*\0", b"MM\0*") and len(data) >= 8:
        directory = struct.unpack_from("<I" if data[:1] == b"I" else ">I", data, 4)[0]
        if directory + 2 > have:
            return f"its directory should be at byte {directory:,}, and there are {have:,}"
    return f"{have:,} of the {promised:,} bytes that it promises are there" if promised > have else ""
