"""An array of a .npy file, without ever unpickling anything and without believing its header."""

from __future__ import annotations

import io
import math

import numpy as np

from explorer.foundation.damage import read_array_header
from explorer.foundation.errors import MediaError

MAGIC = b"\x93NUMPY"
_DAMAGED = "This .npy file is damaged: its {part} cannot be read. Save it again with numpy.save."


def read_npy(data: bytes) -> np.ndarray:
    """The bytes of a .npy file -> its array, of numbers. Raises MediaError for anything else."""
    shape, dtype, start, fortran = _header(data)
    if dtype.hasobject:
        raise MediaError(
            "This .npy file holds Python objects. Such a file can run code when it is read, so it is refused. Save a "
            "plain array of numbers: numpy.save(name, array.astype(float))."
        )
    if dtype.names:
        raise MediaError(
            f"This .npy file has named fields ({', '.join(dtype.names[:4])}). Save a plain array (rows, columns), or a "
            ".csv with a line of names."
        )
    if dtype.kind not in "fiub":
        raise MediaError(f"This .npy file holds {dtype}, and numbers are needed. Save an array of floats or integers.")
    needed, there = math.prod(shape) * dtype.itemsize, len(data) - start
    if needed > there:
        raise MediaError(
            f"This .npy file is cut off: its header promises {needed:,} bytes of numbers, and {there:,} are there."
        )
    if needed == 0:
        raise MediaError(f"This .npy file has the shape {shape}: there is nothing in it.")
    flat = np.frombuffer(data, dtype, math.prod(shape), start)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _header(data: bytes) -> tuple[tuple[int, ...], np.dtype, int, bool]:
    """Shape, type, where the numbers begin, and whether columns come first."""
    file = io.BytesIO(data)
    try:
        shape, fortran, dtype = read_array_header(file)
    except Exception as error:  # whatever a made-up header makes numpy's parser raise
        raise MediaError(_DAMAGED.format(part="header")) from error
    return shape, dtype, file.tell(), fortran
