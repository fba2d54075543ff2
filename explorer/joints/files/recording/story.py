"""Story: what the lines of a recording tell, read on from where the last look ended."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.words import count_of
from explorer.joints.files.recording.lines import parse_lines
from explorer.joints.frame import FrameEvent

EVENTS = 50_000  # that are told one by one
CELLS, NAMES = 2**26, 16  # numbers of all columns; fewer than so many names are never left out
NOTES = 100  # that are told
LARGEST = 2**63  # of whole numbers that an array takes
BASIC = {"step": "step", "latents_seen": "seen", "batch_size": "batch", "seconds": "seconds", "time": "time"}


_PERPLEXITY = re.compile(r"perplexity_(all|batch)_\d+")  # as curves call them, beside those of one batch


def name_losses(losses: Iterable[str], measures: Iterable[str]) -> dict[str, str]:
    """What each loss is called as a column: its own name, or "step (loss)" where what every record has, or one of its
    measures, is called "step"."""
    taken = {*BASIC, *measures}
    return {name: f"{name} (loss)" if name in taken or _PERPLEXITY.fullmatch(name) else name for name in losses}


class Story:
    """records: number -> step of each record that still counts. replaced: numbers of those that later ones took the
    place of. levels: JSON of the newest change of the codebooks, None without. loss_names: in their order."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[int, int]] = {}  # segment -> generation, bytes read
        self._forget()

    def _forget(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self.replaced: set[int] = set()
        self.levels: list[Any] | None = None
        self.ended = False
        self._notes: list[str] = []
        self._damaged = self._odd_events = self._sessions = self._left_out = 0
        self._read = {}
        self._columns: dict[str, np.ndarray] | None = None
        self._events: tuple[FrameEvent, ...] | None = None

    @property
    def any(self) -> bool:
        return bool(self._rows) or bool(self._read)

    @property
    def state(self) -> tuple[Any, ...]:
        """Differs when there is something new."""
        return (len(self._rows), self._rows[-1].get("record") if self._rows else -1, self.ended, tuple(self._notes))

    def read(self, segments: Mapping[int, tuple[int, Path]]) -> None:
        """Read on. All is read anew where lines were thinned, or files are gone."""
        for number, (generation, _) in self._read.items():
            if number not in segments or segments[number][0] != generation:
                self._forget()
                break
        for number, (generation, path) in segments.items():
            offset = self._read.get(number, (generation, 0))[1]
            try:
                with path.open("rb") as file:
                    file.seek(offset)
                    data = file.read()
            except FileNotFoundError:  # thinned this moment; the next look has it
                continue
            objects, damaged, whole = parse_lines(data)
            self._damaged += damaged
            self._read[number] = (generation, offset + whole)
            for one in objects:
                self._take(one)

    def _take(self, one: dict[str, Any]) -> None:
        self._columns = self._events = None
        if "record" in one:
            self._take_record(one)
        elif "levels" in one:
            self.levels = one["levels"] if isinstance(one["levels"], list) else None
            if self._rows:
                self._notes.append(
                    f"The codebooks changed at step {_number(one, 'step'):,}: {_sizes_words(self.levels)}."
                )
        elif "session" in one:
            self.ended = False
            self._sessions += 1
            if self._sessions > 1:
                self._notes.append(f"Recording went on at step {_number(one, 'step'):,}, in another process.")
        elif "note" in one:
            self._notes.append(str(one["note"]))
        elif "end" in one:
            self.ended = True
            if one["end"]:
                self._notes.append(str(one["end"]))

    def _take_record(self, one: dict[str, Any]) -> None:
        if not _is_count(one.get("step")) or not _is_count(one["record"]):
            self._damaged += 1
            return
        listed = one.get("events")
        events = listed if isinstance(listed, list) else []
        whole = [event for event in events if _is_event(event)]
        self._odd_events += len(events) - len(whole)
        one = {**one, "events": whole, "records": one["records"] if _is_count(one.get("records")) else 1}
        self.ended = False
        if self._rows and one["step"] <= self._rows[-1]["step"]:
            back = self._rows[-1]["step"]
            first = bisect_left(self._rows, one["step"], key=lambda row: row["step"])  # steps of rows rise
            gone = self._rows[first:]
            del self._rows[first:]
            self.replaced |= {row["record"] for row in gone}
            self._notes.append(
                f"The run went back from step {back:,} to step {one['step']:,}: {count_of(len(gone), 'record')} "
                "of before gave way to what came then."
            )
        elif self._rows and _number(one, "time") < _number(self._rows[-1], "time"):
            self._notes.append(f"The machine's clock went back before step {one['step']:,}; steps tell the order.")
        self._rows.append(one)

    @property
    def records(self) -> dict[int, int]:
        return {row["record"]: row["step"] for row in self._rows}

    @property
    def notes(self) -> list[str]:
        words = list(dict.fromkeys(self._notes))
        if len(words) > NOTES:
            words[NOTES:] = [f"{count_of(len(words) - NOTES, 'note')} more of the run are left out here."]
        if self._left_out:
            words.append(
                f"{count_of(self._left_out, 'loss or measure', 'losses or measures')} of too many are left out."
            )
        if self._damaged:
            words.append(f"{count_of(self._damaged, 'line')} of the records could not be read and are left out.")
        if self._odd_events:
            odd = count_of(self._odd_events, "entry", "entries")
            words.append(f"{odd} of reseeds could not be read and are left out.")
        thinned = sum(row["records"] - 1 for row in self._rows)
        if thinned:
            words.append(f"{count_of(thinned, 'old record')} were thinned to keep to the budget.")
        unnamed = sum(event["count"] - len(event.get("codes", ())) for row in self._rows for event in _events_of(row))
        if unnamed:
            words.append(f"Of {count_of(unnamed, 'reseed')} only the number was kept, not which codes they were of.")
        return words

    @property
    def loss_names(self) -> tuple[str, ...]:
        columns = self.columns()
        return tuple(name for name in dict.fromkeys(self._losses().values()) if name in columns)

    def _losses(self) -> dict[str, str]:
        """What each loss is called as a column."""
        told = dict.fromkeys(name for row in self._rows for name in _numbers_of(row, "losses"))
        return name_losses(told, {name for row in self._rows for name in _numbers_of(row, "measures")})

    def columns(self) -> dict[str, np.ndarray]:
        """(r,) float64 each."""
        if self._columns is None:
            basic = {name: [_number(row, key) for row in self._rows] for name, key in BASIC.items()}
            columns = {name: np.array(values, np.float64) for name, values in basic.items()}
            called = self._losses()
            named = [
                {called[name]: value for name, value in _numbers_of(row, "losses").items()}
                | _numbers_of(row, "measures")
                for row in self._rows
            ]
            names = [*dict.fromkeys(name for row in named for name in row)]
            most = max(NAMES, CELLS // max(1, len(named)))
            for name in names[:most]:
                columns.setdefault(name, np.array([_number(row, name) for row in named], np.float64))
            self._columns, self._left_out = columns, max(0, len(names) - most)
        return self._columns

    @property
    def events(self) -> tuple[FrameEvent, ...]:
        if self._events is None:
            kept: list[FrameEvent] = []
            for row in reversed(self._rows):
                kept += [one for event in reversed(_events_of(row)) for one in reversed(_singly(event))]
                if len(kept) >= EVENTS:
                    break
            self._events = tuple(reversed(kept[:EVENTS]))
        return self._events

    def events_between(self, after: float, until: int) -> tuple[FrameEvent, ...]:
        """Those of the steps after `after`, up to `until`, that are still named."""
        steps = [row["step"] for row in self._rows]
        rows = self._rows[bisect_right(steps, after) : bisect_right(steps, until)]
        return tuple(one for row in rows for event in _events_of(row) for one in _singly(event))

    @property
    def tallies(self) -> np.ndarray:
        rows = [
            (event["step"], event["level"], event["count"], event.get("again", 0))
            for row in self._rows
            for event in _events_of(row)
        ]
        return np.array(rows, np.int64).reshape(-1, 4)


def _number(row: Mapping[str, Any], name: str) -> Any:
    """A number of a row, NaN for null and what is none."""
    value = row.get(name)
    return value if isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST) else float("nan")


def _numbers_of(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < LARGEST


def _is_event(event: Any) -> bool:
    """Whether it has what every one must have, and nothing of another kind."""
    if not isinstance(event, dict) or not all(_is_count(event.get(name)) for name in ("step", "level", "count")):
        return False
    lists = [event.get(name, []) for name in ("codes", "died")] + [event.get("sources") or []]
    return _is_count(event.get("again", 0)) and all(
        isinstance(one, list) and all(type(number) is int and abs(number) < LARGEST for number in one) for one in lists
    )


def _events_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return row["events"]


def _singly(event: Mapping[str, Any]) -> list[FrameEvent]:
    codes, died = event.get("codes", ()), set(event.get("died", ()))
    sources = event.get("sources") or [-1] * len(codes)
    strategy = str(event.get("strategy", ""))
    return [
        FrameEvent(event["step"], event["level"], code, strategy, source, code in died)
        for code, source in zip(codes, sources, strict=False)
    ]


def _sizes_words(levels: list[Any] | None) -> str:
    sizes = [level.get("codebook_size") for level in levels or [] if isinstance(level, dict)]
    return ", ".join(f"{size:,} codes" for size in sizes if isinstance(size, int)) or "not readable"
