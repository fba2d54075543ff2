"""LevelMemory: what was computed of the levels of kept frames, which a run is read from again at each look."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TypeVar

from explorer.foundation.recent import Recent
from explorer.joints.frame import FrameLevel

T = TypeVar("T")
# Values: several of each level of the kept frames of two runs. A level that goes takes none with it, so they are
# numbers, not arrays.
MOST = 8192


class LevelMemory:
    """Values by function and level; the same arrays again give the same value, so it is computed once.

    It keeps no level: of one that has gone the value is another's, and is not used. Not safe between threads.
    """

    def __init__(self) -> None:
        self._values: Recent = Recent(MOST)

    def of(self, compute: Callable[[FrameLevel], T], level: FrameLevel) -> T:
        """compute(level), a pure function of its module, perhaps from an earlier time."""
        held = self._values.use((compute, id(level)))
        if held is not None and held[0]() is level:
            return held[1]
        value = compute(level)
        self._values.put((compute, id(level)), (weakref.ref(level), value))
        return value
