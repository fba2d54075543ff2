"""The column of tokens of a table of Arrow: a list a row, or one token a row. Parquet, Arrow files and data sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.dumps.arrays import FIELDS, DumpRows, Part, Refusal, array_in_memory
from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import RecordError

LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@contextmanager
def arrow_errors(name: str) -> Iterator[None]:
    """What Arrow raises, in plain words. Raises RecordError."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise RecordError(
            f"{name!r} cannot be read: it is cut short, damaged or of another format ({first})."
        ) from error


def choose_column(name: str, schema: Any, field: str | None) -> str:
    """The column `field`, or the first of FIELDS, or the only one that may hold tokens. Raises RecordError."""
    able = [one.name for one in schema if _depth(one.type) is not None]
    listed = ", ".join(schema.names[:10]) or "none"
    if field is not None:
        if field not in schema.names:
            raise RecordError(f"{name!r} has no column {field!r}; it has: {listed}.")
        if field not in able:
            raise RecordError(f"The column {field!r} of {name!r} holds {schema.field(field).type}, not whole numbers.")
        return field
    found = [one for one in FIELDS if one in able][:1] or able
    if len(found) != 1:
        told = "several columns of numbers" if able else "no column of whole numbers"
        raise RecordError(f"{name!r} has {told}: {listed}. Name the one of the tokens (--field).")
    return found[0]


def _depth(kind: Any) -> int | None:
    """How many lists stand around numbers; None for what is no number."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if any(is_list(kind) for is_list in LISTS):
        inner = _depth(kind.value_type)
        return None if inner is None else inner + 1
    return 0 if pa.types.is_integer(kind) or pa.types.is_floating(kind) else None


def is_list_column(schema: Any, column: str) -> bool:
    return bool(_depth(schema.field(column).type))


def plain_column(batch: Any, column: str) -> np.ndarray:
    """One token a row: (rows,); missing ones are padding, -1 or NaN."""
    return _flat(batch.column(batch.schema.get_field_index(column)))


def column_dtype(schema: Any, column: str) -> np.dtype:
    """Of `plain_column`, where no row is missing."""
    return np.dtype(schema.field(column).type.to_pandas_dtype())


def _flat(array: Any) -> np.ndarray:
    if array.null_count:
        if pa.types.is_integer(array.type):
            array = array.cast(pa.int64()).fill_null(-1)
        return array.to_numpy(zero_copy_only=False)
    return array.to_numpy(zero_copy_only=False)


def rows_between(batches: Iterable[Any], first: int, stop: int | None, done: int = 0) -> Iterator[tuple[int, Any]]:
    """(number of its first row, batch) of the rows that an `Items` is asked for, of batches that follow each other from
    row `done` on."""
    try:
        for batch in batches:
            begin, end = max(first, done), done + batch.num_rows
            end = end if stop is None else min(end, stop)
            if begin < end:
                yield begin, batch.slice(begin - done, end - begin)
            done += batch.num_rows
            if stop is not None and done >= stop:
                return
    except (RecordError, *DAMAGE):
        if done >= first:
            raise


def parts_of(name: str, batches: Iterable[tuple[int, Any]], column: str) -> Iterator[Part]:
    """Rows of lists: flat ones together, nested ones (levels, tokens) an array each. batches: behind the number of
    their first row."""
    for done, batch in batches:
        array = batch.column(batch.schema.get_field_index(column))
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        inner = _unpack(array)[0]
        yield from _rows(name, array, done) if _depth(inner.type) == 0 else _nested(name, array, done)


def _unpack(array: Any) -> tuple[Any, np.ndarray]:
    """(what the lists hold, offsets (rows + 1,) in it); a missing list is an empty one."""
    if pa.types.is_fixed_size_list(array.type):
        if array.null_count:  # it takes up room, and flatten leaves it out
            lengths = np.where(array.is_valid().to_numpy(zero_copy_only=False), array.type.list_size, 0)
            return array.flatten(), np.concatenate([[0], np.cumsum(lengths)])
        return array.flatten(), np.arange(len(array) + 1) * array.type.list_size
    if array.null_count:
        lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        return array.flatten(), np.concatenate([[0], np.cumsum(lengths)])
    offsets = array.offsets.to_numpy()
    return array.flatten(), offsets - offsets[0]


def _rows(name: str, array: Any, done: int) -> Iterator[Part]:
    values, offsets = _unpack(array)
    lengths = np.diff(offsets).astype(np.int64)
    there = np.flatnonzero(lengths > 0)
    for row in np.flatnonzero(lengths == 0).tolist():
        told = f"{name}, row {done + row:,}"
        yield Refusal(told, f"{told}: it holds no tokens.")
    if len(there):
        numbers = done + there

        def named(row: int) -> str:
            return f"{name}, row {int(numbers[row]):,}"

        yield DumpRows(_flat(values), lengths[there], named, numbers, done + len(lengths))


def _nested(name: str, array: Any, done: int) -> Iterator[Part]:
    """Rows of several axes: each must be a whole array."""
    values, splits = array, []
    while _depth(values.type):
        values, offsets = _unpack(values)
        splits.append(offsets)
    flat = _flat(values)
    for row in range(len(array)):
        told = f"{name}, row {done + row:,}"
        first, stop, shape = row, row + 1, []
        for offsets in splits:
            lengths = np.unique(np.diff(offsets[first : stop + 1]))
            if len(lengths) != 1 or lengths[0] == 0:
                shape = None
                break
            shape.append(int(lengths[0]))
            first, stop = int(offsets[first]), int(offsets[stop])
        if shape is None:
            yield Refusal(told, f"{told}: its lists are empty or of different lengths, so they are no array.")
        else:
            yield (array_in_memory(told, flat[first:stop].reshape(shape), done + row),)
