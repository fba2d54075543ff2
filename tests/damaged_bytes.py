"""A file as a broken disk or a broken download leaves it."""

from __future__ import annotations

import random
from collections.abc import Iterator


def damage(whole: bytes, cuts: int, flips: int, head: int) -> Iterator[bytes]:
    """Cut short at so many places, then so often with one to eight bytes changed, half of the times among the first
    `head` ones, where headers are. The same for the same bytes."""
    yield from (whole[: len(whole) * cut // cuts] for cut in range(cuts))
    draw = random.Random(0)
    for number in range(flips):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 8))):
            data[draw.randrange(len(data) if number % 2 else min(len(data), head))] = draw.randrange(256)
        yield bytes(data)
