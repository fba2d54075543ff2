"""Dumps as CSV: a row of tokens a line, one token a line, or a column that holds tokens or lists of them.

A line with nothing on it is none, to csv and pandas as here. One of quotes or separators alone is one: pandas writes a
value that is missing as `""` where a line has one column, and reads it back. So nothing is lost without a word: it is a
token that is missing where a line holds one, which is to be padding, and else a line without tokens, which is told.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

import numpy as np

from explorer.dumps.arrays import (
    FIELDS,
    Dump,
    DumpArray,
    Item,
    Items,
    Part,
    gather_rows,
    items_between,
    listed_dump,
    single,
)
from explorer.dumps.json_lines import check_text, open_text
from explorer.dumps.line_index import LINE_CHARACTERS, LineIndex
from explorer.dumps.places import DumpFile
from explorer.foundation.cells import split_cells
from explorer.foundation.errors import RecordError
from explorer.foundation.numerals import is_plain

SEPARATORS = (",", "\t", ";")  # between cells; within a cell that holds a list also blanks
INT64_DIGITS = 19  # a text that is shorter spells a number that is an int64, unless it is a float
_FLOAT = re.compile("[.eEnN]")  # of "0.5", "1e3", "nan" and "inf"


@dataclass(frozen=True)
class _Form:
    """separator: of the cells. header: whether the first line names columns. cells: those of a line that hold tokens.
    each: one token a line."""

    separator: str
    header: bool
    cells: slice
    each: bool


def read_csv(file: DumpFile, field: str | None = None) -> Dump:
    """A line is a medium; or all lines are one row, where each holds one token.

    field: the column, of a file whose first line names them. Raises RecordError where nothing is told or read.
    """
    form = _form(file, field)
    if form.each:
        return single(_one_row(file, form))

    index = LineIndex(file)

    def lines(passed: int = 0, start: int = 0) -> Iterator[Item]:
        for number, name, cells in _lines(file, form, passed, start):
            yield number - 1, name, partial(_numbers, name, cells)

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return gather_rows(items_between(lines(), first, stop))

    def jump(first: int, stop: int | None) -> Iterator[Part]:
        start = index.find(first, quotes=False) if first and first >= _first_line(file, form) else None
        begin = 0 if start is None else first
        return gather_rows(items_between(lines(begin, start or 0), first, stop, begin))

    items = Items(index.count, parts, jump, index.cut)
    return listed_dump(file.name, "line", items, f"{file.name!r} holds no lines.")


def _form(file: DumpFile, field: str | None) -> _Form:
    with open_text(file, 0, newline="") as text:
        try:
            lines = iter(lambda: check_text(text.readline(LINE_CHARACTERS)), "")
            first = next((line for line in lines if line.strip()), "")
            separator = max(SEPARATORS, key=first.count)
            cut = (cells for _, cells in split_cells(chain([first] if first else [], lines), separator))
            rows = list(islice(filter(any, cut), 2))
        except UnicodeDecodeError as error:
            raise RecordError(f"{file.name!r} is no text in UTF-8.") from error
        except csv.Error as error:
            raise RecordError(f"{file.name!r} is no CSV. {error}") from error
    if not rows:
        raise RecordError(f"{file.name!r} holds no lines.")
    names = [cell.strip() for cell in rows[0]]
    index = int(len(names) > 1 and not names[0])  # pandas writes its index first, without a name
    header = any(_is_word(cell) for cell in names) or names[index:] == [str(n) for n in range(len(names) - index)] != [
        "0"
    ]
    if field is not None and (not header or field not in names):
        told = f"it has: {', '.join(names[:10])}" if header else "its first line names none"
        raise RecordError(f"{file.name!r} has no column {field!r}; {told}.")
    if header and len(rows) == 1:
        raise RecordError(f"{file.name!r} holds no lines, only names of columns.")
    if header and (many := _last_filled(rows[1])) > len(names):
        raise RecordError(
            f"{file.name!r}: its first line names fewer columns ({len(names):,}) than the next has cells ({many:,}). "
            "Name all of them or none, and put a list within a cell between quotes."
        )
    cells = slice(index if header else 0, None)  # without names a gap at the beginning is a token that is missing
    if field is not None or (header and any(_is_word(cell) for cell in names)):
        column = _column(file.name, names[index:], field) + index
        cells = slice(column, column + 1)
    return _Form(separator, header, cells, len(_split(rows[-1][cells])) == 1)


def _column(name: str, names: list[str], field: str | None) -> int:
    known = [field] if field is not None else [one for one in FIELDS if one in names] or names
    if len(known) > 1 and known is names:
        raise RecordError(
            f"{name!r} has several columns: {', '.join(names[:10])}. Name the one of the tokens (--field)."
        )
    return names.index(known[0])


def _is_word(cell: str) -> bool:
    """Whether a cell is a name: no number, and no list of them."""
    return not all(map(_is_number, _split([cell])))


def _first_line(file: DumpFile, form: _Form) -> int:
    """How many lines there are up to the names of columns: 0 where there are none."""
    if not form.header:
        return 0
    with open_text(file, 0, newline="") as text:
        return next((number for number, cells in split_cells(map(check_text, text), form.separator) if any(cells)), 0)


def _lines(file: DumpFile, form: _Form, passed: int = 0, start: int = 0) -> Iterator[tuple[int, str, list[str]]]:
    """(number from 1, name, cells that may hold tokens) of every line on which there is anything, separators and quotes
    too. start: byte behind so many lines that were passed."""
    with open_text(file, start, newline="") as text:
        number, rows = passed, split_cells(map(check_text, text), form.separator, passed=passed)
        try:
            if form.header and not start:
                next((cells for _, cells in rows if any(cells)), None)
            for number, cells in rows:
                if cells:
                    yield number, f"{file.name}, line {number:,}", cells[form.cells]
        except csv.Error as error:
            raise RecordError(f"{file.name}: this is no CSV. {error}") from error
        except UnicodeDecodeError as error:
            raise RecordError(f"{file.name}, after line {number:,}: this is no CSV ({error}).") from error


def _one_row(file: DumpFile, form: _Form) -> DumpArray:
    """One token a line: they are counted first, so that it is known how many there are. A line with nothing on it is
    none; one of quotes or separators alone is a token that is missing, as pandas writes and reads it."""
    size, whole = 0, True
    for _, name, cells in _lines(file, form):
        many = _last_filled(cells)
        whole = whole and many > 0 and all(len(cell) < INT64_DIGITS and not _FLOAT.search(cell) for cell in cells)
        if many and len(_split(cells)) != 1:
            raise RecordError(f"{name}: it holds {len(_split(cells)):,} tokens, the lines before it one each.")
        size += 1
    dtype = np.dtype(np.int64 if whole else np.float64)

    def read(first: int, stop: int, length: int) -> Iterator[np.ndarray]:
        kept: list[np.ndarray] = []
        for number, (_, name, cells) in enumerate(_lines(file, form)):
            if first <= number < stop:
                kept.append(_numbers(name, cells if _last_filled(cells) else ["nan"]))
                if len(kept) == length or number == stop - 1:
                    yield np.concatenate(kept).astype(dtype)
                    kept = []

    return DumpArray(file.name, (size,), dtype, read)


def _split(cells: list[str]) -> list[str]:
    """The numbers as text: of a cell with a list such as "[1, 2, 3]" or "1 2 3"; or of cells, where a gap before the
    last of them is a token that is missing."""
    if len(cells) == 1:
        return cells[0].strip("[]() \n").replace(",", " ").replace(";", " ").split()
    return [cell if cell.strip() else "nan" for cell in cells[: _last_filled(cells)]]


def _last_filled(cells: list[str]) -> int:
    """How many cells there are up to the last that holds anything."""
    return max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _numbers(name: str, cells: list[str]) -> np.ndarray:
    """(n,) int64, or float64 where any is written so; "nan" is one, as padding. Raises RecordError for other cells."""
    parts = _split(cells)
    if not parts:
        raise RecordError(f"{name}: it holds no tokens.")
    if is_plain("".join(parts)):
        with suppress(ValueError, OverflowError):
            return np.array([int(part) for part in parts], np.int64)
        with suppress(ValueError):
            return np.array([float(part) for part in parts], np.float64)
    wrong = next((part for part in parts if not _is_number(part)), parts[0])
    raise RecordError(f"{name}: {wrong[:40]!r} is no whole number in plain digits.")


def _is_number(part: str) -> bool:
    with suppress(ValueError):
        float(part)
        return is_plain(part)
    return False
