"""Dumps as JSON lines: a list of indices a line, or an object with one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from explorer.dumps.arrays import FIELDS, Dump, gather_rows, listed_dump
from explorer.dumps.places import DumpFile
from explorer.foundation.errors import RecordError

LINE_CHARACTERS = 2**27


def read_json_lines(file: DumpFile, field: str | None = None) -> Dump:
    """Each line a medium. field: of objects, if it is none of FIELDS.

    Raises RecordError where no line holds indices, or for what is no text.
    """

    def lines() -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
        with io.TextIOWrapper(file.open(), "utf-8-sig", errors="strict") as text:
            number = 0
            while line := _next_line(text, file.name):
                number += 1
                if line.strip():
                    name = f"{file.name}, line {number:,}"
                    yield name, partial(_line, name, line, field)

    return listed_dump(file.name, "line", lambda: gather_rows(lines()), f"{file.name!r} holds no lines.")


def _next_line(text: io.TextIOWrapper, name: str) -> str:
    try:
        return text.readline(LINE_CHARACTERS)
    except UnicodeDecodeError as error:
        raise RecordError(f"{name!r} is no text in UTF-8.") from error


def _value(name: str, line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{name}: this is no JSON.") from error


def _line(name: str, line: str, field: str | None) -> np.ndarray:
    return indices_in(name, _value(name, line), field)


def indices_in(name: str, value: object, field: str | None) -> np.ndarray:
    """The indices of a list, or of an object with one. Raises RecordError, naming the line or file."""
    if isinstance(value, dict):
        wanted = [field] if field is not None else [one for one in FIELDS if one in value]
        if not wanted or wanted[0] not in value:
            there = ", ".join(map(str, list(value)[:10])) or "none"
            named = f"no field {field!r}" if field is not None else "none of the fields " + ", ".join(FIELDS)
            raise RecordError(f"{name}: it has {named}; it has: {there}. Name the field of the tokens (--field).")
        value = value[wanted[0]]
    elif field is not None:
        raise RecordError(f"{name}: it has no field {field!r}, since it is no object with fields.")
    try:
        array = np.array(value)
    except ValueError as error:
        raise RecordError(f"{name}: its lists are of different lengths, so they are no array.") from error
    if array.ndim < 1 or array.dtype.kind not in "iuf" or not array.size:
        raise RecordError(f"{name}: it holds no list of whole numbers.")
    return array
