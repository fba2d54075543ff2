"""Marks of one rate beside each other instead of on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

STEP_PX = 2.0


def dodge(
    places: Sequence[tuple[float, float]],
    apart_px: float,
    ends: tuple[float, float],
    fixed: Sequence[tuple[float, float]] = (),
    fixed_px: float = 0.0,
) -> list[float]:
    """Where across each mark stands: at its place, or the nearest step beside it (right before left) at which no mark
    before it is nearer than `apart_px` and nothing fixed is nearer than `fixed_px`.

    places, fixed: (across, down) in pixels. ends: least and most across. A mark for which there is no room stays.
    """
    standing: list[tuple[float, float]] = []
    for x, y in places:
        steps = range(math.ceil((ends[1] - ends[0]) / STEP_PX) + 1)
        beside = (x + side * step * STEP_PX for step in steps for side in ((1, -1) if step else (1,)))
        free = (
            at
            for at in beside
            if (at == x or ends[0] <= at <= ends[1])
            and all(math.hypot(at - a, y - b) >= apart_px for a, b in standing)
            and all(math.hypot(at - a, y - b) >= fixed_px for a, b in fixed)
        )
        standing.append((next(free, x), y))
    return [at for at, _ in standing]
