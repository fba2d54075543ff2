"""The text of a table: which letters, which separator, which lines name columns, and the cells of the others.

Every failure is a MediaError that names the line and the column as an editor counts them, from 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from explorer.foundation.cells import split_cells
from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column, plain_columns

SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 20  # lines that decide on the separator
HEAD_BYTES = 65_536
MOST_COLUMNS = 128
LONGEST_CELL = 131_072  # characters
GAPS = ("", "na", "nan", "n/a", "null", "none", "-", "?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z|[+-]?(inf|infinity)\Z", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?\Z")  # a decimal comma
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}\Z")  # or a decimal comma before three digits
_UNIT = re.compile(r"\A(.*\S)\s*[\[(]([^\])]{0,20})[\])]\s*\Z")


@dataclass(frozen=True)
class TextTable:
    """columns: named by the file, or numbered. lines: (number, cells) of each line under the names."""

    columns: tuple[Column, ...]
    lines: Iterator[tuple[int, list[str]]]


def looks_like_table(data: bytes) -> bool:
    """Whether it is text of which most lines have as many cells, and a column of these mostly numbers.

    A table with a line too long or a word where a number should be is one, so that what is wrong in it can be said.
    """
    try:
        text = decode_text(data[:HEAD_BYTES])
        whole = text if len(data) <= HEAD_BYTES else text.rpartition("\n")[0]
        rows = [cells for _, cells in islice(_rows(whole, separator_of(whole)), LOOKED_AT + 2)]
    except MediaError:
        return False
    body = rows[1:] or rows
    widths = [len(cells) for cells in body]
    usual = max(set(widths), key=widths.count, default=0)
    lines = [cells for cells in body if len(cells) == usual]
    if 2 * len(lines) <= len(body):
        return False
    return any(2 * sum(is_number(cells[place]) for cells in lines) > len(lines) for place in range(usual))


def decode_text(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, or else Windows' letters. Raises MediaError for no text.

    Lines that end in a carriage return alone, as of old Macintoshes, end in a line feed then.
    """
    text = _decoded(data)
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise MediaError("This text says that it is UTF-16 and is not. Save it as UTF-8.") from error
    if b"\0" in data:
        raise MediaError("This file is no text: it holds zero bytes. Give a .csv or a .npy.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > len(data) - 4:  # cut within a letter
            return data[: error.start].decode("utf-8-sig")
        return data.decode("cp1252", "replace")


def separator_of(text: str) -> str:
    """What stands between cells: the separator that cuts most of the first lines alike; white space if none does."""
    head = text[:HEAD_BYTES].splitlines()[: LOOKED_AT + 5]
    lines = [line for line in head if line.strip() and not line.startswith("#")]
    best, most = "", 0
    for separator in SEPARATORS:
        counts = [len(next(csv.reader([line], delimiter=separator), [])) for line in lines]
        usual = max(set(counts), key=counts.count) if counts else 1
        alike = counts.count(usual) if usual > 1 else 0
        decimal = separator == "," and any(_COMMA.match(c.strip()) for line in lines for c in line.split(";")[:2])
        if alike > most and not (decimal and ";" in lines[-1]):
            best, most = separator, alike
    alone = not best and len(lines) > 1 and all(len(line.split()) == 1 for line in lines[1:])
    return "," if alone else best  # one column, whose name may have several words


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, cells) of every line that is neither empty nor a remark."""
    lines = io.StringIO(text, newline="")
    parted = split_cells(lines, separator, LONGEST_CELL) if separator else None
    rows = parted or enumerate((line.split() for line in io.StringIO(text)), 1)
    try:
        for number, read in rows:
            cells = [cell.strip() for cell in read]
            if any(cells) and not cells[0].startswith("#"):
                yield number, cells
    except csv.Error as error:
        raise MediaError(str(error)) from error


def open_table(data: bytes) -> TextTable:
    """The columns of a table and its lines, which are not read yet. Raises MediaError."""
    text = decode_text(data)
    separator = separator_of(text)
    rows = _rows(text, separator)
    first = next(rows, None)
    if first is None:
        raise MediaError("The table has no lines: there is nothing in it.")
    number, cells = first
    if len(cells) > MOST_COLUMNS:
        raise MediaError(
            f"Line {number} has {len(cells):,} columns; {MOST_COLUMNS} is the most. Choose some of them, or turn the "
            "table if its rows are columns."
        )
    if any(is_number(cell) or cell.lower() in GAPS for cell in cells) and not _names(cells):
        return TextTable(plain_columns(len(cells)), _with(first, rows))
    columns, second = _named(cells), next(rows, None)
    if second is not None and _are_units(second[1], columns):
        columns = tuple(Column(one.name, unit) for one, unit in zip(columns, second[1], strict=True))
        second = None
    return TextTable(columns, rows if second is None else _with(second, rows))


def _with(first: tuple[int, list[str]], rest: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rest


def _names(cells: list[str]) -> bool:
    """Whether the cells of the first line name columns: no number stands among them but gaps do."""
    return not any(is_number(cell) for cell in cells) and any(cell.lower() not in GAPS for cell in cells)


def _named(cells: list[str]) -> tuple[Column, ...]:
    """ "shoulder [rad]" or "shoulder (rad)" -> a column with its unit; empty and repeated names are numbered."""
    found: list[Column] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        with_unit = _UNIT.match(cell)
        name, unit = (with_unit[1], with_unit[2].strip()) if with_unit else (cell, "")
        name = name[:60] or f"column {number}"
        while name in taken:
            name = f"{name} ({number})"
        taken.add(name)
        found.append(Column(name, unit))
    return tuple(found)


def _are_units(cells: list[str], columns: tuple[Column, ...]) -> bool:
    """Whether a second line says units: as many short words as there are columns, none of them a number."""
    fits = len(cells) == len(columns) and not any(column.unit for column in columns)
    return fits and all(len(cell) <= 12 and not is_number(cell) and cell.lower() not in GAPS for cell in cells)


def is_number(cell: str) -> bool:
    return bool(_NUMBER.match(cell) or _COMMA.match(cell))


def may_part_thousands(cells: Iterable[str]) -> str:
    """The first cell with a comma, where every such one has three digits behind it, as thousands have; else ""."""
    commas = [cell for cell in cells if "," in cell]
    return commas[0] if commas and all(map(_THOUSANDS.match, commas)) else ""


def number_of(cell: str) -> float | None:
    """The number of a cell, NaN for a gap, None for text."""
    if _NUMBER.match(cell):
        return float(cell)
    if cell.lower() in GAPS:
        return float("nan")
    return float(cell.replace(",", ".")) if _COMMA.match(cell) else None
