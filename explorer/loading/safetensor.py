"""safetensors: the header of a file, read without torch. https://huggingface.co/docs/safetensors"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path

from explorer.foundation.config import Limits
from explorer.foundation.errors import CheckpointError
from explorer.loading.pickle_names import ITEM_BYTES, MOST_AXES
from explorer.loading.pickles import check_name
from explorer.loading.places import Place
from explorer.public.header import TensorInfo

HEADER_BYTES = 25_000_000  # as the Hub limits it; 50,000 tensors need 10 million, and parsed it takes ten times that
DTYPES: Mapping[str, str] = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "C64": "complex64",
}  # fmt: skip


def looks_like_safetensors(head: bytes, size: int) -> bool:
    """From the first nine bytes: the length of the header, and the brace that opens it."""
    return len(head) >= 9 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] <= min(size, HEADER_BYTES)


def read_safetensors(path: Path, limits: Limits) -> dict[str, TensorInfo]:
    """key -> TensorInfo. Raises CheckpointError for what is damaged, cut off or too large."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        (length,) = struct.unpack("<Q", head) if len(head) == 8 else (0,)
        if not 2 <= length <= HEADER_BYTES or 8 + length > size:
            raise CheckpointError(f"{path.name} ends early or is damaged: its header should be {length:,} bytes long.")
        text = file.read(length)
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path.name} is damaged: its header is not valid JSON.") from error
    if not isinstance(entries, dict):
        raise CheckpointError(f"{path.name} is damaged: its header lists no tensors.")
    entries.pop("__metadata__", None)
    if len(entries) > limits.checkpoint_tensors:
        raise CheckpointError(
            f"{path.name} holds {len(entries):,} tensors, at most {limits.checkpoint_tensors:,} may be."
        )
    return {key: tensor_info(path, key, entry, 8 + length, size) for key, entry in entries.items()}


def tensor_info(path: Path, key: str, entry: object, data_start: int, size: int | None) -> TensorInfo:
    """One entry of a header, checked. size: of the file, None where the file is elsewhere."""
    check_name(key)
    try:
        dtype, shape, (begin, end) = DTYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
        sound = all(type(n) is int and 0 <= n < 2**48 for n in (*shape, begin, end)) and len(shape) <= MOST_AXES
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path.name}: the entry of {key[:80]} in the header cannot be read.") from error
    count = math.prod(shape) if sound else 0
    if not sound or end - begin != count * ITEM_BYTES[dtype]:
        raise CheckpointError(f"{path.name} is damaged: {key[:80]} of shape {str(shape)[:80]} has another length.")
    if size is not None and data_start + end > size:
        raise CheckpointError(f"{path.name} ends early: {key[:80]} reaches to byte {data_start + end:,} of {size:,}.")
    return TensorInfo(shape, dtype, Place(path, data_start + begin, count))
