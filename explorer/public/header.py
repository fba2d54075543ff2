"""Header: what is known of a file or a folder before any of its weights is read. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Container = Literal["safetensors", "torch", "torch-legacy", "torchscript", "tflite", "library"]
Weights = Literal["averaged", "raw"]


@dataclass(frozen=True)
class TensorInfo:
    """shape, dtype ("float32", "float16", "bfloat16", "int64", ...) and where it lies: `place` is the reader's own."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    place: object = None

    @property
    def count(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Header:
    """path: the file, or the folder with config.json and its safetensors. tensors: key -> TensorInfo, without the
    wrapping dict (`state_dict`, `model`, ...) that `wrapper` names. others: the tensors of the other wrappers, such as
    an "ema" beside a "model". config: config.json, or {}. scalars: plain numbers and words that lay beside the tensors
    (`wrapper/key` -> value). notes: what was left unread, in plain words, for the person who loads.

    weights: which of the file's two sets of weights `tensors` is, and beside: the one that was not chosen; "" both
    where the file has one set. first: the one that is used where nobody chooses.
    """

    path: Path
    container: Container
    tensors: Mapping[str, TensorInfo]
    wrapper: str = ""
    others: Mapping[str, Mapping[str, TensorInfo]] = field(default_factory=dict)
    config: Mapping[str, object] = field(default_factory=dict)
    scalars: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    weights: Weights | Literal[""] = ""
    beside: Weights | Literal[""] = ""
    first: Weights | Literal[""] = ""

    @property
    def file_bytes(self) -> int:
        return sum(f.stat().st_size for f in ([self.path] if self.path.is_file() else self.path.glob("*.safetensors")))

    def shape(self, key: str) -> tuple[int, ...] | None:
        """The shape of a tensor, None if there is none of that key."""
        return self.tensors[key].shape if key in self.tensors else None
