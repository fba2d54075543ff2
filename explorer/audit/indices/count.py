"""What is counted of plain indices: all levels of one dump, block by block, and the audit of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import numpy as np

from explorer.audit.accumulator import joint_keys, joint_of, level_names
from explorer.audit.counting import JOINT_KEYS, KeyCounts
from explorer.audit.indices.axes import SAMPLED as GUESSED_FROM
from explorer.audit.indices.axes import Axes, guessed_axes, named_axes, plain_axes, reading_words
from explorer.audit.indices.blocks import Block, Padding, blocks_of, gather, one_by_one, zip_levels
from explorer.audit.indices.counter import LevelCounter
from explorer.audit.indices.parts import PartReader
from explorer.audit.indices.vectors import Belongings, LatentCounters
from explorer.audit.indices.words import notes_on, words_of_levels
from explorer.dumps.arrays import Dump, DumpArray
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import BATCHES, JointAudit

PART = 1024  # indices of a row without media that are taken together at least: as many as 256 px have tokens
MOST_LEVELS = 256


class IndexCount:
    """All levels of one source, counted block by block."""

    def __init__(
        self,
        source: Dump,
        axes: Axes,
        sizes: list[int],
        padding: Padding,
        belongings: Belongings | None,
        most: int,
        by_file: bool = False,
    ) -> None:
        self._source, self._axes, self._padding = source, axes, padding
        number = len(source.first) if source.one_by_level else axes.levels
        if number > MOST_LEVELS:
            raise SettingsError(f"{number:,} levels are too many; at most {MOST_LEVELS} are counted.")
        if len(sizes) not in (1, number):
            raise SettingsError(f"{len(sizes)} codebook sizes were given, and there are {number} levels.")
        self._sizes = sizes * (number // len(sizes))
        self._even = len({array.shape for array in source.first}) == 1
        names = level_names(number, "sum" if belongings is None else belongings.combination)
        size = source.first[0].size if not source.one_by_level else max(a.size for a in source.first)
        self._part = max(PART, -(-size // axes.levels // BATCHES))
        every = 1 if source.listed else -(-self._parts() // BATCHES)
        self._levels = [LevelCounter(name, k, every) for name, k in zip(names, self._sizes, strict=True)]
        self._joint = KeyCounts(JOINT_KEYS) if number > 1 and self._even else None
        self._latents = None
        if belongings is not None and belongings.latents is not None:
            if number != len(belongings.codebooks) or not self._even:
                raise SettingsError(f"Latents need a codebook for each of the {number} levels, of tokens alike.")
            self._latents = LatentCounters(belongings)
        self._parts_read = PartReader(
            axes, self._sizes, padding, lambda array: check_size(array, most), self._latents is not None, by_file
        )
        self._refusals, self._by_file = self._parts_read.refusals, by_file

    def _parts(self) -> int:
        first = self._source.first[0]
        return self._axes.media or -(-(first.size // self._axes.levels) // self._part)

    @property
    def tokens(self) -> int:
        """Counted so far, of all levels together."""
        return sum(level.tokens for level in self._levels)

    def blocks(self) -> Iterator[Block]:
        """The blocks of all arrays. Of many, one that does not fit is left out; raises RecordError for one alone."""
        source = self._source
        if source.listed:
            each = source.files() if self._by_file and source.files is not None else iter([source.parts()])
            return gather(chain.from_iterable(map(self._parts_read.blocks, each)))
        part = None if self._axes.media is not None else self._part
        if not source.one_by_level:
            return blocks_of(source.first[0], self._axes, part)
        return zip_levels(source.first, self._axes, part) if self._even else one_by_one(source.first, self._part)

    def stop(self, why: str) -> None:
        """A single array could be read no further. Raises RecordError where nothing was counted, or latents follow."""
        if not self.tokens or self._latents is not None:
            raise RecordError(why)
        self._refusals.add(self._source.title, f"{why} What was read until then was counted.")

    def add(self, block: Block) -> None:
        levels = self._levels if block.level is None else [self._levels[block.level]]
        masks = [self._padding.mask(values) for values in block.values]
        codes = [
            level.add(values, mask, block, number)
            for number, (level, values, mask) in enumerate(zip(levels, block.values, masks, strict=True))
        ]
        if self._latents is not None:
            self._latents.add(codes, masks)
        if self._joint is not None and self._joint.complete:
            if padded := [mask for mask in masks if mask is not None]:
                whole = np.logical_and.reduce(padded)
                codes = [of_level[whole] for of_level in codes]
            self._joint.add(joint_keys(codes, self._sizes))

    def audit(self, seconds: float) -> Audit:
        source, axes = self._source, self._axes
        left = self._refusals
        if not self.tokens:
            if left.count:
                raise RecordError(left.listed[0][1])
            raise RecordError(f"{source.title!r} holds no indices, only padding ({self._padding.words}).")
        levels = tuple(level.result() for level in self._levels)
        if self._latents is not None:
            levels = self._latents.add_to(levels)
        joint: JointAudit | None = None if self._joint is None else joint_of(self._joint, self._sizes)
        media = None if axes.media is None and not source.listed else self._levels[0].media
        made_with: dict[str, object] = {
            "codebook_size": self._sizes[0] if len(set(self._sizes)) == 1 else self._sizes,
            "shape": list(source.first[0].shape),
            "type": str(source.first[0].dtype),
            "axes": ",".join(axes.names),
            "reading": self._reading(media),
        }
        if media is None:
            made_with["part"] = f"{self._part:,} indices in a row"
        else:
            made_with["media"] = media
        padding = sum(level.padding for level in self._levels)
        repeated = [None if media is None else level.repeated for level in self._levels]
        made_with |= {"padding": padding} if padding else {}
        made_with |= {"equal_to_medium_before": repeated} if None not in repeated else {}
        notes = [changed] if (changed := source.changed()) else []
        if left.count:
            unit = source.listed or "file"
            made_with |= {"left_out": left.count, "parts": self._parts_read.parts + left.count, "part_unit": unit}
            notes.append(left.words(self._parts_read.parts, unit))
        notes += source.notes + tuple(notes_on(levels, axes.question, padding, self._padding.words, repeated))
        if self._latents is not None and (odd := sum(of.not_finite for of in self._latents.levels)):
            notes.append(f"{odd:,} latents are not finite (NaN or infinite); norms are of the others.")
        made_with |= {"notes": notes} if notes else {}
        skipped, planned = tuple(left.listed), 1 + len(left.listed)
        return Audit(
            source.title, None, "unknown", (source.title,), skipped, levels, joint, planned, seconds, "cpu", made_with
        )  # fmt: skip

    def _reading(self, media: int | None) -> str:
        if self._source.one_by_level and not self._source.listed:
            return words_of_levels(self._source.first, self._axes, media)
        lengths = self._parts_read.lengths
        even = not self._source.listed or len(lengths) == 1
        if self._by_file:
            return reading_words(self._axes, "file", media, even, tuple(lengths))
        return reading_words(self._axes, self._source.listed, media, even)


def axes_of(source: Dump, axes: str | None, most: int, medium: str = "") -> Axes:
    """The reading that was named, or a guess. Raises SettingsError for one that does not fit."""
    if medium == "file" and not source.listed:
        raise SettingsError(f"{source.title!r} is one array: where it is one medium, name axes without b (--axes).")
    first = source.first[0]
    for array in source.first:
        check_size(array, most)
    if axes is not None:
        named = named_axes(first.shape, axes)
        if source.one_by_level and named.levels > 1:
            raise SettingsError("The levels are arrays of their own here, so no axis can be levels (q).")
        return named
    if source.one_by_level:
        return plain_axes(first.shape, media_first=not source.listed)
    return guessed_axes(first.shape, _sample(first), bool(source.listed), medium)


def _sample(array: DumpArray) -> np.ndarray:
    """Whole entries of the first axis that is longer than 1, GUESSED_FROM indices or one entry."""
    short = tuple(n for n in array.shape if n > 1) or (1,)
    row = math.prod(short[1:])
    wanted = min(array.size, max(1, GUESSED_FROM // row) * row)
    return next(array.pieces(wanted, 0, wanted)) if wanted <= 2**26 else np.empty(0)


def check_size(array: DumpArray, most: int) -> None:
    if array.size < 1:
        raise RecordError(f"{array.name!r} holds no indices: its shape is {array.shape}.")
    if array.size > most:
        raise RecordError(f"{array.name!r} holds {array.size:,} indices; at most {most:,} are counted here.")
