"""Which numbers stand for the codes of a medium in a dump: the codes themselves, or ids of a language model.

Letters of the shapes: Q levels, n ids of one medium.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of

DTYPES = ("int16", "uint16", "int32", "int64")
CHOSEN = ("int16", "int32", "int64")  # where nobody says one: torch has no arithmetic of uint16
AXES = {1: "t", 2: "h,w", 3: "t,h,w"}  # by how many a level has

Shapes = Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class PlainCodes:
    """Codes from 0, each level in its own numbers. sizes: of the codebooks, (Q,).

    One level has its own shape, levels of one shape stand before it, (Q, *shape); levels of shapes of their own follow
    each other in one row.
    """

    sizes: tuple[int, ...]

    @property
    def highest(self) -> int:
        return max(self.sizes) - 1

    def numbers(self, levels: Sequence[np.ndarray]) -> np.ndarray:
        """The indices of all levels of a medium -> what is written of it."""
        if len(levels) == 1:
            return np.asarray(levels[0])
        if is_even([level.shape for level in levels]):
            return np.stack(levels)
        return np.concatenate([level.reshape(-1) for level in levels])

    def levels(self, numbers: np.ndarray, shapes: Shapes) -> tuple[np.ndarray, ...]:
        """Back again. Raises RecordError if so many numbers are not those of the shapes."""
        check_count(numbers, sum(math.prod(shape) for shape in shapes))
        return split_levels(np.asarray(numbers).reshape(-1), shapes)

    def axes(self, shapes: Shapes) -> str:
        """Letters of the axes of what is written, as `audit --axes` takes them: q levels, others places."""
        if not is_even(shapes):
            return "t"
        return ",".join(filter(None, ("q" if len(shapes) > 1 else "", AXES.get(len(shapes[0]), "t"))))

    def as_meta(self) -> dict[str, Any] | None:
        return None


@dataclass(frozen=True)
class Vocabulary:
    """Ids of a language model: each level's codes from where those of the level before end, the first from `offset`.

    tags: two more ids stand after the last code, for the beginning and the end of a medium, and are written there. Ids
    come in one row: all levels of a place, then those of the next; levels of shapes of their own one after another.
    """

    sizes: tuple[int, ...]
    offset: int = 0
    tags: bool = False

    def __post_init__(self) -> None:
        if self.offset < 0:
            raise SettingsError(f"--offset counts ids of the language model, so it is 0 or more, not {self.offset}.")

    @property
    def starts(self) -> tuple[int, ...]:
        """The id of code 0 of each level."""
        return tuple(self.offset + sum(self.sizes[:q]) for q in range(len(self.sizes)))

    @property
    def begin(self) -> int | None:
        return self.offset + sum(self.sizes) if self.tags else None

    @property
    def end(self) -> int | None:
        return self.offset + sum(self.sizes) + 1 if self.tags else None

    @property
    def stop(self) -> int:
        """The first id that is free again: so large the vocabulary has to be."""
        return self.offset + sum(self.sizes) + 2 * self.tags

    @property
    def highest(self) -> int:
        return self.stop - 1

    def numbers(self, levels: Sequence[np.ndarray]) -> np.ndarray:
        """The indices of all levels of a medium -> its ids (n,)."""
        rows = [level.reshape(-1).astype(np.int64) + start for level, start in zip(levels, self.starts, strict=True)]
        even = is_even([level.shape for level in levels])
        ids = np.stack(rows, axis=1).reshape(-1) if even else np.concatenate(rows)
        return np.concatenate([[self.begin], ids, [self.end]]) if self.tags else ids

    def levels(self, numbers: np.ndarray, shapes: Shapes) -> tuple[np.ndarray, ...]:
        """Ids (n,) -> the indices of each level. Raises RecordError for ids that are not where they belong."""
        ids = np.asarray(numbers).reshape(-1).astype(np.int64)
        count = sum(math.prod(shape) for shape in shapes)
        check_count(ids, count + 2 * self.tags)
        if self.tags:
            if ids[0] != self.begin or ids[-1] != self.end:
                raise RecordError(
                    f"the ids begin with {ids[0]:,} and end with {ids[-1]:,}, not with the tags {self.begin:,} and "
                    f"{self.end:,}"
                )
            ids = ids[1:-1]
        rows = ids
        if is_even(shapes):
            rows = ids.reshape(-1, len(shapes)).T.reshape(-1)
        found = split_levels(rows, shapes)
        for number, (level, start, size) in enumerate(zip(found, self.starts, self.sizes, strict=True), 1):
            if level.min() < start or level.max() >= start + size:
                raise RecordError(
                    f"ids of level {number} reach from {level.min():,} to {level.max():,}, outside of its own, "
                    f"{start:,} to {start + size - 1:,}"
                )
        return tuple(level - start for level, start in zip(found, self.starts, strict=True))

    def axes(self, shapes: Shapes) -> str:
        return "t"

    def as_meta(self) -> dict[str, Any]:
        """What the manifest says of it: enough to place it in a model's vocabulary, and to read it back."""
        return {
            "offset": self.offset,
            "level_offsets": list(self.starts),
            "begin": self.begin,
            "end": self.end,
            "size_needed": self.stop,
            "order": "all levels of a place, then the next place; levels with shapes of their own one after another",
        }


Codes = PlainCodes | Vocabulary


def codes_of(sizes: Sequence[int], meta: Mapping[str, Any] | None) -> Codes:
    """The inverse of `as_meta`. Raises RecordError where it contradicts itself."""
    if meta is None:
        return PlainCodes(tuple(sizes))
    found = Vocabulary(tuple(sizes), int(meta["offset"]), meta["begin"] is not None)
    if found.as_meta() != dict(meta):
        raise RecordError("its vocabulary does not fit the sizes of its codebooks")
    return found


def is_even(shapes: Shapes) -> bool:
    """Whether all levels have one shape."""
    return len(set(map(tuple, shapes))) == 1


def check_count(numbers: np.ndarray, expected: int) -> None:
    if np.size(numbers) != expected:
        raise RecordError(f"it has {count_of(np.size(numbers), 'token')}, its shapes tell {expected:,}")


def split_levels(row: np.ndarray, shapes: Shapes) -> tuple[np.ndarray, ...]:
    """A row (n,) of levels one after another -> an array of its shape each."""
    counts = [math.prod(shape) for shape in shapes]
    parts = np.split(row, np.cumsum(counts)[:-1])
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))


def dtype_for(codes: Codes, wanted: str | None = None) -> np.dtype:
    """The type of whole numbers that are written: `wanted`, or the smallest of CHOSEN. Raises SettingsError where the
    highest number does not fit."""
    if wanted is not None and wanted not in DTYPES:
        raise SettingsError(f"There is no --dtype {wanted!r} here. Those that there are: {', '.join(DTYPES)}.")
    able = [name for name in CHOSEN if codes.highest <= np.iinfo(name).max]
    if not able:
        raise SettingsError(
            f"The highest id would be {codes.highest:,}, more than 64 bits hold. Give a lower --offset."
        )
    if wanted is None:
        return np.dtype(able[0])
    if codes.highest > np.iinfo(wanted).max:
        what = "id" if isinstance(codes, Vocabulary) else "code"
        lower = " Give a lower --offset, or" if isinstance(codes, Vocabulary) and codes.offset else " Give"
        raise SettingsError(
            f"The highest {what} is {codes.highest:,}, and {wanted} ends at {np.iinfo(wanted).max:,}.{lower} --dtype "
            f"{able[0]}."
        )
    return np.dtype(wanted)
