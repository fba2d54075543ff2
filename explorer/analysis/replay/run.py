"""RecordedRun: a recording that is open, with what is made of it: stores, diagnosis, lives of codes.

One object may be looked at from several pages; whoever reads it holds its `lock`.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from explorer.analysis.lab.finding import Finding
from explorer.analysis.replay.curves import curves_of, describe_checkpoints, describe_column
from explorer.analysis.replay.lives import Lives, read_lives
from explorer.analysis.replay.past import join_past, past_alarms
from explorer.analysis.replay.reading import RecordedReading, read_recorded
from explorer.analysis.replay.rules import NONE, diagnose_recorded
from explorer.analysis.replay.stores import RecordedColumns, RecordedCurves, RecordedEvents, RecordedFrames
from explorer.foundation.errors import RecordError
from explorer.joints.files.recording import open_recording
from explorer.joints.frame import Frame
from explorer.lab.measures import Measure

LOOK_S, ENDED_S = 1.0, 4.0  # between two looks whether there is more: of one that trains, and that may be resumed
MOST_LINES = 16
LIVE_S = 600.0  # without a new record, where it is not known whether a process writes


class RecordedRun:
    """recording: the one in the folder, where it is open already; whoever has it refreshes it, and then calls `take`.

    Raises RecordError if the folder holds no recording.
    """

    def __init__(self, folder: Path, title: str, recording: Any = None) -> None:
        self.folder, self.title = folder, title
        self.lock = threading.RLock()
        self.recording: Any = open_recording(folder) if recording is None else recording
        self.epoch = 0  # rises when what was sent no longer holds
        self.gone = ""  # why the folder cannot be read any more, in words
        self._looked, self._heard = time.monotonic(), time.monotonic()
        self._judged: dict[int, tuple[Finding, ...]] = {}
        self._whole = 0  # up to this step all was read already when it was judged
        self._lives: dict[int, Lives] = {}
        self.frames = RecordedFrames(self.recording)
        self.take()

    def take(self) -> None:
        """Make the stores of the recording as it was read last."""
        self.curves: RecordedCurves = curves_of(self.recording)
        self.events = RecordedEvents(self.recording.events, self.recording.tallies)
        codes = max((level.shown_size for level in self.recording.levels), default=1)
        self.columns = RecordedColumns(self.frames, codes)
        self._judged = {step: found for step, found in self._judged.items() if step < self._whole}
        self._whole = self.last
        self._lives.clear()

    @property
    def shown(self) -> bool:
        """Whether there is a frame to be shown."""
        return len(self.frames.steps) > 0

    @property
    def ended(self) -> bool:
        return bool(self.recording.ended)

    @property
    def live(self) -> bool:
        """Whether more may come."""
        if self.ended or self.gone or self.recording.gone:
            return False
        known = self.recording.live
        return bool(known) if known is not None else time.monotonic() - self._heard < LIVE_S

    @property
    def last(self) -> int:
        """The step of the newest frame, 0 without one."""
        return int(self.frames.steps[-1]) if self.shown else 0

    @property
    def notes(self) -> list[str]:
        """What is missing or damaged, in words."""
        return [*self.recording.notes, *filter(None, [self.gone])]

    @property
    def checkpoints(self) -> list[bool]:
        """Of frames that were made of checkpoints: whether each level has counts; empty of a training that was
        recorded."""
        found = self.recording.about.get("checkpoints")
        return [bool(one) for one in found] if isinstance(found, list) else []

    @property
    def stepped(self) -> bool:
        """Whether its steps are those of a training; not those of checkpoints that tell none."""
        return self.recording.about.get("stepped") is not False

    @property
    def lines(self) -> list[str]:
        """What is told of checkpoints, of each level."""
        found = self.recording.about.get("lines") if self.checkpoints else None
        return [str(one) for one in found][:MOST_LINES] if isinstance(found, list) else []

    def look(self) -> bool:
        """Take in what was recorded since the last look, at most once in LOOK_S. Returns whether there was anything."""
        now = time.monotonic()
        if now - self._looked < (ENDED_S if self.ended else LOOK_S):
            return False
        self._looked = now
        before, named = self._sizes(), len(self.events.kept)
        first = self.frames.steps[:1].tolist()
        try:
            more = bool(self.recording.refresh())
        except (RecordError, OSError) as error:
            self.gone = f"This run cannot be read any more ({_why(error)}). What was read before is shown."
            return True
        self.gone = ""
        if self.recording.gone:  # it says so; what was made of it stays
            return more
        if not more:
            return False
        self._heard = now
        self.take()
        after, fewer = self._sizes(), len(self.events.kept) < named
        if before[:-1] != after[:-1] or after[-1] < before[-1] or fewer or first != self.frames.steps[:1].tolist():
            self.epoch += 1
            self.frames.forget()
            self._judged.clear()
        return True

    def describe(self, name: str) -> Measure:
        """What a curve is called, and its unit."""
        levels = len(self.recording.levels)
        if self.checkpoints and (found := describe_checkpoints(name, levels)) is not None:
            return found
        return describe_column(name, levels, self.curves.losses)

    def _sizes(self) -> tuple[int, ...]:
        """What was sent holds while these stay, and the last, the records, only grow."""
        curves = self.curves
        return (curves.every, self.columns.every, len(curves.names), len(self.recording.levels), len(curves.steps))

    def diagnose(self, step: int) -> tuple[Finding, ...]:
        """What is said of the run as it stood at a kept step; nothing of checkpoints, which hold no latents."""
        if self.checkpoints:
            return ()
        if step not in self._judged:
            self._judged[step] = diagnose_recorded(self.read(step))
        return self._judged[step]

    def tell(self, step: int) -> tuple[Finding, ...]:
        """The same, and what was wrong at an earlier kept step and is no longer, as notes."""
        found = self.diagnose(step)
        if not found or any(one.title == NONE for one in found):
            return found
        steps = self.frames.steps
        return join_past(found, past_alarms(self.diagnose, steps, step, self.frames.at_step(step).nbytes))

    def read(self, step: int | None = None) -> RecordedReading | None:
        """What the diagnosis reads of the run as it stood at a step (None: now); None without a frame."""
        return read_recorded(self.frames, self.curves, self.events, step, self.recording.about)

    def lives(self, level: int) -> Lives:
        """The lives of a level's codes. Raises RecordError without a frame of that level."""
        if level not in self._lives:
            frames = self.frames.some(self.frames.steps.tolist(), hold=False)
            try:
                self._lives[level] = read_lives(frames, self.events.kept, level)
            except ValueError as error:
                raise RecordError("No frame of this level was recorded.") from error
        return self._lives[level]

    def frame(self, step: int) -> Frame:
        """The kept frame nearest to a step. Raises RecordError where there is none, or its file went meanwhile."""
        if not self.shown:
            raise RecordError("No frame was recorded yet.")
        try:
            return self.frames.nearest(step)
        except (OSError, RecordError) as error:
            raise RecordError(f"The frame near step {step:,} cannot be read ({_why(error)}).") from error

    def place(self, step: int) -> int:
        """How many of the kept steps lie at or before a step."""
        return int(np.searchsorted(self.frames.steps, step, side="right"))


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).rstrip(".")
