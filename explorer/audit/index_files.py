"""Where plain indices are read from: `.npy`, `.npz`, `.jsonl`, or a folder of `.npy` files; streamed, never mapped.

A memory map would count towards the memory of the process. An .npz holds one array, or indices_0, indices_1, ... of the
levels, as `tokenize` writes them. Of a folder or a .jsonl each file or line is an array of its own. Nothing that could
run code (pickled objects) is read.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from explorer.foundation.errors import RecordError, SettingsError

FIELDS = ("tokens", "indices", "codes", "ids", "input_ids", "audio_codes")  # of a line of .jsonl, the first there is
C_ORDER_BYTES = 2**28  # of an array in Fortran order that is turned round in memory; a larger one is refused
LINE_CHARACTERS = 2**27


@dataclass(frozen=True)
class IndexArray:
    """An array in C order: name, shape, type, and `start`, which opens it where its data begin."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    start: Callable[[], BinaryIO]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def pieces(self, length: int, first: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """The indices from `first` to `stop` in the order of the file, `length` at a time, as stored.

        Raises RecordError if they end too soon.
        """
        with closing(self.start()) as file:
            _skip(file, first * self.dtype.itemsize)
            left = (self.size if stop is None else stop) - first
            while left > 0:
                wanted = min(left, length) * self.dtype.itemsize
                data = bytearray(wanted)
                have, view = 0, memoryview(data)
                while have < wanted and (got := file.readinto(view[have:])):
                    have += got
                if have < wanted:
                    raise RecordError(f"{self.name!r} is cut short: its header promises {self.size:,} indices.")
                yield np.frombuffer(data, self.dtype)
                left -= min(left, length)


@dataclass(frozen=True)
class IndexSource:
    """What was found at a path: groups of arrays that are read one after another.

    groups: each the levels of one array or, of a single array, the array alone. listed: each group is a file or line of
    its own (and so a medium, if nothing else says so); then `count` of them. one_by_level: arrays are levels already.
    """

    title: str
    first: tuple[IndexArray, ...]
    groups: Callable[[], Iterator[tuple[IndexArray, ...]]]
    listed: str = ""  # "file" or "line"
    one_by_level: bool = False


def open_indices(path: str | Path, field: str | None = None) -> IndexSource:
    """What is at `path`. field: of each line of a .jsonl, if it is none of FIELDS.

    Raises RecordError for what holds no indices, SettingsError for a field that is not for this file.
    """
    path = Path(path)
    if field is not None and path.suffix.lower() != ".jsonl":
        raise SettingsError(f"A field is for lines of .jsonl; {path.name!r} is none.")
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise RecordError(f"There is no file {str(path)[:200]!r}. Give .npy, .npz or .jsonl of indices, or a folder.")
    if path.suffix.lower() == ".jsonl":
        return _lines(path, field)
    if not zipfile.is_zipfile(path):
        array = array_in(path.name, lambda: path.open("rb"))
        return IndexSource(path.name, (array,), lambda: iter([(array,)]))
    arrays, by_level = _archive(path)
    return IndexSource(path.name, arrays, lambda: iter([arrays]), one_by_level=by_level)


def array_in(name: str, start: Callable[[], BinaryIO], kinds: str = "iu") -> IndexArray:
    """Read the header of an .npy. Raises RecordError for what is none, or cannot hold indices."""

    def skip_header() -> BinaryIO:
        file = start()
        _read_header(file)
        return file

    with closing(start()) as file:
        try:
            shape, fortran, dtype = _read_header(file)
        except Exception as error:  # a damaged header fails as a value, as syntax or as a token
            raise RecordError(f"{name!r} is no array of numpy (.npy or .npz). Save it with numpy.save.") from error
    if dtype.hasobject:
        raise RecordError(f"{name!r} holds pickled objects, which can run code when read. Save plain whole numbers.")
    if not (np.issubdtype(dtype, np.integer) or np.issubdtype(dtype, np.floating)):
        raise RecordError(f"{name!r} holds {dtype}, not whole numbers.")
    array = IndexArray(name, shape, dtype, skip_header)
    return _in_c_order(array) if fortran and len(shape) > 1 else array


def _in_c_order(array: IndexArray) -> IndexArray:
    """An array that lies column by column, turned round."""
    if array.size * array.dtype.itemsize > C_ORDER_BYTES:
        raise RecordError(
            f"{array.name!r} lies in Fortran order and is too large to be turned round here. Save it with "
            "numpy.save(path, numpy.ascontiguousarray(array))."
        )

    def start() -> BinaryIO:
        flat = np.concatenate(list(IndexArray(array.name, array.shape, array.dtype, array.start).pieces(2**22)))
        return BytesIO(np.ascontiguousarray(flat.reshape(array.shape[::-1]).T).tobytes())

    return IndexArray(array.name, array.shape, array.dtype, start)


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _skip(file: BinaryIO, amount: int) -> None:
    """Go forward by `amount` bytes; a deflated member is read on the way."""
    if amount:
        file.seek(amount, 1)


def _archive(path: Path) -> tuple[tuple[IndexArray, ...], bool]:
    """The arrays of an .npz, and whether each is a level."""
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    levels = [name for name in names if name.startswith("indices_") and name.removeprefix("indices_").isdecimal()]
    chosen = sorted(levels, key=lambda name: int(name.removeprefix("indices_"))) or names
    if not levels and len(names) != 1:
        listed = ", ".join(names[:10]) or "none"
        raise RecordError(
            f"{path.name!r} must hold one array, or indices_0, indices_1, ... of the levels; it holds: {listed}."
        )
    return tuple(array_in(name, partial(_member, path, f"{name}.npy")) for name in chosen), bool(levels)


def _member(path: Path, name: str) -> BinaryIO:
    return zipfile.ZipFile(path).open(name)  # type: ignore[return-value]  # the archive is closed with its member


def _folder(path: Path) -> IndexSource:
    """Every .npy of the folder and of those in it, in the order of their names; hidden files are left out."""
    files = sorted(
        (file for file in path.rglob("*.npy") if file.is_file() and not file.name.startswith(".")),
        key=lambda file: [
            int(part) if part.isdigit() else part for part in _numbers_apart(str(file.relative_to(path)))
        ],
    )
    if not files:
        raise RecordError(f"The folder {path.name!r} holds no .npy file.")

    def opened(file: Path) -> IndexArray:
        return array_in(str(file.relative_to(path)), lambda: file.open("rb"))

    return IndexSource(path.name, (opened(files[0]),), lambda: ((opened(file),) for file in files), "file")


def _numbers_apart(name: str) -> list[str]:
    """A name cut so that 2.npy comes before 10.npy: text and digits in turn, text first."""
    parts, digits = [""], False
    for letter in name:
        if letter.isascii() and letter.isdigit() != digits:
            parts.append("")
            digits = not digits
        parts[-1] += letter
    return parts


def _lines(path: Path, field: str | None) -> IndexSource:
    """The lines of a .jsonl: a list each, or an object with one."""

    def groups() -> Iterator[tuple[IndexArray, ...]]:
        empty = True
        with path.open(encoding="utf-8", errors="strict") as file:
            number = 0
            while line := file.readline(LINE_CHARACTERS):
                number += 1
                if line.strip():
                    empty = False
                    yield (_line(f"{path.name}, line {number:,}", line, field),)
        if empty:
            raise RecordError(f"{path.name!r} holds no lines.")

    try:
        first = next(groups())
    except UnicodeDecodeError as error:
        raise RecordError(f"{path.name!r} is no text in UTF-8.") from error
    return IndexSource(path.name, first, groups, "line")


def _line(name: str, line: str, field: str | None) -> IndexArray:
    """The indices of one line. Raises RecordError, naming the line."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{name}: this is no JSON.") from error
    if isinstance(said, dict):
        wanted = [field] if field is not None else [one for one in FIELDS if one in said]
        if not wanted or wanted[0] not in said:
            there = ", ".join(map(str, list(said)[:10])) or "none"
            named = f"no field {field!r}" if field is not None else "none of the fields " + ", ".join(FIELDS)
            raise RecordError(f"{name}: it has {named}; it has: {there}. Name the field of the tokens (--field).")
        said = said[wanted[0]]
    try:
        array = np.array(said)
    except ValueError as error:
        raise RecordError(f"{name}: its lists are of different lengths, so they are no array.") from error
    if array.ndim < 1 or array.dtype.kind not in "iuf" or not array.size:
        raise RecordError(f"{name}: it holds no list of whole numbers.")
    return IndexArray(name, array.shape, array.dtype, lambda: BytesIO(array.tobytes()))
