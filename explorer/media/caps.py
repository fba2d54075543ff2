"""The caps of a medium, and the words for what is over one: how large it is, how large it may be, and the way out."""

from __future__ import annotations

import math

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError

_MILLION = 10**6


def more(name: str, needed: float) -> str:
    """How whoever starts the app, or a command, raises the cap of that name so far."""
    value = f"{math.ceil(needed / _MILLION)}M" if needed > _MILLION else f"{math.ceil(needed)}"
    return f"Started with --limit {name}={value}, the app reads all of it."


def twice(name: str, most: float) -> str:
    """`more` where nobody has counted how much there is: what a cap of twice `most` does."""
    return more(name, 2 * most).replace("reads all of it", "reads twice as much")


def check_bytes(size: int, limits: Limits, noun: str = "picture") -> None:
    """Raise MediaError for an empty file, or one over `limits.upload_bytes`."""
    if size == 0:
        raise MediaError("The file is empty (0 bytes). Choose another file.")
    if size > limits.upload_bytes:
        raise MediaError(
            f"The file has {size / 2**20:,.1f} MiB, over the cap of {limits.upload_bytes / 2**20:,.1f} MiB. "
            f"Make it smaller and try again. {more('bytes', size)}"
        )


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raise MediaError for a picture without pixels, or with more than `limits.image_pixels`."""
    if width < 1 or height < 1:
        raise MediaError(f"The picture is {width} x {height} pixels: there is nothing in it.")
    if width * height > limits.image_pixels:
        raise MediaError(
            f"The picture has {width:,} x {height:,} = {width * height:,} pixels, over the cap of "
            f"{limits.image_pixels:,}. Make it smaller and try again. {more('pixels', width * height)}"
        )
