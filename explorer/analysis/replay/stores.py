"""The stores of a recorded run, as the rules of the lab and its views read them: curves, frames and events.

A recording may hold thousands of frames and not fit in memory: frames are read when they are asked for, the newest read
are kept up to FRAME_BYTES, and whoever looks over the whole run is given some of them.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.frame import Frame, FrameEvent
from explorer.lab.history import TICKS, Tally

FRAME_BYTES = 96 * 2**20  # of the frames of one recording that are held
ROWS = 2048  # of the curves that are shown
COLUMNS = 192  # of the heatmap, and fewer of a large codebook:
CELLS = 3 * 2**20  # codes times columns
PATIENCE_S = 0.25  # after which columns that were read are sent, and the others later


def every(count: int, most: int) -> int:
    """The power of two by which so many things are at most `most`, so that what is kept stays when more come."""
    stride = 1
    while -(-count // stride) > most:
        stride *= 2
    return stride


class RecordedFrames:
    """The frames of a recording by number and by step. Not safe between threads."""

    def __init__(self, recording: Any) -> None:
        self._recording = recording
        self._held: OrderedDict[int, Frame] = OrderedDict()
        self._nbytes = 0

    @property
    def steps(self) -> np.ndarray:
        """(f,) int64, rising: of all frames that are kept."""
        return np.asarray(self._recording.steps, dtype=np.int64)

    def at_step(self, step: int) -> Frame:
        """The frame of that step, which is one of `steps`. Raises RecordError for one that cannot be read any more."""
        if step in self._held:
            self._held.move_to_end(step)
            return self._held[step]
        frame = self._held[step] = self.read(step)
        self._nbytes += frame.nbytes
        while self._nbytes > FRAME_BYTES and len(self._held) > 1:
            self._nbytes -= self._held.popitem(last=False)[1].nbytes
        return frame

    def read(self, step: int) -> Frame:
        """The same, read from the disk and not held."""
        steps = self.steps
        place = int(np.searchsorted(steps, step))
        if place == len(steps) or steps[place] != step:
            raise RecordError(f"the frame of step {step:,} is no longer there")
        return self._recording.frame(place)

    def some(self, steps: Iterable[int], hold: bool = True) -> Iterator[Frame]:
        """The frames of these steps that can be read; those that cannot are among the notes of the recording."""
        for step in steps:
            try:
                yield self.at_step(int(step)) if hold else self.read(int(step))
            except RecordError:
                continue

    def nearest_step(self, step: int) -> int:
        """The step of a kept frame that is nearest; of two that are as near the earlier one."""
        steps = self.steps
        place = int(np.searchsorted(steps, step))
        around = steps[max(0, place - 1) : place + 1]
        return int(around[np.abs(around - step).argmin()])

    def nearest(self, step: int) -> Frame:
        """The frame whose step is nearest, of those that can be read. Raises RecordError where there is none."""
        while len(steps := self.steps):
            try:
                return self.at_step(self.nearest_step(step))
            except RecordError:
                if len(self.steps) == len(steps):  # it stays among those that are kept, and would be tried again
                    raise
        raise RecordError("no frame of this recording can be read")

    @property
    def newest(self) -> Frame:
        """The newest frame that can be read. Raises RecordError where there is none."""
        frame = next(self.some(self.steps[::-1].tolist()), None)
        if frame is None:
            raise RecordError("no frame of this recording can be read")
        return frame

    def forget(self) -> None:
        """The recording was made anew: what is held may be of another run."""
        self._held.clear()
        self._nbytes = 0


class RecordedColumns:
    """The frames that are columns of a heatmap: as many as there is room for, evenly spaced; as `Timeline` is read."""

    stride = 1  # of steps: each column that was sent stays

    def __init__(self, frames: RecordedFrames, codes: int) -> None:
        """codes: K of the largest level."""
        self._frames = frames
        most = max(2, min(COLUMNS, CELLS // max(1, codes)))
        self.every = every(len(frames.steps), most)

    def after(self, step: int, most: int) -> list[Frame]:
        """The first `most` of later steps, or as many as are read in PATIENCE_S: of those that can be read and whose
        codebooks are as large as now."""
        steps = self._frames.steps[:: self.every]
        sizes = _sizes(self.nearest(0))
        later = self._frames.some(steps[steps > step].tolist(), hold=False)
        found, end = [], time.monotonic() + PATIENCE_S
        for frame in islice((frame for frame in later if _sizes(frame) == sizes), most):
            found.append(frame)
            if time.monotonic() > end:
                break  # the others are asked for next
        return found

    def nearest(self, step: int) -> Frame:
        """The newest frame, whatever the step: it says how many codes there are."""
        return self._frames.newest


def _sizes(frame: Frame) -> list[int]:
    return [level.codebook_size for level in frame.levels]


class RecordedCurves:
    """The numbers of every record by name, as `Curves` of the lab are read.

    steps: (r,) of the records. columns: name -> (r,) float64, NaN where a record has none. seen: (r,) latents of a
    level since the start, or empty. losses: which of the columns are losses.
    """

    stride = 1  # of steps: each row that was sent stays

    def __init__(
        self, steps: np.ndarray, columns: dict[str, np.ndarray], seen: np.ndarray, losses: tuple[str, ...] = ()
    ) -> None:
        self.steps, self.columns, self.seen = np.asarray(steps, dtype=np.int64), columns, seen
        self.losses, self.every = losses, every(len(self.steps), ROWS)

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    @property
    def interval(self) -> int:
        """Steps from one record to the next: the median; 1 where there are fewer than two."""
        return int(np.median(np.diff(self.steps))) if len(self.steps) > 1 else 1

    def tokens(self, step: int) -> int:
        """Latents of a level in the steps between the newest record up to `step` and the one before; 0 if not known."""
        last = int(np.searchsorted(self.steps, step, side="right")) - 1
        if last < 0 or len(self.seen) <= last:
            return 0
        since = self.seen[last] - (self.seen[last - 1] if last else 0)
        return int(since) if np.isfinite(since) and since > 0 else 0

    def series(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of one name, those left out that are not finite."""
        values = np.asarray(self.columns.get(name, np.empty(0)), dtype=np.float64)
        finite = np.flatnonzero(np.isfinite(values))
        return self.steps[finite], values[finite]

    def rows(self, after: int = -1) -> np.ndarray:
        """(r, 1 + names) float32: the step and its numbers, some of the records of steps after `after`."""
        places = np.arange(len(self.steps))
        some = (places % self.every == 0) | (places == len(places) - 1)  # and the newest
        kept = np.flatnonzero(some & (self.steps > after))
        table = [self.steps[kept], *(np.asarray(values)[kept] for values in self.columns.values())]
        return np.stack(table, axis=1).astype(np.float32)

    def all_rows(self) -> np.ndarray:
        """(r, 1 + names) float64: all records, for a file."""
        return np.stack([self.steps, *self.columns.values()], axis=1).astype(np.float64)


class RecordedEvents:
    """The reseeds of a recording, as `EventLog` of the lab is read: those that are named one by one, and the counts of
    all."""

    def __init__(self, events: Sequence[FrameEvent], tallies: np.ndarray) -> None:
        """tallies: (t, 4): step, level, how many, of these again."""
        self.kept = list(events)
        self._tallies = tallies[np.argsort(tallies[:, 0], kind="stable")] if len(tallies) else tallies
        steps = np.unique(self._tallies[:, 0]) if len(tallies) else np.empty(0, np.int64)
        self.ticks: list[int] = steps[:: every(len(steps), TICKS)].tolist()

    @property
    def total(self) -> int:
        return int(self._tallies[:, 2].sum()) if len(self._tallies) else 0

    def after(self, number: int, most: int) -> list[tuple[int, FrameEvent]]:
        """The newest `most` of those that are named with a number above `number`, oldest first."""
        first = max(number + 1, len(self.kept) - most)
        return list(enumerate(self.kept))[first:] if number < len(self.kept) else []

    def since(self, step: int) -> list[FrameEvent]:
        return [event for event in self.kept if event.step > step]

    def tallied(self, after: int, until: int, level: int | None = None) -> list[Tally]:
        """What was counted at the steps after `after`, up to `until`: on a level, or on all."""
        rows = [row for row in self._tallies.tolist() if after < row[0] <= until and level in (None, row[1])]
        return [Tally(*row) for row in rows]
