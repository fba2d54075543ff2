"""Dumps of numpy: an .npy, or an .npz of one array or of indices_0, indices_1, ... of the levels, as `tokenize` writes.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from io import BytesIO
from typing import BinaryIO

import numpy as np

from explorer.dumps.arrays import Dump, DumpArray, array_of_bytes, check_kind, single
from explorer.dumps.places import DumpFile
from explorer.foundation.damage import open_zip, read_array_header
from explorer.foundation.errors import RecordError

C_ORDER_BYTES = 2**28  # of an array in Fortran order that is turned round in memory; a larger one is refused


def read_npy(file: DumpFile, field: str | None = None) -> Dump:
    """An .npy or .npz, by its first bytes. Raises RecordError for anything else."""
    with closing(file.open()) as opened:
        packed = opened.read(2) == b"PK"
    if not packed:
        return single(array_in(file.name, file.open))
    arrays, by_level = _archive(file)
    return Dump(file.name, arrays, lambda: iter([arrays]), one_by_level=by_level)


def array_in(name: str, start: Callable[[], BinaryIO]) -> DumpArray:
    """Read the header of an .npy. Raises RecordError for what is none, cannot hold indices, or is cut short."""

    def skip_header() -> BinaryIO:
        file = start()
        read_array_header(file)
        return file

    with closing(start()) as file:
        try:
            shape, fortran, dtype = read_array_header(file)
        except Exception as error:  # a damaged header fails as a value, as syntax or as a token
            raise RecordError(f"{name!r} is no array of numpy (.npy or .npz). Save it with numpy.save.") from error
        check_kind(name, dtype)
        if file.seekable() and math.prod(shape) * dtype.itemsize > _left(file):
            raise RecordError(f"{name!r} is cut short: its header promises {math.prod(shape):,} indices.")
    array = array_of_bytes(name, shape, dtype, skip_header)
    return _in_c_order(array) if fortran and len(shape) > 1 else array


def _left(file: BinaryIO) -> float:
    """Bytes from here to the end; of what is packed nobody knows."""
    if isinstance(file, zipfile.ZipExtFile):
        return math.inf
    here = file.tell()
    return file.seek(0, 2) - here


def _in_c_order(array: DumpArray) -> DumpArray:
    """An array that lies column by column, turned round."""
    if array.size * array.dtype.itemsize > C_ORDER_BYTES:
        raise RecordError(
            f"{array.name!r} lies in Fortran order and is too large to be turned round here. Save it with "
            "numpy.save(path, numpy.ascontiguousarray(array))."
        )

    def start() -> BinaryIO:
        flat = np.concatenate(list(array.pieces(2**22)))
        return BytesIO(np.ascontiguousarray(flat.reshape(array.shape[::-1]).T).tobytes())

    return array_of_bytes(array.name, array.shape, array.dtype, start)


def _archive(file: DumpFile) -> tuple[tuple[DumpArray, ...], bool]:
    """The arrays of an .npz, and whether each is a level."""
    with closing(file.open()) as opened, open_zip(opened, file.name) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    levels = [name for name in names if name.startswith("indices_") and name.removeprefix("indices_").isdecimal()]
    chosen = sorted(levels, key=lambda name: int(name.removeprefix("indices_"))) or names
    if not levels and len(names) != 1:
        listed = ", ".join(names[:10]) or "none"
        raise RecordError(
            f"{file.name!r} must hold one array, or indices_0, indices_1, ... of the levels; it holds: {listed}."
        )
    arrays = (array_in(f"{file.name}, {name}", partial(_member, file, f"{name}.npy")) for name in chosen)
    return tuple(arrays), bool(levels)


def _member(file: DumpFile, name: str) -> BinaryIO:
    return zipfile.ZipFile(file.open()).open(name)  # type: ignore[return-value]  # the archive is closed with it
