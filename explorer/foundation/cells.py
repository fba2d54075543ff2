"""Text of separated values, cut into cells by csv with a bound that belongs to the reader and not to the process."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

LONGEST_CELL = 2**27  # characters: a cell of a dump may hold all tokens of a medium
csv.field_size_limit(
    LONGEST_CELL
)  # csv has one bound for all readers of a process: set once, here; theirs is `longest`
END = "end"  # a line behind the last: a row of its own, unless a quote stands open


def split_cells(
    lines: Iterable[str], separator: str, longest: int = LONGEST_CELL, passed: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """(number of the last line read, cells), a row at a time; a quoted cell may go on over lines.

    lines: with their ends. separator: one character. longest: characters that a cell may have. passed: lines before
    them, which count.
    Raises csv.Error, whose text names the line, where a row is no CSV, a cell is longer, or a quote stands open at the
    end: csv takes what is behind it for one cell.
    """
    ended = False

    def and_end() -> Iterator[str]:
        nonlocal ended
        yield from lines
        ended = True
        yield END

    rows, before = csv.reader(and_end(), delimiter=separator), passed
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(f"Line {passed + rows.line_num:,} cannot be read: {error}.") from error
        if ended and cells == [END]:
            return
        if any(len(cell) > longest for cell in cells):
            raise csv.Error(
                f"Line {passed + rows.line_num - ended:,} cannot be read: a cell has more than {longest:,} characters. "
                "A quote may stand open."
            )
        if ended:
            raise csv.Error(f"Line {before + 1:,} cannot be read: a quote stands open that nothing closes.")
        before = passed + rows.line_num
        yield before, cells
