"""Read tensors from the places that a header gives, one at a time, into memory of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from explorer.foundation.errors import CheckpointError
from explorer.loading.places import Place
from explorer.public.header import TensorInfo


def read_tensors(infos: Mapping[str, TensorInfo]) -> Iterator[tuple[str, Tensor]]:
    """(key, tensor) in the order in which they lie. Read, not mapped: a file that is cut short later harms nothing."""
    ordered = sorted(infos.items(), key=lambda item: (str(item[1].place.path), item[1].place.start))
    current, file = None, None
    with ExitStack() as stack:
        for key, info in ordered:
            if info.place.path != current:
                stack.close()
                current, file = info.place.path, stack.enter_context(_open(info.place.path))
            yield key, _tensor(file, key, info)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _tensor(file: BinaryIO, key: str, info: TensorInfo) -> Tensor:
    place: Place = info.place
    try:
        flat = torch.empty(place.span, dtype=getattr(torch, info.dtype))
        raw = memoryview(flat.view(torch.uint8).numpy()) if place.span else memoryview(b"")
        file.seek(place.start)
        done = 0
        while done < len(raw):
            if not (count := file.readinto(raw[done:])):
                raise CheckpointError(f"{place.path.name} ends early, within {key}.")
            done += count
    except (OSError, RuntimeError) as error:  # torch says RuntimeError for memory that is not there
        raise CheckpointError(f"{key} cannot be read from {place.path.name}: {error}") from error
    if place.swapped:
        flat = flat.view(torch.uint8).reshape(place.span, -1).flip(1).reshape(-1).view(flat.dtype)
    if place.stride is None:
        return flat.reshape(info.shape)
    return flat.as_strided(info.shape, place.stride).contiguous()
