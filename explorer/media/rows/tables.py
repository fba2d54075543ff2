"""A table of text as numbers: what is text is left out or refused, by column and line, and gaps are told."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.foundation.words import count_of
from explorer.joints.columns import Column
from explorer.media.rows.text import TextTable, may_part_thousands, number_of, open_table


@dataclass(frozen=True)
class Table:
    """values: (rows, D) float64, NaN where a cell is a gap. words: columns of text, by name, as long as the rows.

    more: whether rows were left out behind the last one that was wanted. notes: what may have been read otherwise.
    """

    values: np.ndarray
    columns: tuple[Column, ...]
    words: dict[str, list[str]]
    more: bool
    notes: tuple[str, ...] = ()


def read_table(data: bytes, most_values: int, numbers_only: Collection[str] | None = None) -> Table:
    """A .csv as numbers, at most `most_values` of them. Raises MediaError that names the line at fault.

    numbers_only: columns (lower case) in which a word among numbers is a fault; in others it makes them words. All if
    None.
    """
    opened = open_table(data)
    numbers, cells, more = _collected(opened, max(2, most_values // len(opened.columns)))
    if not cells:
        raise MediaError("The table has a line of names and no rows under it.")
    words: dict[str, list[str]] = {}
    kept: list[tuple[Column, list[float]]] = []
    notes: list[str] = []
    for place, column in enumerate(opened.columns):
        told = [row[place] for row in cells]
        found = [number_of(cell) for cell in told]
        strict = numbers_only is None or column.name.casefold() in numbers_only
        if _is_text(found) or (not strict and any(value is None for value in found)):
            words[column.name] = told
        else:
            kept.append((column, _checked(column, found, told, numbers)))
            comma = may_part_thousands(told)
            if comma:
                notes.append(
                    f"Column {column.name!r}: the comma of {comma!r} is read as a decimal point. If it parts "
                    "thousands, take it out."
                )
    if not kept:
        names = ", ".join(list(words)[:4])
        raise MediaError(f"No column of the table holds numbers ({names}). Give at least one column of numbers.")
    return Table(
        np.array([values for _, values in kept]).T, tuple(column for column, _ in kept), words, more, tuple(notes)
    )


def _collected(opened: TextTable, most: int) -> tuple[list[int], list[list[str]], bool]:
    """Numbers of lines, their cells, and whether there are more. Raises MediaError for a line of another length."""
    numbers: list[int] = []
    cells: list[list[str]] = []
    width = len(opened.columns)
    for number, row in opened.lines:
        if len(cells) == most:
            return numbers, cells, True
        if len(row) > width and not any(row[width:]):  # a separator at the end of the line
            row = row[:width]
        if len(row) != width:
            raise MediaError(
                f"Line {number} has {count_of(len(row), 'cell')}, and the first has {width}. Every line needs as many."
            )
        numbers.append(number)
        cells.append(row)
    return numbers, cells, False


def _is_text(found: list[float | None]) -> bool:
    """Whether a column holds words: more than half of what stands in it is no number."""
    words = sum(value is None for value in found)
    numbers = sum(value is not None and not math.isnan(value) for value in found)
    return words > numbers


def _checked(column: Column, found: list[float | None], told: list[str], numbers: list[int]) -> list[float]:
    for value, cell, number in zip(found, told, numbers, strict=True):
        if value is None:
            raise MediaError(
                f"Line {number}, column {column.name!r}: {cell[:40]!r} is no number. Write a number, or leave the cell "
                "empty for a gap."
            )
        if math.isinf(value):
            raise MediaError(f"Line {number}, column {column.name!r}: the value is infinite. Replace it.")
    return found  # type: ignore[return-value]
