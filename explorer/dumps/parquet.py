"""Dumps as Parquet: a column of lists (a row is a medium), or of single tokens (all are one row).

Format: https://parquet.apache.org/docs/file-format/ ; read by pyarrow, a few rows at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from explorer.dumps.arrays import ROWS_AT_ONCE, Dump, DumpArray, Items, Part, listed_dump, single
from explorer.dumps.columns import (
    arrow_errors,
    choose_column,
    column_dtype,
    is_list_column,
    parts_of,
    plain_column,
    rows_between,
)
from explorer.dumps.places import DumpFile

READ_BYTES = 2**20  # of a column that are read at a time


def read_parquet(file: DumpFile, field: str | None = None) -> Dump:
    """Raises RecordError for what is damaged, or has no column of tokens."""
    with arrow_errors(file.name), file.open() as opened:
        table = pq.ParquetFile(opened)
        schema, rows = table.schema_arrow, table.metadata.num_rows
        column = choose_column(file.name, schema, field)
        runs = _runs(table, _rows_at_once(table, column))
    if not is_list_column(schema, column):
        read = partial(_tokens, file, column, runs)
        return single(DumpArray(file.name, (rows,), column_dtype(schema, column), read))

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return parts_of(file.name, rows_between(_batches(file, column, runs), first, stop), column)

    def jump(first: int, stop: int | None) -> Iterator[Part]:
        ahead = _runs_from(runs, first)
        return parts_of(file.name, rows_between(_batches(file, column, ahead), first, stop, ahead[0].first), column)

    return listed_dump(file.name, "row", Items(lambda: rows, parts, jump), f"{file.name!r} holds no rows.")


@dataclass(frozen=True)
class _Run:
    """Row groups that follow each other and are read together, `batch` rows at a time; first: number of their first
    row. They are the same wherever reading begins, and so are the batches."""

    first: int
    groups: range
    batch: int


def _runs(table: Any, batch: int) -> tuple[_Run, ...]:
    """All row groups: so many together that they have `batch` rows, or one that has more; one run at least."""
    runs, first, start, rows = [], 0, 0, 0
    for number in range(table.metadata.num_row_groups):
        rows += table.metadata.row_group(number).num_rows
        if rows >= batch:
            runs.append(_Run(first, range(start, number + 1), batch))
            first, start, rows = first + rows, number + 1, 0
    if rows or not runs:
        runs.append(_Run(first, range(start, table.metadata.num_row_groups), batch))
    return tuple(runs)


def _runs_from(runs: tuple[_Run, ...], row: int) -> tuple[_Run, ...]:
    """Those from the one on that holds a row."""
    return runs[bisect_right(runs, row, key=lambda run: run.first) - 1 :]


def _batches(file: DumpFile, column: str, runs: tuple[_Run, ...]) -> Iterator[Any]:
    with arrow_errors(file.name), file.open() as opened:
        table = pq.ParquetFile(opened, buffer_size=READ_BYTES, pre_buffer=False)  # else it holds the whole column
        for run in runs:
            yield from table.iter_batches(run.batch, row_groups=list(run.groups), columns=[column])


def _rows_at_once(table: Any, column: str) -> int:
    """So many that they hold about ROWS_AT_ONCE tokens, and no more than 2^16."""
    values = rows = 0
    for number in range(table.metadata.num_row_groups):
        group = table.metadata.row_group(number)
        rows += group.num_rows
        of = (group.column(i) for i in range(group.num_columns))
        values += sum(one.num_values for one in of if one.path_in_schema.split(".")[0] == column)
    return max(1, min(2**16, ROWS_AT_ONCE * rows // max(1, values)))


def _tokens(
    file: DumpFile, column: str, runs: tuple[_Run, ...], first: int, stop: int, length: int
) -> Iterator[np.ndarray]:
    ahead = _runs_from(runs, first)
    arrays = (plain_column(batch, column) for batch in _batches(file, column, ahead))
    return recut(arrays, first, stop, length, ahead[0].first)


def recut(arrays: Iterator[np.ndarray], first: int, stop: int, length: int, at: int = 0) -> Iterator[np.ndarray]:
    """The values from `first` to `stop` of arrays (n,) that follow each other from value `at`, `length` at a time."""
    kept, have = [], 0
    for array in arrays:
        some = array[max(0, first - at) : max(0, stop - at)]
        at += len(array)
        while len(some):
            part = some[: length - have]
            kept.append(part)
            have, some = have + len(part), some[len(part) :]
            if have == length:
                yield np.concatenate(kept)
                kept, have = [], 0
        if at >= stop:
            break
    if kept:
        yield np.concatenate(kept)
