"""RecordingWriter: puts frames and their numbers into a recording's folder, within a budget. No torch.

Whatever the disk does is raised as OSError or ExplorerError, and the next call begins anew: a line that was not written
is lost, none is left half. `explorer.recorder` catches them, so that no training stops for its recorder.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.files.recording.frames import frame_bytes
from explorer.joints.files.recording.layout import (
    FORMAT,
    HEADER,
    VERSION,
    RecordLevel,
    Reseeds,
    frame_name,
    frames_of,
    level_to_json,
    segments_of,
)
from explorer.joints.files.recording.lines import LineLog, parse_lines
from explorer.joints.files.recording.lock import holder_words, take_lock
from explorer.joints.frame import Frame, FrameEvent

CODES_A_LINE = 4096  # reseeds of one record whose codes are named; the others are counted


@dataclass(frozen=True)
class Budget:
    """What a recording may take on disk. nbytes: all of it, of which lines get a quarter and at most 32 MB; frames: how
    many are kept. When either is used up, every second frame goes, and oldest lines say less."""

    nbytes: int = 400_000_000
    frames: int = 512

    @property
    def line_bytes(self) -> int:
        return min(self.nbytes // 4, 32_000_000)

    @property
    def frame_bytes(self) -> int:
        return self.nbytes - self.line_bytes


class RecordingWriter:
    """The one writer of a folder; it goes on with what is there.

    record: number of the next record. restored: whether the folder had gone away and was made anew.
    """

    def __init__(
        self,
        folder: Path | str,
        levels: Sequence[RecordLevel],
        every: int = 1,
        budget: Budget | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises RecordError where another process writes there, OSError where the disk refuses."""
        self.folder, self.levels = Path(folder), tuple(levels)
        self.budget, self.restored = budget or Budget(), False
        self._header = {
            "format": FORMAT,
            "version": VERSION,
            "every": every,
            "budget_bytes": self.budget.nbytes,
            "about": dict(about or {}),
        }
        self.record, self._stride = 0, 1
        self._open()

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(self.folder)
        if self._lock is None:
            raise RecordError(
                f"{holder_words(self.folder)} records into {str(self.folder)!r} already; give another folder."
            )
        for leftover in self.folder.glob("*.part"):
            leftover.unlink(missing_ok=True)
        before = [int(one["record"]) for one in _newest_lines(self.folder) if "record" in one]
        self.record = max([self.record, *(number + 1 for number in (*before, *frames_of(self.folder)))])
        self._lines = LineLog(self.folder, self.budget.line_bytes)
        self._sizes = {record: path.stat().st_size for record, (_, path) in frames_of(self.folder).items()}
        self._write_header()

    def _write_header(self) -> None:
        header = {
            **self._header,
            "id": _id_of(self.folder) or secrets.token_hex(8),
            "levels": [level_to_json(level) for level in self.levels],
        }
        self._write(HEADER, json.dumps(header, indent=1).encode())

    def _write(self, name: str, data: bytes) -> None:
        """Beside its place, then renamed. Without waiting for the disk: that only guards against a loss of power."""
        beside = self.folder / f"{name}.part"
        try:
            beside.write_bytes(data)
            os.replace(beside, self.folder / name)
        except OSError:
            beside.unlink(missing_ok=True)
            raise

    def add(
        self,
        frame: Frame,
        totals: Sequence[np.ndarray],
        last: Sequence[np.ndarray],
        seconds: float = 0.0,
        events: Sequence[Reseeds] | None = None,
        reseeds: Sequence[np.ndarray] | None = None,
        counts_as_told: bool = False,
    ) -> None:
        """A record: the frame's numbers and events as a line, and the frame itself, which may be thinned later.

        totals, last: (K,) each of every level: tokens of each code since the start of the run, and the step at which it
        was last chosen (-1: never). seconds: since the run began. events: instead of those of the frame, where they are
        many. reseeds (K,): how often each code was reseeded. counts_as_told: `frame_bytes`.
        """
        line = {
            "record": self.record,
            "step": frame.step,
            "seen": frame.latents_seen,
            "batch": frame.batch_size,
            "time": round(time.time(), 3),
            "seconds": round(seconds, 3),
            "losses": {name: float(value) for name, value in frame.losses.items()},
            "measures": {name: float(value) for name, value in frame.measures.items()},
        }
        events = gather_events(frame.events) if events is None else events
        if events:
            line["events"] = tally_events(events)
        data = frame_bytes(self.record, frame, self.levels, totals, last, reseeds, counts_as_told)
        self._safely(lambda: self._write(frame_name(self.record, frame.step), data))
        try:
            self._line(line)
        except BaseException:
            (self.folder / frame_name(self.record, frame.step)).unlink(missing_ok=True)
            raise
        self._sizes[self.record] = len(data)
        self.record += 1
        self._thin_frames()

    def change_levels(self, levels: Sequence[RecordLevel], step: int) -> None:
        """The codebooks are others from here on."""
        self.levels = tuple(levels)
        self._safely(self._write_header)
        self._line({"levels": [level_to_json(level) for level in self.levels], "step": step})

    def begin_session(self, number: int, step: int) -> None:
        """A process goes on with the run, which is at `step` now."""
        self._line({"session": number, "step": step, "time": round(time.time(), 3)})

    def note(self, words: str, step: int) -> None:
        """What went wrong, for whoever reads the run."""
        self._line({"note": words, "step": step})

    def end(self, why: str, step: int) -> None:
        """The run ended; a later session may go on nevertheless."""
        self._line({"end": why, "step": step})
        self.close()

    def close(self) -> None:
        """Give the folder free."""
        if self._lock is not None:
            self._lock.close()

    def _line(self, entry: dict[str, Any]) -> None:
        self._safely(lambda: self._lines.add(entry))

    def _safely(self, act: Any) -> None:
        """Act; if the folder went away, make it anew and act again."""
        try:
            act()
        except FileNotFoundError:
            self.close()
            self._open()
            self.restored = True
            act()

    def _thin_frames(self) -> None:
        """Frames of records that are multiples of a stride stay, and the newest; the stride doubles when there are too
        many. The newest of before goes unless it is one of these."""
        newest = max(self._sizes)
        gone = [record for record in self._sizes if record % self._stride and record != newest]
        while True:
            kept = [size for record, size in self._sizes.items() if record not in gone]
            if len(kept) <= 2 or (len(kept) <= self.budget.frames and sum(kept) <= self.budget.frame_bytes):
                break
            self._stride *= 2
            gone = [record for record in self._sizes if record % self._stride and record != newest]
        if gone:
            places = frames_of(self.folder)
            for record in gone:
                if record in places:
                    places[record][1].unlink(missing_ok=True)
                del self._sizes[record]


def gather_events(events: Sequence[FrameEvent]) -> list[Reseeds]:
    """Those of one step, level and strategy together."""
    ordered = sorted(events, key=lambda event: (event.step, event.level, event.strategy))
    gathered = []
    for (step, level, strategy), group in groupby(ordered, lambda event: (event.step, event.level, event.strategy)):
        alike = list(group)
        codes, died, sources = zip(*((one.code, one.died_again, one.source) for one in alike), strict=True)
        named = np.array(sources) if max(sources) >= 0 else None
        gathered.append(Reseeds(step, level, strategy, np.array(codes), np.array(died), named))
    return gathered


def tally_events(events: Sequence[Reseeds]) -> list[dict[str, Any]]:
    """As a line holds them."""
    rows, room = [], CODES_A_LINE
    for one in events:
        many = min(room, len(one.codes))
        room -= many
        row: dict[str, Any] = {"step": one.step, "level": one.level, "strategy": one.strategy, "count": len(one.codes)}
        row |= {"again": int(one.died.sum()), "codes": one.codes[:many].tolist()}
        if one.sources is not None:
            row["sources"] = one.sources[:many].tolist()
        if row["again"]:
            row["died"] = one.codes[:many][one.died[:many]].tolist()
        rows.append(row)
    return rows


def _id_of(folder: Path) -> str:
    """Of the recording that is in the folder, "" without one."""
    try:
        return str(json.loads((folder / HEADER).read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _newest_lines(folder: Path) -> list[dict[str, Any]]:
    segments = segments_of(folder)
    found: list[dict[str, Any]] = []
    for number in sorted(segments)[-2:]:  # the last one may be empty still
        found += parse_lines(segments[number][1].read_bytes())[0]
    return found
