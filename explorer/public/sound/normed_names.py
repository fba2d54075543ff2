"""Names of weight-normalized convolutions: torch has written them in two spellings. No torch."""

from __future__ import annotations

from explorer.public.header import Header
from explorer.public.transformers.folder import WEIGHT_NORM


def normed_name(key: str) -> str:
    """A key of weight normalization in its old, short spelling, which `layers.normed` has too."""
    for short, long in WEIGHT_NORM.items():
        if key.endswith(long):
            return key.removesuffix(long) + short
    return key


def normed_shape(header: Header, name: str) -> tuple[int, int, int] | None:
    """The shape of a normalized convolution's weight, in either spelling; None if there is none of three axes."""
    for ending in (".weight_v", WEIGHT_NORM[".weight_v"]):
        shape = header.shape(name + ending)
        if shape is not None and len(shape) == 3 and 0 not in shape:
            return shape
    return None
