"""What the formats of vision transformers read from shapes. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable

from explorer.foundation.errors import CheckpointError
from explorer.public.header import Header


def shape_of(header: Header, key: str, axes: int, title: str) -> tuple[int, ...]:
    """The shape of a tensor that must be there. Raises CheckpointError."""
    shape = header.shape(key)
    if shape is None or len(shape) != axes:
        raise CheckpointError(f"{title} needs {key} of {axes} axes, got {'none' if shape is None else shape}.")
    return shape


def square_side(positions: int, key: str) -> int:
    """Patches a side of a square picture. Raises CheckpointError where they make no square."""
    side = math.isqrt(max(positions, 0))
    if side < 1 or side**2 != positions:
        raise CheckpointError(f"{key} has {positions} places of patches; the patches of a square were expected.")
    return side


def count_parts(names: Iterable[str], prefix: str) -> int:
    """How many numbered parts there are under `prefix`, such as "encoder.transformer."."""
    return len({name[len(prefix) :].split(".")[0] for name in names if name.startswith(prefix)})
