"""The lines of a recording: a log in segments that is only appended to, and whose oldest lines are thinned."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explorer.foundation.errors import RecordError
from explorer.foundation.files import write_atomically
from explorer.foundation.plain_json import parse_json
from explorer.joints.files.recording.layout import segment_name, segments_of

LINE_BYTES = 2**25  # of one that is read: a reseed of 2^22 codes has as many
SEGMENTS = 16  # that the budget is divided into, so that thinning rewrites a small part


def encode(value: Any) -> str:
    """JSON of one line: floats with 7 digits, as float32 has; NaN as null, infinity as 1e999, which all can read."""
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=True).replace("Infinity", "1e999")


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else (value if math.isinf(value) else float(f"{value:.7g}"))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def parse_lines(data: bytes) -> tuple[list[dict[str, Any]], int, int]:
    """(objects, lines that are none, bytes up to the end of the last whole line)."""
    whole = data.rfind(b"\n") + 1
    objects, damaged = [], 0
    for line in data[:whole].splitlines():
        try:
            parsed = parse_json(line, "a line", LINE_BYTES)
        except (ValueError, RecordError):  # also of bytes that are no text
            parsed = None
        if isinstance(parsed, dict):
            objects.append(parsed)
        elif line.strip(b"\0 "):
            damaged += 1
    return objects, damaged, whole


class LineLog:
    """The writing side. A file is opened for each line, so that a folder that went away is noticed."""

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        """Goes on where the folder's lines end; half a line that a killed process left is closed off."""
        self._folder, self._budget = folder, budget_bytes
        self._sizes = {number: path.stat().st_size for number, (_, path) in segments_of(folder).items()}
        self._number = max(self._sizes, default=0)
        self._heal()

    def _heal(self) -> None:
        entry = segments_of(self._folder).get(self._number)
        if entry is not None and entry[1].stat().st_size:
            with entry[1].open("rb+") as file:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")

    def add(self, entry: dict[str, Any]) -> None:
        """Append a line. Raises OSError if the disk refuses; then nothing of it stays."""
        data = (encode(entry) + "\n").encode()
        found = segments_of(self._folder).get(self._number)
        path = found[1] if found else self._folder / segment_name(self._number, 0)
        with path.open("ab", buffering=0) as file:
            start = file.tell()
            try:
                if file.write(data) != len(data):
                    raise OSError(28, "the disk took only a part of a line")
            except OSError:
                file.truncate(start)
                raise
            self._sizes[self._number] = start + len(data)
        if self._sizes[self._number] > self._budget // SEGMENTS:
            self._number += 1
        if sum(self._sizes.values()) > self._budget:
            self._thin()

    def _thin(self) -> None:
        """The oldest half of the segments, each to about half of its size."""
        segments = segments_of(self._folder)
        for number in [number for number in segments if number < self._number][: SEGMENTS // 2]:
            generation, path = segments[number]
            objects, _, _ = parse_lines(path.read_bytes())
            data = "".join(encode(one) + "\n" for one in thin(objects)).encode()
            write_atomically(self._folder / segment_name(number, generation + 1), data)
            path.unlink()
            self._sizes[number] = len(data)


def thin(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shorter lines that say less: first without the numbers of single codes; of those that have none every second one,
    which takes in the reseeds of the one before."""
    if any("codes" in event for one in objects for event in one.get("events", ())):
        return [_forget_codes(one) for one in objects]
    kept: list[dict[str, Any]] = []
    for one in objects:
        before = kept[-1] if kept else {}
        if "record" in one and "record" in before and not before.get("paired") and one["step"] > before["step"]:
            kept.pop()
            events = [*before.get("events", ()), *one.get("events", ())]
            one = {**one, "paired": True, "records": before.get("records", 1) + one.get("records", 1)}
            if events:
                one["events"] = list(_join(events))
        kept.append(one)
    return [{name: value for name, value in one.items() if name != "paired"} for one in kept]


def _forget_codes(one: dict[str, Any]) -> dict[str, Any]:
    if not one.get("events"):
        return one
    known = ("step", "level", "strategy", "count", "again")
    return {**one, "events": [{name: event[name] for name in known if name in event} for event in one["events"]]}


def _join(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Reseeds of one level and strategy as one, at the last of their steps."""
    by: dict[tuple[int, str], dict[str, Any]] = {}
    for event in events:
        held = by.setdefault((event["level"], event["strategy"]), {**event, "count": 0, "again": 0})
        held["count"] += event["count"]
        held["again"] += event["again"]
        held["step"] = max(held["step"], event["step"])
    yield from by.values()
