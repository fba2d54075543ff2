"""What an audit of plain indices is of and how they are read: what its shards have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from explorer.audit.accumulator import level_names
from explorer.audit.indices.axes import Axes, reading_words
from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.words import words_of_levels
from explorer.dumps.arrays import Dump
from explorer.foundation.errors import SettingsError
from explorer.foundation.words import count_of, is_are
from explorer.joints.audit_parts import BATCHES

PART = 1024  # indices of a row without media that are taken together at least: as many as 256 px have tokens
MOST_LEVELS = 256
DIFFERENCES = {
    "sizes": "another codebook size",
    "codebooks": "other code vectors (--codebook)",
    "padding": "other padding (--ignore)",
    "medium": "another --medium",
    "field": "another --field",
    "axes": "other axes",
    "title": "another dump",
    "listed": "another dump",
    "shapes": "another dump",
    "dtype": "another dump",
}


@dataclass(frozen=True)
class IndexSubject:
    """title, listed, one_by_level, notes: of the dump. shapes, dtype: of its first arrays. sizes: of the codebooks, one
    a level. padding: numbers as text, None for the default. medium, field: as they were asked for. codebooks: check sum
    of the code vectors, "" without any. files: how many there are.
    """

    title: str
    listed: str
    one_by_level: bool
    shapes: tuple[tuple[int, ...], ...]
    dtype: str
    axes: Axes
    sizes: tuple[int, ...]
    padding: tuple[str, ...] | None
    combination: str
    medium: str
    field: str
    codebooks: str
    notes: tuple[str, ...]
    files: int

    @property
    def even(self) -> bool:
        """Whether all levels have one shape."""
        return len(set(self.shapes)) == 1

    @property
    def by_file(self) -> bool:
        return self.medium == "file"

    @property
    def ignored(self) -> Padding:
        return Padding(None if self.padding is None else tuple(map(float, self.padding)))

    @property
    def names(self) -> list[str]:
        return level_names(len(self.sizes), self.combination)

    @property
    def part(self) -> int:
        """Tokens of a level that stand for a medium where nothing says what is one."""
        sizes = [math.prod(shape) for shape in (self.shapes if self.one_by_level else self.shapes[:1])]
        return max(PART, -(-max(sizes) // self.axes.levels // BATCHES))

    @property
    def every(self) -> int:
        """Of the media, each how-manieth is a row of its own at least."""
        if self.listed:
            return 1
        media = self.axes.media or -(-(math.prod(self.shapes[0]) // self.axes.levels) // self.part)
        return -(-media // BATCHES)

    def reading(self, media: int | None, lengths: Sequence[int]) -> str:
        """How the dump was read, as a sentence. lengths: of its media in tokens, those that differ."""
        if self.one_by_level and not self.listed:
            return words_of_levels(self.shapes, self.axes, media)
        even = not self.listed or len(lengths) == 1
        if self.by_file:
            return reading_words(self.axes, "file", media, even, tuple(lengths))
        return reading_words(self.axes, self.listed, media, even)

    def differences(self, other: IndexSubject) -> str:
        """What of it is another in `other`, in words; "" if nothing is."""
        mine, theirs = self.as_json(), other.as_json()
        words = dict.fromkeys(said for name, said in DIFFERENCES.items() if mine[name] != theirs[name])
        return " and ".join(words) or ("" if mine == theirs else "another dump")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def vectors_sum(tables: Sequence[np.ndarray]) -> str:
    """Check sum of the tables of codebooks, "" without any."""
    seen = sha256()
    for table in tables:
        seen.update(repr(table.shape).encode() + np.ascontiguousarray(table).tobytes())
    return seen.hexdigest() if len(tables) else ""


def subject_from_json(said: dict[str, Any]) -> IndexSubject:
    """Raises TypeError or LookupError for what is none."""
    axes = Axes(**said["axes"] | {name: tuple(said["axes"][name]) for name in ("shape", "names")})
    padding = None if said["padding"] is None else tuple(map(str, said["padding"]))
    shapes = tuple(tuple(map(int, shape)) for shape in said["shapes"])
    lists = {"sizes": tuple(map(int, said["sizes"])), "notes": tuple(map(str, said["notes"]))}
    return IndexSubject(**said | {"axes": axes, "padding": padding, "shapes": shapes} | lists)


def subject_of(
    source: Dump, axes: Axes, sizes: Sequence[int], padding: Padding, *, combination: str = "sum", medium: str = "",
    field: str | None = None, vectors: Sequence[np.ndarray] = (),
) -> IndexSubject:  # fmt: skip
    """vectors: tables of the codebooks. Raises SettingsError for too many levels, or sizes that are not theirs."""
    number = len(source.first) if source.one_by_level else axes.levels
    if number > MOST_LEVELS:
        raise SettingsError(f"{number:,} levels are too many; at most {MOST_LEVELS} are counted.")
    if len(sizes) not in (1, number):
        given = f"{count_of(len(sizes), 'codebook size')} {'was' if len(sizes) == 1 else 'were'} given"
        raise SettingsError(f"{given}, and there {is_are(number)} {count_of(number, 'level')}.")
    return IndexSubject(
        title=source.title,
        listed=source.listed,
        one_by_level=source.one_by_level,
        shapes=tuple(array.shape for array in source.first),
        dtype=str(source.first[0].dtype),
        axes=axes,
        sizes=tuple(sizes) * (number // len(sizes)),
        padding=None if padding.values is None else tuple(map(repr, padding.values)),
        combination=combination,
        medium=medium,
        field=field or "",
        codebooks=vectors_sum(vectors),
        notes=source.notes,
        files=max(1, len(source.members)),
    )
