"""Curves and events of a run as they stood at a step, which may be one that is looked back at."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.joints.frame import FrameEvent
from explorer.lab.history import Tally


class CurvesUntil:
    """The curves up to a step."""

    def __init__(self, curves: Any, step: int) -> None:
        self._curves, self._step = curves, step

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        steps, values = self._curves.series(name)
        kept = np.asarray(steps) <= self._step
        return np.asarray(steps)[kept], np.asarray(values)[kept]


class EventsUntil:
    """The events up to a step."""

    def __init__(self, events: Any, step: int) -> None:
        self._events, self._step = events, step

    @property
    def total(self) -> int:
        return sum(one.count for one in self._events.tallied(-1, self._step))

    def since(self, step: int) -> list[FrameEvent]:
        return [event for event in self._events.since(step) if event.step <= self._step]

    def tallied(self, after: int, level: int) -> list[Tally]:
        return self._events.tallied(after, self._step, level)
