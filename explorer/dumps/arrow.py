"""Dumps as Arrow: files (also called Feather) and streams, which `datasets` writes; a column as in Parquet.

Format: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import accumulate, islice
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.dumps.arrays import Dump, DumpArray, Items, Part, listed_dump, single
from explorer.dumps.columns import (
    arrow_errors,
    choose_column,
    column_dtype,
    is_list_column,
    parts_of,
    plain_column,
    rows_between,
)
from explorer.dumps.parquet import recut
from explorer.dumps.places import DumpFile
from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import RecordError

MAGIC = b"ARROW1"


def read_arrow(file: DumpFile, field: str | None = None) -> Dump:
    """Raises RecordError for what is damaged, or has no column of tokens."""
    with arrow_errors(file.name), _opened(file) as reader:
        schema = reader.schema
    column = choose_column(file.name, schema, field)
    if not is_list_column(schema, column):
        sizes = tuple(batch.num_rows for batch in _batches(file))
        read = partial(_tokens, file, column, sizes)
        return single(DumpArray(file.name, (sum(sizes),), column_dtype(schema, column), read))

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return parts_of(file.name, rows_between(_batches(file), first, stop), column)

    return listed_dump(file.name, "row", Items(partial(_count, file), parts), f"{file.name!r} holds no rows.")


def _count(file: DumpFile) -> int:
    """How many rows there are, up to what is damaged."""
    many = 0
    with suppress(RecordError, *DAMAGE):
        for batch in _batches(file):
            many += batch.num_rows
    return many


def _opened(file: DumpFile) -> Any:
    """A reader of the file or stream."""
    with closing(file.open()) as opened:
        whole = opened.read(len(MAGIC)) == MAGIC
    source = pa.OSFile(str(file.path)) if file.path is not None else pa.PythonFile(file.open(), mode="r")
    return pa.ipc.open_file(source) if whole else pa.ipc.open_stream(source)


def _batches(file: DumpFile, start: int = 0) -> Iterator[Any]:
    """Those from number `start` on; of a stream, the ones before are read, too."""
    with arrow_errors(file.name), _opened(file) as reader:
        if isinstance(reader, pa.ipc.RecordBatchFileReader):
            yield from (reader.get_batch(number) for number in range(start, reader.num_record_batches))
        else:
            yield from islice(reader, start, None)


def _tokens(
    file: DumpFile, column: str, sizes: tuple[int, ...], first: int, stop: int, length: int
) -> Iterator[np.ndarray]:
    """sizes: rows of all batches, a token each."""
    begins = [0, *accumulate(sizes)]
    start = bisect_right(begins, first) - 1
    arrays = (plain_column(batch, column) for batch in _batches(file, start))
    return recut(arrays, first, stop, length, begins[start])
