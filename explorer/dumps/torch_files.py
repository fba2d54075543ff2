"""Dumps of torch: a tensor, a dict with one, or a list of a tensor each medium, read by the rules of `loading/`.

The pickle in the file is walked and never run, and the numbers are read from where they lie, so torch is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from explorer.dumps.arrays import (
    FIELDS,
    Dump,
    DumpArray,
    Items,
    Part,
    array_in_memory,
    array_of_bytes,
    listed_dump,
    single,
)
from explorer.dumps.places import DumpFile
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, RecordError
from explorer.loading.arrays import read_array, readable
from explorer.loading.places import Place
from explorer.loading.reading import read_header
from explorer.public.header import TensorInfo

TURNED_BYTES = 2**30  # of a tensor that does not lie row by row, which is read whole
MOST_BYTES = 2**44


def read_torch(file: DumpFile, field: str | None = None) -> Dump:
    """The tensor `field`, or the first of FIELDS, or the only one of whole numbers; of a list every one, a medium each.

    Raises RecordError for what is damaged, unsafe, or holds none or several.
    """
    if file.path is None:
        raise RecordError(f"{file.name!r} is of torch, which is read on this machine alone: copy it here first.")
    try:
        header = read_header(file.path, replace(settings().limits, checkpoint_file_bytes=MOST_BYTES))
    except CheckpointError as error:
        raise RecordError(str(error)) from error
    tensors = {key: info for key, info in header.tensors.items() if readable(info)}
    for wrapper, group in header.others.items():
        tensors |= {f"{wrapper}.{key}": info for key, info in group.items() if readable(info)}
    if field is None and len(tensors) > 1 and all(key.isdecimal() for key in tensors):
        ordered = sorted(tensors, key=int)

        def parts(first: int, stop: int | None) -> Iterator[Part]:
            for number in range(first, len(ordered) if stop is None else min(stop, len(ordered))):
                key = ordered[number]
                yield (replace(_array(f"{file.name}, tensor {key}", tensors[key]), number=number),)

        return listed_dump(file.name, "tensor", Items(lambda: len(ordered), parts), f"{file.name!r} holds no tensors.")
    key = _chosen(file.name, tensors, field)
    return single(replace(_array(file.name, tensors[key]), name=file.name))


def _chosen(name: str, tensors: Mapping[str, TensorInfo], field: str | None) -> str:
    if field is not None:
        if field in tensors:
            return field
        raise RecordError(f"{name!r} has no tensor {field!r}; it has: {_listed(tensors)}.")
    named = [key for wanted in FIELDS for key in tensors if key.split(".")[-1] == wanted]
    whole = [key for key, info in tensors.items() if "int" in info.dtype]
    for some in (named[:1], whole, list(tensors)):
        if len(some) == 1:
            return some[0]
    raise RecordError(f"{name!r} holds several tensors: {_listed(tensors)}. Name the one of the tokens (--field).")


def _listed(tensors: Mapping[str, TensorInfo]) -> str:
    return ", ".join(list(tensors)[:10]) or "none"


def _array(name: str, info: TensorInfo) -> DumpArray:
    place: Place = info.place  # type: ignore[assignment]
    if place.stride is None and info.dtype != "bfloat16":
        dtype = np.dtype(info.dtype).newbyteorder(">" if place.swapped else "<")
        return array_of_bytes(name, info.shape, dtype, partial(_open_at, place.path, place.start))
    if info.count * 8 > TURNED_BYTES:
        raise RecordError(f"{name!r} does not lie row by row and is large: save tensor.contiguous() as whole numbers.")
    try:
        return replace(array_in_memory(name, read_array(name, info)), shape=info.shape)
    except CheckpointError as error:
        raise RecordError(str(error)) from error


def _open_at(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file
