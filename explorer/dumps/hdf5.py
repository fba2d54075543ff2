"""Dumps as HDF5: a data set of tokens, one a level (indices_0, indices_1, ...), or one of rows of different lengths."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

import h5py
import numpy as np

from explorer.dumps.arrays import FIELDS, Dump, DumpArray, Item, Items, Part, check_kind, gather_rows, listed_dump
from explorer.dumps.places import DumpFile
from explorer.foundation.errors import RecordError

FAULTS = (OSError, ValueError, LookupError, TypeError, RuntimeError, OverflowError)  # of h5py on damaged files
SEQUENCE = 3  # byte of an encoded type of rows: 0 in its lower half (HDF5 file format 3.0, IV.A.2.d)
REFERENCE = np.dtype([("length", "<u4"), ("heap", "<u8"), ("number", "<u4")])  # to a row (IV.B: global heap IDs)
ROWS = 2**10  # of different lengths that are read at a time


def read_hdf5(file: DumpFile, field: str | None = None) -> Dump:
    """field: path of the data set. Raises RecordError for what is damaged, or holds none or several."""
    try:
        with _opened(file) as held:
            found: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
            held.visititems(lambda name, one: found.update(_entry(name, one)) if isinstance(name, str) else None)
    except FAULTS as error:
        raise RecordError(f"{file.name!r} cannot be read: it is cut short, damaged or no HDF5 ({error}).") from error
    levels = sorted(
        (name for name in found if name.startswith("indices_") and name[8:].isdecimal()), key=lambda name: int(name[8:])
    )
    if field is None and levels:
        arrays = tuple(_array(file, f"{file.name}, {name}", name, *found[name]) for name in levels)
        return Dump(file.name, arrays, lambda: iter([arrays]), one_by_level=True)
    name = _chosen(file.name, found, field)
    shape, dtype = found[name]
    if (inner := h5py.check_vlen_dtype(dtype)) is not None:
        check_kind(file.name, inner)
        empty = f"{file.name!r} holds no rows."
        many = math.prod(shape)
        return listed_dump(file.name, "row", Items(lambda: many, partial(_rows, file, name, many)), empty)
    array = _array(file, file.name, name, shape, dtype)
    return Dump(file.name, (array,), lambda: iter([(array,)]))


@contextmanager
def _opened(file: DumpFile) -> Iterator[h5py.File]:
    """Raises what h5py does: one of FAULTS."""
    with file.open() as opened, h5py.File(opened, "r") as held:
        yield held


def _entry(name: str, one: Any) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """A data set that may hold tokens. What lies in other files (external, virtual) is left alone."""
    if not isinstance(one, h5py.Dataset) or one.external or one.is_virtual or one.shape in (None, ()):
        return {}
    kind = h5py.check_vlen_dtype(one.dtype) or one.dtype
    if kind is not one.dtype and one.id.get_type().encode()[SEQUENCE] & 0x0F:
        raise ValueError(f"{name!r} holds rows of no known kind")  # to read them ends the process within libhdf5
    return {name: (one.shape, one.dtype)} if isinstance(kind, np.dtype) and kind.kind in "iuf" else {}


def _chosen(name: str, found: dict[str, Any], field: str | None) -> str:
    listed = ", ".join(list(found)[:10]) or "none"
    if field is not None:
        if field.strip("/") in found:
            return field.strip("/")
        raise RecordError(f"{name!r} has no data set {field!r} of numbers; it has: {listed}.")
    named = [one for wanted in FIELDS for one in found if one.split("/")[-1] == wanted]
    whole = [one for one, (_, dtype) in found.items() if (h5py.check_vlen_dtype(dtype) or dtype).kind in "iu"]
    for some in (named[:1], whole, list(found)):
        if len(some) == 1:
            return some[0]
    raise RecordError(f"{name!r} holds several data sets or none: {listed}. Name the one of the tokens (--field).")


def _array(file: DumpFile, name: str, key: str, shape: tuple[int, ...], dtype: np.dtype) -> DumpArray:
    return DumpArray(name, shape, dtype, partial(_pieces, file, key, shape))


def _pieces(
    file: DumpFile, key: str, shape: tuple[int, ...], first: int, stop: int, length: int
) -> Iterator[np.ndarray]:
    with _opened(file) as held:
        while first < stop:
            end = min(stop, first + length)
            try:
                yield _flat(held[key], shape, (), first, end)
            except FAULTS as error:
                raise RecordError(f"{file.name!r} is damaged from token {first:,} of {key} on ({error}).") from error
            first = end


def _flat(of: Any, shape: tuple[int, ...], at: tuple[int, ...], first: int, stop: int) -> np.ndarray:
    """The numbers from `first` to `stop` of entry `at`, which has that shape, and none beside them: (n,)."""
    if len(shape) == 1:
        return of[(*at, slice(first, stop))]
    row = math.prod(shape[1:])
    top, bottom = -(-first // row), stop // row  # whole entries of the first axis
    if top > bottom:
        return _flat(of, shape[1:], (*at, bottom), first - bottom * row, stop - bottom * row)
    parts = []
    if first < top * row:
        parts.append(_flat(of, shape[1:], (*at, top - 1), first - (top - 1) * row, row))
    if top < bottom:
        parts.append(of[(*at, slice(top, bottom))].reshape(-1))
    if stop > bottom * row:
        parts.append(_flat(of, shape[1:], (*at, bottom), 0, stop - bottom * row))
    return np.concatenate(parts)


def _rows(file: DumpFile, key: str, many: int, first: int, stop: int | None) -> Iterator[Part]:
    return gather_rows(_each_row(file, key, first, many if stop is None else min(stop, many)))


def _each_row(file: DumpFile, key: str, begin: int, stop: int) -> Iterator[Item]:
    with _opened(file) as held:
        for first in range(begin - begin % ROWS, stop, ROWS):  # read as if from the first row on
            try:
                _check_lengths(file, held, key, first, first + ROWS)
                rows = held[key][first : first + ROWS].reshape(-1)
            except FAULTS as error:
                raise RecordError(f"{file.name!r} is damaged from row {first:,} of {key} on ({error}).") from error
            for number, array in enumerate(rows, first):
                if begin <= number < stop:
                    name = f"{file.name}, row {number:,}"
                    yield number, name, partial(_row, name, array)


def _check_lengths(file: DumpFile, held: h5py.File, key: str, first: int, stop: int) -> None:
    """Raises ValueError for rows that claim to be longer together than their file, which libhdf5 would make room for
    and look for, for as long as it takes. Rows whose references are packed are not looked at: where bytes of these were
    changed, they do not unpack."""
    of = held[key]
    with file.open() as opened:
        size = opened.seek(0, 2)
        places = opened if of.chunks is None else None
        raw = b"".join(_references(of, first, min(stop, of.shape[0]), places))
    lengths = np.frombuffer(raw, REFERENCE)["length"].astype(np.int64)
    if int(lengths.sum()) * h5py.check_vlen_dtype(of.dtype).itemsize > size:
        raise ValueError(f"rows claim {int(lengths.sum()):,} numbers, more than the file has room for")


def _references(of: h5py.Dataset, first: int, stop: int, opened: BinaryIO | None) -> Iterator[bytes]:
    """The bytes that say where rows lie and how long they are; nothing where they are packed or of another size."""
    if of.ndim != 1 or of.file.userblock_size or of.id.get_create_plist().get_nfilters():
        return
    if opened is not None:
        start = of.id.get_offset()
        if start is not None and of.id.get_storage_size() == of.shape[0] * REFERENCE.itemsize:
            opened.seek(start + first * REFERENCE.itemsize)
            yield opened.read((stop - first) * REFERENCE.itemsize)
        return
    (step,) = of.chunks
    for begin in range(first - first % step, stop, step):
        if of.id.get_chunk_info_by_coord((begin,)).byte_offset is None:  # never written: no rows
            continue
        data = of.id.read_direct_chunk((begin,))[1]
        if len(data) == step * REFERENCE.itemsize:
            yield data[max(0, first - begin) * REFERENCE.itemsize : (stop - begin) * REFERENCE.itemsize]


def _row(name: str, array: np.ndarray) -> np.ndarray:
    if not len(array):
        raise RecordError(f"{name}: it holds no tokens.")
    return np.asarray(array)
