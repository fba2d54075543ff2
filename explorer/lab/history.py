"""What is kept of a run, in bounded space: its curves, its frames (the timeline) and its events.

Curves and timeline thin themselves: they keep the steps that are multiples of a stride, and when they are full the
stride doubles and every other entry goes. What is kept depends on the steps alone, never on the clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from explorer.joints.files.runs import CurveTable
from explorer.joints.frame import Frame, FrameEvent
from explorer.lab.measures import describe

CURVE_ROWS = 1024
FRAMES = 256
FRAME_BYTES = 64 * 2**20  # of all frames of one run
EVENTS = 5_000
TALLIES = 20_000
TICKS = 400


class Curves:
    """Numbers by step: at most `size` rows; a name that a step lacks is NaN."""

    def __init__(self, size: int = CURVE_ROWS) -> None:
        self.size, self.stride = size, 1
        self._rows: dict[int, Mapping[str, float]] = {}
        self.names: list[str] = []

    def wants(self, step: int) -> bool:
        """Whether the numbers of this step would be kept."""
        return step % self.stride == 0

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Keep the numbers of a step, unless the stride passes over it."""
        if not self.wants(step):
            return
        self._rows[step] = values
        self.names += [name for name in values if name not in self.names]
        while len(self._rows) > self.size:
            self.stride *= 2
            self._rows = {step: row for step, row in self._rows.items() if step % self.stride == 0}

    def rows(self, after: int = -1) -> np.ndarray:
        """(r, 1 + names) float32: the step and its numbers, oldest first, of the steps after `after`."""
        kept = [(step, row) for step, row in self._rows.items() if step > after]
        table = np.full((len(kept), 1 + len(self.names)), np.nan, dtype=np.float32)
        for i, (step, row) in enumerate(kept):
            table[i, 0] = step
            for j, name in enumerate(self.names, 1):
                table[i, j] = row.get(name, np.nan)
        return table

    def table(self) -> CurveTable:
        """All that is kept, with the unit of each name, as files take it."""
        return CurveTable(tuple(self.names), tuple(describe(name).unit for name in self.names), self.rows())

    def last(self, name: str, default: float = float("nan")) -> float:
        """The newest value of that name."""
        return next((row[name] for row in reversed(self._rows.values()) if name in row), default)

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of one name, NaN left out."""
        pairs = [(step, row[name]) for step, row in self._rows.items() if np.isfinite(row.get(name, np.nan))]
        return np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.float64)


class Timeline:
    """Frames of a run, at most FRAMES and FRAME_BYTES."""

    def __init__(self, size: int = FRAMES, nbytes: int = FRAME_BYTES) -> None:
        self.size, self.limit, self.stride = size, nbytes, 1
        self._frames: dict[int, Frame] = {}
        self.nbytes = 0

    def wants(self, step: int) -> bool:
        """Whether the frame of this step would be kept."""
        return step % self.stride == 0

    def add(self, frame: Frame) -> None:
        """Keep a frame, unless the stride passes over its step."""
        if not self.wants(frame.step):
            return
        self._frames[frame.step] = frame
        self.nbytes += frame.nbytes
        while len(self._frames) > 2 and (len(self._frames) > self.size or self.nbytes > self.limit):
            self.stride *= 2
            self._frames = {step: kept for step, kept in self._frames.items() if step % self.stride == 0}
            self.nbytes = sum(kept.nbytes for kept in self._frames.values())

    @property
    def steps(self) -> list[int]:
        """Steps of the frames kept, in order."""
        return list(self._frames)

    def after(self, step: int, most: int | None = None) -> list[Frame]:
        """Frames of later steps, in order: the first `most` of them, or all."""
        return [frame for kept, frame in self._frames.items() if kept > step][:most]

    def nearest(self, step: int) -> Frame:
        """The frame whose step is nearest. Raises KeyError if there is none yet."""
        if not self._frames:
            raise KeyError("no frame was kept yet")
        return self._frames[min(self._frames, key=lambda kept: (abs(kept - step), kept))]

    def before(self, step: int) -> Frame | None:
        """The last frame of an earlier step."""
        earlier = [frame for kept, frame in self._frames.items() if kept < step]
        return earlier[-1] if earlier else None


@dataclass(frozen=True)
class Tally:
    """Reseeds at one step on one level: how many, and how many of codes that had been reseeded before."""

    step: int
    level: int
    count: int
    again: int


class EventLog:
    """Reseeds, newest last: EVENTS are kept one by one and all are counted, by step and level (TALLIES of these are
    kept); ticks are steps at which there were some."""

    def __init__(self) -> None:
        self.total, self.again = 0, 0
        self._events: deque[tuple[int, FrameEvent]] = deque(maxlen=EVENTS)
        self._tallies: deque[Tally] = deque(maxlen=TALLIES)
        self._ticks: list[int] = []

    def add(self, events: tuple[FrameEvent, ...]) -> None:
        """Append events, which get numbers from 0."""
        for event in events:
            self._events.append((self.total, event))
            self.total += 1
            self.again += event.died_again
            if not self._ticks or self._ticks[-1] != event.step:
                self._ticks.append(event.step)
        for (step, level), group in groupby(events, lambda event: (event.step, event.level)):
            again = [event.died_again for event in group]
            self._tallies.append(Tally(step, level, len(again), sum(again)))
        if len(self._ticks) > TICKS:
            self._ticks = self._ticks[::2]

    def tallied(self, after: int, until: int, level: int | None = None) -> list[Tally]:
        """What was counted at the steps after `after`, up to `until`: on a level, or on all."""
        return [one for one in self._tallies if after < one.step <= until and level in (None, one.level)]

    def after(self, number: int, most: int) -> list[tuple[int, FrameEvent]]:
        """The newest `most` events with a number above `number`, oldest first."""
        return [pair for pair in self._events if pair[0] > number][-most:]

    def since(self, step: int) -> list[FrameEvent]:
        """Events kept of later steps than `step`."""
        return [event for _, event in self._events if event.step > step]

    @property
    def kept(self) -> list[FrameEvent]:
        """All that are kept one by one, oldest first."""
        return [event for _, event in self._events]

    @property
    def ticks(self) -> list[int]:
        return list(self._ticks)
