"""Animated pictures (GIF, WebP, PNG, AVIF): their frames one by one, laid on white, each with how long it is shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.caps import check_pixels
from explorer.media.clips.films import Film, FilmFrame
from explorer.media.clips.scaling import small
from explorer.media.pictures.colour import FILMED, rgb_of_upright
from explorer.media.pictures.gif_cover import Cover
from explorer.media.pictures.opening import OTHER, frame_count, in_words, open_picture
from explorer.media.pictures.to_srgb import states_colours
from explorer.media.sniffing import Kind

HASTY_MS, UNHURRIED_MS = 10, 100  # browsers slow down animations that ask for no time at all


def animation_frames(data: bytes, kind: Kind, limits: Limits, film: Film, readable: str) -> Iterator[FilmFrame]:
    """Yields the frames of an animated picture as they are seen, and tells `film` what there is to say.

    readable: what is a clip, for the message. Raises MediaError for a picture that stands still, and for damage.
    """
    image = open_picture(data, limits)
    filmed = image.format in FILMED
    count = frame_count(image)
    if count < 2 or kind.name == "TIFF":
        raise MediaError(f"This file is a picture ({kind.name}) that does not move. Give {readable}.")
    first = int(bool(getattr(image, "default_image", False)))  # of an APNG: for those who cannot play it
    film.count, at, cover = count - first, 0.0, Cover()
    for words in image.info.get("said", ()):
        film.say(words)
    for number in range(first, count):
        with in_words(
            f"This {kind.name} file is damaged or cut short: frame {number + 1:,} of {count:,} cannot be decoded. "
            f"{OTHER}"
        ):
            image.seek(number)
            check_pixels(*image.size, limits)  # frames of a GIF may reach beyond its first one
            cover.add(image)
            image.load()
            milliseconds = float(image.info.get("duration") or 0)
            pixels = _on_white(cover.laid(image).convert("RGBA"), filmed, film)
        if milliseconds <= HASTY_MS:
            milliseconds = UNHURRIED_MS
            film.say(f"Frames of {HASTY_MS} ms or less are shown for {UNHURRIED_MS} ms, as browsers do.")
        yield FilmFrame(small(pixels, limits.video_side_px), at, milliseconds / 1000, pixels.shape[:2])
        at += milliseconds / 1000


def _on_white(frame: Image.Image, filmed: bool, film: Film) -> np.ndarray:
    """An RGBA frame -> (H, W, 3) uint8 in sRGB; a plain opaque one, as most are, is never held as floats."""
    if frame.getchannel("A").getextrema() == (255, 255) and not states_colours(frame):
        return np.asarray(frame.convert("RGB"))
    pixels, said = rgb_of_upright(frame, filmed)
    for words in said:
        film.say(words)
    return np.round(pixels * 255).astype(np.uint8)
