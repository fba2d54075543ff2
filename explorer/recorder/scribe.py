"""Scribe: the recorder's own thread, which measures, writes and calls sinks, and whom nothing can make stop the
training.

What the disk refuses is said once, as a warning and in the recording; totals go on, so that no token is lost with a
record."""

from __future__ import annotations

import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from explorer.foundation.errors import ExplorerError, RecordError
from explorer.foundation.words import count_of
from explorer.joints.files.recording import (
    Budget,
    Recording,
    RecordingWriter,
    RecordLevel,
    name_losses,
    open_recording,
)
from explorer.joints.frame import Frame
from explorer.recorder.moment import History, Moment, begin_history, make_record, merge_moments
from explorer.recorder.sinks import Alert, Sink, plain_alerts
from explorer.recorder.worker import Worker

PATIENCE_S, CLOSING_S = 5.0, 60.0  # that a training waits for a record before it, and in the end for the last
FOLDERS = 9  # beside a folder that another process writes to
Judge = Callable[[Any], Iterable[Alert]]  # of a Recording


def describe(error: Exception) -> str:
    """Its kind and its words."""
    return f"{type(error).__name__}: {error}"


class Scribe:
    """folder: where it writes, once it does: another one than asked for where that is taken."""

    def __init__(
        self,
        folder: Path,
        every: int,
        budget: Budget,
        sinks: Sequence[Sink],
        judge: Judge | None,
        about: dict[str, Any],
    ) -> None:
        self.folder, self._every, self._budget, self._judge = folder, every, budget, judge
        self._sinks, self._raised, self._begun_sinks = list(sinks), set[str](), False
        self._about = {"torch": torch.__version__, "python": platform.python_version(), **about}
        self._writer: RecordingWriter | None = None
        self._history, self._begun = History(), False
        self._seconds, self._start = 0.0, time.monotonic()
        self._lost: list[int] = []
        self._said: set[str] = set()
        self._notes: list[tuple[str, int]] = []
        self._step, self._recording = 0, None
        self._behind: Moment | None = None
        self._worker = Worker(lambda error: self.warn(f"a record could not be made ({describe(error)})."))

    def submit(self, make: Callable[[], Moment]) -> None:
        """Make a record in the thread, after the one that is still being made: at most one is under way, and can be
        lost. Where that one takes too long, as on a disk that hangs, its tokens go to the next."""

        behind = self._behind

        def made() -> Moment:
            return make() if behind is None else merge_moments(behind, make())

        if self._worker.submit(lambda: self.take(made()), PATIENCE_S):
            self._behind = None
        else:
            self.warn("writing is slower than the records come, so some are left out; no token is missing.", "slow")
            self._behind = made()

    def flush(self) -> None:
        """Wait until all is written."""
        self._worker.wait()

    def warn(self, words: str, kind: str = "") -> None:
        """Say it once, of the same words or the same kind."""
        if (kind or words) not in self._said:
            self._said.add(kind or words)
            try:
                warnings.warn(f"Recorder of {str(self.folder)!r}: {words}", RuntimeWarning, stacklevel=2)
            except RuntimeWarning as said:  # where warnings are errors; this one must not stop a training
                print(said, file=sys.stderr)

    def note(self, words: str, step: int) -> None:
        """Warn, and write it into the recording with the next record."""
        self.warn(words)
        self._notes.append((words, step))

    def newest_step(self) -> int:
        """The last step that is recorded in the folder, 0 without one."""
        try:
            recording = open_recording(self.folder)
            steps = recording.scalars["step"]
            return int(steps[-1]) if len(steps) and not recording.live else 0  # of another process that writes, none
        except (ExplorerError, OSError):
            return 0

    def begin(self, levels: Sequence[RecordLevel], step: int) -> None:
        """Before the record of a step: go on from the last frame of a step up to `step`, where there is one of the same
        levels; else anew."""
        self._history = History([begin_history(level) for level in levels])
        try:
            before = open_recording(self.folder)
        except (ExplorerError, OSError):
            return
        places = [i for i, kept in enumerate(before.steps) if kept <= step]
        if not places:
            return
        try:
            i, last = places[-1], before.steps[places[-1]]
            if last < step:
                words = f"Of steps {last + 1:,} to {step:,}, which an earlier process took, tokens are not counted."
                self.note(words, step)
            frame = before.frame(i)
            if len(frame.levels) != len(levels):
                self.note("The recording that is here is of other codebooks; their counts begin anew.", step)
                return
            for number, past in enumerate(self._history.levels):
                totals, reseeds = before.totals(i, number), before.reseeds(i, number)
                if len(totals) != len(past.totals):
                    past.resize(len(totals))
                past.totals, past.last = totals, before.last_chosen(i, number).copy()
                past.reseeds = past.reseeds if reseeds is None else reseeds
            self._history.seen = frame.latents_seen
            self._seconds = float(before.scalars["seconds"][before.scalars["step"] <= step][-1])
        except (ExplorerError, OSError, IndexError) as error:
            self.note(f"What was recorded before cannot be gone on from ({error}); totals begin anew.", step)

    def take(self, moment: Moment) -> None:
        """Measure and write a record; in the thread."""
        levels = tuple(one.level for one in moment.levels)
        if not self._begun or moment.step <= self._step:
            with suppress(OSError, ExplorerError):  # said below, where it is tried again
                self._writer = self._writer or self._open(levels, moment.step)
            self.begin(levels, moment.step - moment.steps)
            self._begun = True
        elif len(self._history.levels) != len(levels):
            self._history = History([begin_history(level) for level in levels], self._history.seen)
        self._step = moment.step
        frame, events = make_record(moment, self._history)
        frame = self._rename_losses(frame)
        past = self._history.levels
        seconds = self._seconds + time.monotonic() - self._start

        def write(writer: RecordingWriter) -> None:
            if writer.levels != levels:
                writer.change_levels(levels, moment.step)
            totals, last = [one.totals for one in past], [one.last for one in past]
            writer.add(frame, totals, last, seconds, events, [one.reseeds for one in past])

        self._write(write, levels, moment.step)
        self._tell({**frame.losses, **frame.measures}, [level.name for level in levels], moment.step)

    def _rename_losses(self, frame: Frame) -> Frame:
        """Losses that have the name of another number beside it."""
        called = name_losses(frame.losses, frame.measures)
        for name, now in called.items():
            if name != now:
                self.warn(f"the loss {name!r} has the name of what is recorded anyway, and is called {now!r}.")
        return replace(frame, losses={called[name]: value for name, value in frame.losses.items()})

    def _write(self, act: Callable[[RecordingWriter], None], levels: Sequence[RecordLevel], step: int) -> None:
        try:
            writer = self._writer or self._open(levels, step)
            act(writer)
            if self._lost:
                first, many = self._lost[0], count_of(len(self._lost), "record")
                writer.note(f"{many} from step {first:,} on could not be written; no token is missing in counts.", step)
                self._lost = []
            while self._notes:
                writer.note(*self._notes[0])
                self._notes.pop(0)
            if writer.restored:
                writer.restored = False
                self.note(f"The folder was taken away; what was recorded before step {step:,} went with it.", step)
        except (OSError, ExplorerError) as error:
            self._lost.append(step)
            why = getattr(error, "strerror", None) or error
            self.warn(f"cannot write ({why}). Training goes on, and so will the recording when it can.", "disk")

    def _open(self, levels: Sequence[RecordLevel], step: int) -> RecordingWriter:
        asked = self.folder
        for number in range(1, FOLDERS + 1):
            self.folder = asked if number == 1 else asked.with_name(f"{asked.name}-{number}")
            try:
                self._writer = RecordingWriter(self.folder, levels, self._every, self._budget, self._about)
                break
            except RecordError as error:
                if number == FOLDERS:
                    self.folder = asked
                    raise
                self.warn(f"{error} This process records into {asked.name}-{number + 1} beside it.", "two writers")
        self._writer.begin_session(self._writer.record, step)
        return self._writer

    def _tell(self, scalars: Mapping[str, float], names: Sequence[str], step: int) -> None:
        if not self._sinks:
            return
        alerts = plain_alerts(step, scalars, names)
        try:
            alerts += list(self._judge(self._read())) if self._judge else []
        except Exception as error:
            self.warn(f"the diagnosis failed ({describe(error)}).", "judge")
        fresh = [alert for alert in alerts if alert.kind not in self._raised]
        self._raised |= {alert.kind for alert in fresh}
        if not self._begun_sinks and self._writer is not None:
            self._begun_sinks = True
            self._ask(lambda sink: getattr(sink, "begin", lambda folder: None)(self.folder))
        self._ask(lambda sink: sink.record(step, scalars))
        for alert in fresh:
            self._ask(lambda sink, alert=alert: sink.alert(alert))

    def _read(self) -> Recording:
        """The recording as it stands, read on from the last time."""
        if self._recording is None or self._recording.folder != self.folder:
            self._recording = open_recording(self.folder)
        else:
            self._recording.refresh()
        return self._recording

    def _ask(self, act: Callable[[Sink], None]) -> None:
        for sink in list(self._sinks):
            try:
                act(sink)
            except (Exception, SystemExit) as error:  # a tracker's sys.exit would end the recorder's thread
                self._sinks.remove(sink)
                self.warn(f"{type(sink).__name__} failed ({describe(error)}) and gets no more.")

    def close(self, why: str) -> None:
        """End the recording, and the thread; a disk that hangs is not waited for."""
        if self._worker.submit(lambda: self._end(why), CLOSING_S) and self._worker.wait(CLOSING_S):
            self._worker.end()
        else:
            self.warn("it could not be closed, since the disk hangs.")

    def _end(self, why: str) -> None:
        if self._writer is not None:
            self._ask(lambda sink: sink.close())
            try:
                for words, step in self._notes:
                    self._writer.note(words, step)
                self._writer.end(why, self._step)
            except (OSError, ExplorerError) as error:
                self.warn(f"cannot write ({error}).", "disk")
