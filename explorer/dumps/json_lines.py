"""Dumps as JSON lines: a list of indices a line, or an object with one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import numpy as np

from explorer.dumps.arrays import FIELDS, Dump, Item, Items, Part, gather_rows, items_between, listed_dump
from explorer.dumps.places import DumpFile
from explorer.foundation.errors import RecordError

LINE_CHARACTERS = 2**27
READ_BYTES = 2**20


def read_json_lines(file: DumpFile, field: str | None = None) -> Dump:
    """Each line a medium. field: of objects, if it is none of FIELDS.

    Raises RecordError where no line holds indices, or for what is no text.
    """

    def lines() -> Iterator[Item]:
        with io.TextIOWrapper(file.open(), "utf-8-sig", errors="strict") as text:
            number = 0
            while line := _next_line(text, file.name):
                number += 1
                if line.strip():
                    name = f"{file.name}, line {number:,}"
                    yield number - 1, name, partial(_line, name, line, field)

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return gather_rows(items_between(lines(), first, stop))

    return listed_dump(file.name, "line", Items(partial(count_lines, file), parts), f"{file.name!r} holds no lines.")


def count_lines(file: DumpFile) -> int:
    """Lines with what stands behind the last one; a file of other ends of lines than \\n may have more."""
    with closing(file.open()) as opened:
        return 1 + sum(some.count(b"\n") for some in iter(partial(opened.read, READ_BYTES), b""))


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
    if array.ndim < 1 or array.dtype.kind not in "iuf" or not array.size or _has_bools(value):
        raise RecordError(f"{name}: it holds no list of whole numbers.")
    return array


def _has_bools(value: object) -> bool:
    """Whether a list, or one in it, holds true or false, which numpy takes for 1 and 0 where numbers stand beside."""
    if not isinstance(value, list):
        return isinstance(value, bool)
    kinds = set(map(type, value))
    return bool in kinds or (list in kinds and any(map(_has_bools, value)))
