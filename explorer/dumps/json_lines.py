"""Dumps as JSON lines: a list of indices a line, or an object with one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import partial

import numpy as np

from explorer.dumps.arrays import FIELDS, Dump, Item, Items, Part, gather_rows, items_between, listed_dump
from explorer.dumps.line_index import LINE_CHARACTERS, LineIndex
from explorer.dumps.places import DumpFile
from explorer.foundation.errors import RecordError


def read_json_lines(file: DumpFile, field: str | None = None) -> Dump:
    """Each line a medium. field: of objects, if it is none of FIELDS.

    Raises RecordError where no line holds indices, or for what is no text.
    """

    index = LineIndex(file)

    def lines(number: int = 0, start: int = 0) -> Iterator[Item]:
        """From the line of that number on, which begins at that byte."""
        with open_text(file, start) as text:
            while line := _next_line(text, file.name):
                number += 1
                if line.strip():
                    name = f"{file.name}, line {number:,}"
                    yield number - 1, name, partial(_line, name, line, field)

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return gather_rows(items_between(lines(), first, stop))

    def jump(first: int, stop: int | None) -> Iterator[Part]:
        start = index.find(first)
        begin = 0 if start is None else first
        return gather_rows(items_between(lines(begin, start or 0), first, stop, begin))

    items = Items(index.count, parts, jump, index.cut)
    return listed_dump(file.name, "line", items, f"{file.name!r} holds no lines.")


def open_text(file: DumpFile, start: int, newline: str | None = None) -> io.TextIOWrapper:
    """The text from a byte on, whose lines `check_text` tells to be in UTF-8. newline: as of `open`."""
    opened = file.open()
    if start:
        opened.seek(start)
    encoding = "utf-8" if start else "utf-8-sig"  # a mark of it stands at the beginning alone
    return io.TextIOWrapper(opened, encoding, "surrogateescape", newline)  # strict, it fails some lines too early


def check_text(line: str) -> str:
    """A line of `open_text`. Raises UnicodeDecodeError where its bytes are no UTF-8."""
    return line if line.isascii() else line.encode("utf-8", "surrogateescape").decode("utf-8")


def _next_line(text: io.TextIOWrapper, name: str) -> str:
    try:
        return check_text(text.readline(LINE_CHARACTERS))
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
