"""Place: where the numbers of one tensor lie in a file, so that each can be read alone and no file is read whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.errors import CheckpointError
from explorer.loading.pickle_names import ITEM_BYTES, StoredTensor
from explorer.public.header import TensorInfo


@dataclass(frozen=True)
class Place:
    """start: byte of the first number. span: numbers from the first to the last. stride: in numbers; None if the
    tensor lies as torch lays it out. swapped: big end first."""

    path: Path
    start: int
    span: int
    stride: tuple[int, ...] | None = None
    swapped: bool = False


def place_tensors(
    tensors: Mapping[str, StoredTensor], starts: Mapping[str, int], path: Path, swapped: bool = False
) -> dict[str, TensorInfo]:
    """TensorInfo of each stored tensor; `starts`: storage -> byte of its first number. Raises CheckpointError."""
    size, found = path.stat().st_size, {}
    for key, tensor in tensors.items():
        if tensor.storage.key not in starts:
            raise CheckpointError(f"{path.name} is damaged: the numbers of {key} are not in it.")
        start = starts[tensor.storage.key] + tensor.offset * tensor.item_bytes
        if start + tensor.span * tensor.item_bytes > size:
            raise CheckpointError(f"{path.name} ends early: the numbers of {key} reach past its end.")
        place = Place(path, start, tensor.span, None if tensor.contiguous else tensor.stride, swapped)
        found[key] = TensorInfo(tensor.shape, tensor.dtype, place)
    return found


def tensor_bytes(tensors: Mapping[str, TensorInfo]) -> int:
    """Bytes of all of them as they lie in the file's numbers."""
    return sum(info.count * ITEM_BYTES[info.dtype] for info in tensors.values())
