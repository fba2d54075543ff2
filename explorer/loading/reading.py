"""Read headers and tensors of files that strangers made. Only tensors come out; nothing in a file is ever run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.config import Limits, settings
from explorer.errors import CheckpointError
from explorer.loading.header import Header, TensorInfo

if TYPE_CHECKING:
    from torch import Tensor


def read_header(path: Path, limits: Limits | None = None) -> Header:
    """The header of a file, or of a folder with config.json and safetensors. Raises CheckpointError."""
    limits = limits or settings().limits
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        tensors = {key: TensorInfo(tuple(file.get_slice(key).get_shape())) for key in file.keys()}  # noqa: SIM118 (no dict: it cannot be iterated)
    if not tensors:
        raise CheckpointError(f"{path.name} holds no tensors.")
    return Header(path, "safetensors", tensors)


def iterate_tensors(header: Header, keys: Sequence[str]) -> Iterator[tuple[str, Tensor]]:
    """Each tensor of `keys` once, in the order in which they lie in the file; never all of them in memory twice."""
    from safetensors import safe_open

    with safe_open(header.path, framework="pt") as file:
        for key in keys:
            yield key, file.get_tensor(key)
