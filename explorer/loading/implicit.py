"""Quantizers without a table: the numbers that a file keeps of a codebook that follows from a rule. No torch.

Names are those of vector-quantize-pytorch and of what was written after it: `_levels` and `_basis` of FSQ (values an
axis), `mask` of LFQ (the powers of two of its bits), `implicit_codebook` (the rule, written out).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import CheckpointError
from explorer.loading.arrays import read_array, readable
from explorer.loading.tables import natural_key
from explorer.public.header import TensorInfo

MOST_AXES = 64
MOST_VALUES = 4096  # of one axis
_LEVELS = re.compile(r"^_?levels$", re.I)
_MASK = re.compile(r"^_?(mask|bit_mask|powers|basis)$", re.I)
_WRITTEN = re.compile(r"^_?implicit_code_?book$", re.I)


@dataclass(frozen=True)
class FoundRule:
    """key: of the tensor that tells the rule. levels: values of each axis. codes: their product. kind: "lattice" (FSQ),
    or "signs" (LFQ, BSQ), all of whose axes have two values."""

    key: str
    levels: tuple[int, ...]
    kind: str

    @property
    def codes(self) -> int:
        return math.prod(self.levels)


def find_rules(tensors: Mapping[str, TensorInfo]) -> list[FoundRule]:
    """Every rule that the tensors tell, in the order of their names. Raises CheckpointError if the file ends early."""
    found: dict[str, FoundRule] = {}
    for key in sorted(tensors, key=natural_key):
        module, _, leaf = key.rpartition(".")
        info = tensors[key]
        rule = None
        if _LEVELS.match(leaf) and _few_numbers(info):
            rule = _lattice(key, read_array(key, info))
        elif _MASK.match(leaf) and _few_numbers(info):
            rule = _signs(key, read_array(key, info))
        elif _WRITTEN.match(leaf) and len(info.shape) == 2 and info.shape[1] <= MOST_AXES and readable(info):
            rule = _written(key, info)
        if rule is not None and (module not in found or found[module].kind == "signs"):
            found[module] = rule
    return list(found.values())


def _few_numbers(info: TensorInfo) -> bool:
    return len(info.shape) == 1 and 0 < info.count <= MOST_AXES and readable(info) and "int" in info.dtype


def _lattice(key: str, values: np.ndarray) -> FoundRule | None:
    levels = tuple(int(value) for value in values)
    return FoundRule(key, levels, "lattice") if all(2 <= one <= MOST_VALUES for one in levels) else None


def _signs(key: str, values: np.ndarray) -> FoundRule | None:
    """Powers of two, each once, upwards or downwards: the worth of each bit."""
    powers = sorted(int(value) for value in values)
    if len(powers) < 2 or powers != [2**bit for bit in range(len(powers))]:
        return None
    return FoundRule(key, (2,) * len(powers), "signs")


def _written(key: str, info: TensorInfo) -> FoundRule | None:
    """The lattice that is written out as a table: distinct values of each axis, if their product is its rows."""
    if info.count > 2**25:
        return None
    try:
        table = read_array(key, info)
    except CheckpointError:
        return None
    levels = tuple(len(np.unique(column)) for column in table.T)
    return FoundRule(key, levels, "lattice") if math.prod(levels) == info.shape[0] and min(levels) > 1 else None
