"""Pictures of more pixels than are kept: photos of phones are read at half or a quarter of it, others refused.

A JPEG is decoded at that scale straight away. An AVIF or HEIC is decoded whole, as bytes, and then averaged; so it may
be larger than the cap only as far as its bytes take no more memory than the floats of a picture at the cap do.
"""

from __future__ import annotations

from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.caps import check_pixels, more

SCALES = (2, 4)  # of those of libjpeg
JPEG_TIMES = 16  # beyond, it takes longer than anybody waits
PROGRESSIVE_TIMES = 3  # it is held whole, in 16 bits, before any of it is drawn
WHOLE_TIMES = 2
_PARTS = {2: "half", 4: "a quarter"}
_TIMES = {"AVIF": WHOLE_TIMES, "HEIF": WHOLE_TIMES}


def scaled_to_cap(image: Image.Image, limits: Limits) -> tuple[int, str]:
    """By how much an opened picture is to be averaged once it is decoded (1: not at all), and what to say of its scale.

    A JPEG is set to be decoded at a smaller size, and needs no averaging. Raises MediaError for what is too large.
    """
    width, height = image.size
    most, pixels = limits.image_pixels, width * height
    if pixels <= most or not _may_be_larger(image, most):
        check_pixels(width, height, limits)
        return 1, ""
    scale = next((one for one in SCALES if -(-width // one) * -(-height // one) <= most), 0)
    if not scale:
        check_pixels(width, height, limits)
    small = (-(-width // scale), -(-height // scale))
    words = (
        f"It has {pixels:,} pixels, over the cap of {most:,}: read at {_PARTS[scale]} of its size, {small[0]:,} x "
        f"{small[1]:,} pixels. {more('pixels', pixels)}"
    )
    if image.format not in ("JPEG", "MPO"):
        return scale, words
    image.draft(None, (width // scale, height // scale))
    if image.width * image.height > most:  # a kind of JPEG that cannot be scaled
        raise MediaError(
            f"The picture has {pixels:,} pixels, over the cap of {most:,}, and is of a kind that cannot be read at a "
            f"smaller scale. Make it smaller and try again. {more('pixels', pixels)}"
        )
    return 1, words


def _may_be_larger(image: Image.Image, most: int) -> bool:
    if image.format in ("JPEG", "MPO"):
        times = PROGRESSIVE_TIMES if image.info.get("progressive") else JPEG_TIMES
    else:
        times = _TIMES.get(image.format or "", 1)
    return image.width * image.height <= times * most
