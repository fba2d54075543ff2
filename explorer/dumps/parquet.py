"""Dumps as Parquet: a column of lists (a row is a medium), or of single tokens (all are one row).

Format: https://parquet.apache.org/docs/file-format/ ; read by pyarrow, a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    if not is_list_column(schema, column):
        read = partial(_tokens, file, column)
        return single(DumpArray(file.name, (rows,), column_dtype(schema, column), read))

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return parts_of(file.name, rows_between(_batches(file, column), first, stop), column)

    return listed_dump(file.name, "row", Items(lambda: rows, parts), f"{file.name!r} holds no rows.")


def _batches(file: DumpFile, column: str, rows: int | None = None) -> Iterator[Any]:
    with arrow_errors(file.name), file.open() as opened:
        table = pq.ParquetFile(opened, buffer_size=READ_BYTES)
        yield from table.iter_batches(rows or _rows_at_once(table, column), columns=[column])


def _rows_at_once(table: Any, column: str) -> int:
    """So many that they hold about ROWS_AT_ONCE tokens."""
    values = rows = 0
    for number in range(table.metadata.num_row_groups):
        group = table.metadata.row_group(number)
        rows += group.num_rows
        of = (group.column(i) for i in range(group.num_columns))
        values += sum(one.num_values for one in of if one.path_in_schema.split(".")[0] == column)
    return max(1, min(2**16, ROWS_AT_ONCE * rows // max(1, values)))


def _tokens(file: DumpFile, column: str, first: int, stop: int, length: int) -> Iterator[np.ndarray]:
    return recut((plain_column(batch, column) for batch in _batches(file, column, 2**18)), first, stop, length)


def recut(arrays: Iterator[np.ndarray], first: int, stop: int, length: int) -> Iterator[np.ndarray]:
    """The values from `first` to `stop` of arrays (n,) that follow each other, `length` at a time."""
    kept, have, at = [], 0, 0
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
