"""What every format of a dump is read as: shaped arrays, or rows of different lengths, one part after another.

Nothing is mapped, since a map counts towards the memory of the process, and nothing that could run code is read.
Letters of the shapes: n indices, m rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import numpy as np

from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import RecordError

FIELDS = ("tokens", "indices", "codes", "ids", "input_ids", "audio_codes")  # of a line or table, the first there is
ROWS_AT_ONCE = 2**20  # indices of many short rows that are handed on together


@dataclass(frozen=True)
class DumpArray:
    """An array in C order. read: (first, stop, length) -> its indices from `first` to `stop`, `length` at a time.
    number: of the item of its file that it is."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[int, int, int], Iterator[np.ndarray]]
    number: int = 0

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def pieces(self, length: int, first: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """The indices from `first` to `stop` in the order of the file, `length` at a time, as stored: (n,) each.

        Raises RecordError if they end too soon.
        """
        return self.read(first, self.size if stop is None else stop, length)


@dataclass(frozen=True)
class DumpRows:
    """Rows that follow each other, each a medium: values (n,), lengths (m,) adding up to n. name: of row i.

    numbers (m,) int64: of the items of their file that they are. stop: number of the item behind all that were read.
    """

    values: np.ndarray
    lengths: np.ndarray
    name: Callable[[int], str]
    numbers: np.ndarray
    stop: int


@dataclass(frozen=True)
class Refusal:
    """A part of a dump that holds no indices, or cannot be read: its name and why, as a sentence."""

    name: str
    why: str


Part = tuple[DumpArray, ...] | DumpRows | Refusal
Item = tuple[int, str, Callable[[], np.ndarray]]  # number in its file, name, what gives the array


@dataclass(frozen=True)
class Items:
    """The lines, rows or samples of one file, which are numbered from 0 and need not be read from the first on.

    count: how many there are, or more where to tell would be to read them. parts: (first, stop) -> those from number
    `first` to before `stop`, or, for None, to the end. What is damaged belongs to the number behind the last that was
    read, so that of parts that follow each other one alone raises the error. jump: the same of a format that finds a
    number without reading what stands before it, which may then be damaged. cut: (part, of) -> the number with which
    part `part`, from 0, of `of` parts begins, of a format that finds it more easily than `count`.
    """

    count: Callable[[], int]
    parts: Callable[[int, int | None], Iterator[Part]]
    jump: Callable[[int, int | None], Iterator[Part]] | None = None
    cut: Callable[[int, int], int] | None = None


@dataclass(frozen=True)
class Member:
    """One file of a dump of many. open: what it holds; raises RecordError or one of DAMAGE."""

    name: str
    open: Callable[[], Dump]


@dataclass(frozen=True)
class Dump:
    """What was found at a place: parts that are read one after another.

    first: the arrays of the first part, from which axes are guessed. parts: each the levels of one array or, of a
    single array, the array alone; or rows. listed: what each part is ("file", "line", "row", "sample"), and so a medium
    if nothing else says so; "" for one array alone. one_by_level: arrays are levels already. notes: what a person
    should know of how it was read. changed: asks whether what was read is another now, in words, "" if it is not.
    items: those of a single file with many parts. members: the files, where there are several. stamps: (name, what
    changes when it does) of each file.
    """

    title: str
    first: tuple[DumpArray, ...]
    parts: Callable[[], Iterator[Part]]
    listed: str = ""
    one_by_level: bool = False
    notes: tuple[str, ...] = ()
    changed: Callable[[], str] = str
    items: Items | None = None
    members: tuple[Member, ...] = ()
    stamps: tuple[tuple[str, str], ...] = ()


def array_of_bytes(name: str, shape: tuple[int, ...], dtype: np.dtype, start: Callable[[], BinaryIO]) -> DumpArray:
    """An array that lies as bytes; start: opens it where they begin."""
    return DumpArray(name, shape, dtype, partial(_read_bytes, name, math.prod(shape), dtype, start))


def _read_bytes(
    name: str, size: int, dtype: np.dtype, start: Callable[[], BinaryIO], first: int, stop: int, length: int
) -> Iterator[np.ndarray]:
    with closing(start()) as file:
        if first:
            file.seek(first * dtype.itemsize, 1)  # a deflated member is read on the way
        while first < stop:
            piece = np.empty(min(stop - first, length), dtype)
            view, have = memoryview(piece).cast("B"), 0
            while have < len(view) and (got := file.readinto(view[have:])):
                have += got
            if have < len(view):
                raise RecordError(f"{name!r} is cut short: its header promises {size:,} indices.")
            yield piece
            first += len(piece)


def array_in_memory(name: str, array: np.ndarray, number: int = 0) -> DumpArray:
    """An array that is here already. Raises RecordError where it cannot hold indices."""
    check_kind(name, array.dtype)
    flat = array.reshape(-1)

    def read(first: int, stop: int, length: int) -> Iterator[np.ndarray]:
        return (flat[at : min(at + length, stop)] for at in range(first, stop, length))

    return DumpArray(name, array.shape, array.dtype, read, number)


def check_kind(name: str, dtype: np.dtype) -> None:
    """Raises RecordError for numbers that cannot be indices."""
    if dtype.hasobject:
        raise RecordError(f"{name!r} holds pickled objects, which can run code when read. Save plain whole numbers.")
    if dtype.kind not in "iuf":
        raise RecordError(f"{name!r} holds {dtype}, not whole numbers.")


def single(array: DumpArray) -> Dump:
    """A dump of one array."""
    return Dump(array.name, (array,), lambda: iter([(array,)]))


def listed_dump(title: str, listed: str, items: Items, empty: str) -> Dump:
    """A dump of many parts, whose first one that can be read is looked at.

    Raises RecordError where none can be: why the first one cannot, or `empty` where there are none.
    """
    why, parts = empty, partial(items.parts, 0, None)
    for part in parts():
        if isinstance(part, Refusal):
            why = part.why if why == empty else why
            continue
        return Dump(title, (first_row(part),) if isinstance(part, DumpRows) else part, parts, listed, items=items)
    raise RecordError(why)


def first_row(rows: DumpRows) -> DumpArray:
    return array_in_memory(rows.name(0), rows.values[: rows.lengths[0]])


def items_between(items: Iterator[Item], first: int, stop: int | None, begin: int = 0) -> Iterator[Item]:
    """Of items in the order of their numbers, from `begin` on, those of an `Items`, which says what is raised."""
    last = begin - 1
    try:
        for item in items:
            last = item[0]
            if stop is not None and last >= stop:
                return
            if last >= first:
                yield item
            if last + 1 == stop:
                return
    except (RecordError, *DAMAGE):
        if last + 1 >= first:
            raise


def gather_rows(items: Iterator[Item]) -> Iterator[Part]:
    """Parts of items that follow each other; one whose array raises RecordError is a Refusal.

    Short arrays of one axis are joined to DumpRows, also those before an error of the items, which is raised.
    """
    rows = RowGatherer()
    try:
        for number, name, read in items:
            try:
                full = list(rows.add(number, name, read()))
            except RecordError as error:
                full = [*rows.rest(), Refusal(name, str(error))]
            yield from full
    except Exception:
        yield from rows.rest()
        raise
    yield from rows.rest()


class RowGatherer:
    """Joins short arrays of one axis to DumpRows, in their order; others pass as they are."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []
        self._names: list[str] = []
        self._numbers: list[int] = []
        self._size = 0

    def add(self, number: int, name: str, array: np.ndarray) -> Iterator[Part]:
        """The parts that are full by now. Raises RecordError where the array cannot hold indices."""
        check_kind(name, array.dtype)
        if array.ndim != 1 or (self._arrays and array.dtype.kind != self._arrays[0].dtype.kind):
            yield from self.rest()
        if array.ndim != 1:
            yield (array_in_memory(name, array, number),)
            return
        self._arrays.append(array)
        self._names.append(name)
        self._numbers.append(number)
        self._size += len(array)
        if self._size >= ROWS_AT_ONCE:
            yield from self.rest()

    def rest(self) -> Iterator[Part]:
        """What is left."""
        if self._arrays:
            lengths = np.array([len(array) for array in self._arrays])
            numbers = np.array(self._numbers, np.int64)
            name = self._names.__getitem__
            yield DumpRows(np.concatenate(self._arrays), lengths, name, numbers, self._numbers[-1] + 1)
            self._arrays, self._names, self._numbers, self._size = [], [], [], 0
