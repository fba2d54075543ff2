"""Animated pictures (GIF, WebP, PNG): their frames one by one, laid on white, each with how long it is shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from explorer.config import Limits
from explorer.errors import MediaError
from explorer.media.colour import pixels_of_image
from explorer.media.opening import OTHER, check_pixels, frame_count, in_words, open_picture
from explorer.media.sniffing import Kind

Frames = Iterator[tuple[float, np.ndarray]]  # (frames a second while this one is shown, (H, W, 3) uint8)


def animation_frames(data: bytes, kind: Kind, limits: Limits, readable: str) -> tuple[int, Frames]:
    """How many frames an animated picture has, and an iterator over them.

    readable: what is a clip, for the message. Raises MediaError for a picture that stands still, and for damage.
    """
    image = open_picture(data, limits)
    count = frame_count(image)
    if count < 2 or kind.name == "TIFF":
        raise MediaError(f"This file is a picture ({kind.name}) that does not move. Give {readable}.")

    def frames() -> Frames:
        for number in range(count):
            with in_words(
                f"This {kind.name} file is damaged or cut short: frame {number + 1:,} of {count:,} cannot be decoded. "
                f"{OTHER}"
            ):
                image.seek(number)
                check_pixels(*image.size, limits)  # frames of a GIF may reach beyond its first one
                image.load()
                milliseconds = float(image.info.get("duration") or 0)
                pixels = _on_white(image.convert("RGBA"))
            yield 1000 / milliseconds if milliseconds > 0 else 0.0, pixels

    return count, frames()


def _on_white(frame: Image.Image) -> np.ndarray:
    """An RGBA frame -> (H, W, 3) uint8; an opaque one, as most are, is never held as floats."""
    if frame.getchannel("A").getextrema() == (255, 255):
        return np.asarray(frame.convert("RGB"))
    pixels, _ = pixels_of_image(frame)
    return np.round(pixels * 255).astype(np.uint8)
