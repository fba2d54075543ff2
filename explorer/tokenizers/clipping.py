"""Decoded values outside the range of a medium: how many, and from how many on it is worth a word."""

from __future__ import annotations

from torch import Tensor

OUTSIDE, MANY = 0.05, 0.1  # a value is well outside by 0.05 of the range; a tenth of all are many


def outside(decoded: Tensor) -> tuple[int, int]:
    """(values outside 0 to 1, values well outside) of a decode."""
    wild = (decoded < -OUTSIDE) | (decoded > 1 + OUTSIDE)
    return int(((decoded < 0) | (decoded > 1)).sum()), int(wild.sum())


def clipping_note(decoded: Tensor) -> tuple[str, ...]:
    """A sentence where many values of a decode lie well outside 0 to 1, else nothing."""
    clipped, wild = outside(decoded)
    count = decoded.numel()
    if wild < MANY * count:
        return ()
    return (
        f"{clipped:,} of {count:,} decoded values ({clipped / count:.0%}) lie outside 0 to 1 and were clipped: is the "
        "range of pixels right?",
    )
