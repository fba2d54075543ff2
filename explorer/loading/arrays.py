"""Tensors of a file as numpy arrays, a few rows or all of one, from the places that a header gives. No torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.foundation.errors import CheckpointError
from explorer.loading.pickle_names import ITEM_BYTES
from explorer.loading.places import Place
from explorer.public.header import TensorInfo

PLAIN = (
    "float64",
    "float32",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint64",
    "uint32",
    "uint16",
    "uint8",
    "bool",
)


def readable(info: TensorInfo) -> bool:
    """Whether its numbers lie on this machine, in a kind that numpy knows."""
    return isinstance(info.place, Place) and (info.dtype in PLAIN or info.dtype == "bfloat16")


def read_array(key: str, info: TensorInfo) -> np.ndarray:
    """The whole tensor; bfloat16 becomes float32. Raises CheckpointError if the file has changed or ends early."""
    place: Place = info.place  # type: ignore[assignment]
    flat = _numbers(key, info, place.start, place.span)
    if place.stride is None:
        return flat.reshape(info.shape)
    steps = tuple(step * flat.itemsize for step in place.stride)
    return np.lib.stride_tricks.as_strided(flat, info.shape, steps).copy()


def read_rows(key: str, info: TensorInfo, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(numbers of the rows read (n,), rows (n, D)) of a tensor (K, D): all, or `most` of them at even distances."""
    rows, columns = info.shape
    chosen = np.arange(rows) if rows <= most else np.arange(most, dtype=np.int64) * rows // most
    place: Place = info.place  # type: ignore[assignment]
    if len(chosen) == rows or place.stride is not None:
        return chosen, read_array(key, info)[chosen]
    step = columns * ITEM_BYTES[info.dtype]
    return chosen, np.stack([_numbers(key, info, place.start + int(row) * step, columns) for row in chosen])


def _numbers(key: str, info: TensorInfo, start: int, count: int) -> np.ndarray:
    """`count` numbers from a byte on, (count,)."""
    place: Place = info.place  # type: ignore[assignment]
    size = count * ITEM_BYTES[info.dtype]
    kind = np.dtype("uint16" if info.dtype == "bfloat16" else info.dtype)
    data = _bytes(key, place.path, start, size)
    numbers = np.frombuffer(data, kind.newbyteorder(">") if place.swapped else kind).astype(kind)
    if info.dtype == "bfloat16":
        return (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers


def _bytes(key: str, path: Path, start: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(size)
    except (OSError, MemoryError) as error:
        raise CheckpointError(f"{key} cannot be read from {path.name}: {error}.") from error
    if len(data) < size:
        raise CheckpointError(f"{path.name} ends early, within {key}.")
    return data
