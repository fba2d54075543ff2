"""Text of separated values, cut into cells by csv with a bound that belongs to the reader and not to the process."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

LONGEST_CELL = 2**27  # characters: a cell of a dump may hold all tokens of a medium
csv.field_size_limit(
    LONGEST_CELL
)  # csv has one bound for all readers of a process: set once, here; theirs is `longest`


def split_cells(lines: Iterable[str], separator: str, longest: int = LONGEST_CELL) -> Iterator[tuple[int, list[str]]]:
    """(number of the last line read, cells), a row at a time; a quoted cell may go on over lines.

    lines: with their ends. separator: one character. longest: characters that a cell may have.
    Raises csv.Error, whose text names the line, where a row is no CSV or a cell is longer: most often by a quote that
    nothing closes.
    """
    rows = csv.reader(lines, delimiter=separator)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(f"Line {rows.line_num:,} cannot be read: {error}.") from error
        if any(len(cell) > longest for cell in cells):
            raise csv.Error(
                f"Line {rows.line_num:,} cannot be read: a cell has more than {longest:,} characters. A quote may "
                "stand open."
            )
        yield rows.line_num, cells
