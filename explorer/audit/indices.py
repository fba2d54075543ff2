"""Audit plain indices of a model that need not be here: `.npy`, `.npz`, `.jsonl`, or a folder; in bounded memory.

Which axis is media, levels or tokens is named by the caller or guessed (`index_axes.py`); what was read is kept in the
settings of the audit, in words. A row without media is cut into parts of equal length. Padding is left out and counted.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from time import perf_counter

import numpy as np

from explorer.audit.accumulator import joint_keys, joint_of, level_names
from explorer.audit.counting import JOINT_KEYS, KeyCounts
from explorer.audit.index_axes import SAMPLED as GUESSED_FROM
from explorer.audit.index_axes import Axes, guessed_axes, named_axes, plain_axes, reading_words
from explorer.audit.index_blocks import Block, Padding, blocks_of, gather, one_by_one, zip_levels
from explorer.audit.index_counter import LevelCounter
from explorer.audit.index_files import IndexArray, IndexSource, open_indices
from explorer.audit.index_vectors import Belongings, LatentCounters
from explorer.audit.index_words import notes_on, words_of_levels
from explorer.audit.run import Progress
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import BATCHES, JointAudit
from explorer.joints.measures.usage import MAX_COUNTED_CODES

PART = 1024  # indices of a row without media that are taken together at least: as many as 256 px have tokens
MOST_TOKENS = 10**11
MOST_LEVELS = 256
DAMAGE = (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, zlib.error)


@dataclass(frozen=True)
class Reading:
    """How indices are to be read.

    axes: "b,q,t", or None to guess. padding: what is no token. name: of the field of a .jsonl, or None to guess.
    """

    axes: str | None = None
    padding: Padding = field(default_factory=Padding)
    name: str | None = None


def reading_of(axes: object, ignore: object) -> Reading:
    """What a person typed: axes "b,q,t" or "", values that stand for no token "-1, nan" or "".

    Raises SettingsError for values that are no numbers; axes are held against the array when it is read.
    """
    axes, ignore = str(axes or "").strip(), str(ignore or "").strip()
    try:
        values = tuple(float(value) for value in ignore.replace(",", " ").split())
    except ValueError as error:
        raise SettingsError(f"Padding is one number or several, such as -1 or nan; not {ignore[:40]!r}.") from error
    return Reading(axes or None, Padding(values or None))


def audit_indices(
    path: str | Path,
    codebook_size: int | Sequence[int] | None,
    reading: Reading = Reading(),
    belongings: Belongings | None = None,
    *,
    most: int = MOST_TOKENS,
    most_codes: int = MAX_COUNTED_CODES,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Audit:
    """The audit of the indices at `path` for a codebook of `codebook_size` codes, or one size a level.

    belongings: the codebooks, which then say the sizes (codebook_size is None), and the latents.
    most, most_codes: of indices on one level, and of codes, for callers with less patience or memory. Raises
    RecordError if there are no indices, or some that are no code of their codebook; SettingsError for an impossible
    codebook_size or axes that do not fit; Cancelled when `cancelled`, asked at every piece, says so.
    """
    path, began = Path(path), perf_counter()
    if belongings is not None:
        codebook_size = [book.codebook_size for book in belongings.codebooks]
    sizes = [codebook_size] if isinstance(codebook_size, int) else list(codebook_size or ())
    if not sizes or not all(1 <= size <= most_codes for size in sizes):
        raise SettingsError(f"The codebook size must be from 1 to {most_codes:,}, not {', '.join(map(str, sizes))}.")
    try:
        source = open_indices(path, reading.name)
        axes = _axes(source, reading.axes, most)
        meter = _Meter(source.title, 0 if source.listed else sum(a.size for a in source.first), progress, cancelled)
        count = _Count(source, axes, sizes, reading.padding, belongings)
        for block in count.blocks(most):
            count.add(block)
            meter.add(sum(map(len, block.values)))
        meter.end()
    except DAMAGE as error:
        raise RecordError(f"{path.name!r} cannot be read, or is damaged ({error}).") from error
    return count.audit(perf_counter() - began)


class _Count:
    """All levels of one source, counted block by block."""

    def __init__(
        self, source: IndexSource, axes: Axes, sizes: list[int], padding: Padding, belongings: Belongings | None
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
        self._joint = KeyCounts(JOINT_KEYS, prune=False) if number > 1 and self._even else None
        self._lengths: set[int] = set()
        self._latents = None
        if belongings is not None and belongings.latents is not None:
            if number != len(belongings.codebooks) or not self._even:
                raise SettingsError(f"Latents need a codebook for each of the {number} levels, of tokens alike.")
            self._latents = LatentCounters(belongings)

    def _parts(self) -> int:
        first = self._source.first[0]
        return self._axes.media or -(-(first.size // self._axes.levels) // self._part)

    def blocks(self, most: int) -> Iterator[Block]:
        """The blocks of all arrays. Raises RecordError for an array that does not fit the first, or is too large."""
        source = self._source
        part = None if self._axes.media is not None else self._part
        if source.one_by_level and self._even:
            return zip_levels(source.first, self._axes, part)
        if source.one_by_level:
            return one_by_one(source.first, self._part)
        if not source.listed:
            return blocks_of(source.first[0], self._axes, part)
        return gather(chain.from_iterable(self._of_listed(group[0], most) for group in source.groups()))

    def _of_listed(self, array: IndexArray, most: int) -> Iterator[Block]:
        _check(array, most)
        axes = _like(array, self._axes)
        self._lengths.add(array.size // axes.levels // (axes.media or 1))
        return blocks_of(array, axes, None)

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
        if not any(level.tokens for level in self._levels):
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
        notes = notes_on(levels, axes.question, padding, self._padding.words, repeated)
        if self._latents is not None and (odd := sum(of.not_finite for of in self._latents.levels)):
            notes.append(f"{odd:,} latents are not finite (NaN or infinite); norms are of the others.")
        made_with |= {"notes": notes} if notes else {}
        return Audit(
            source.title, None, "unknown", (source.title,), (), levels, joint, 1, seconds, "cpu", made_with
        )  # fmt: skip

    def _reading(self, media: int | None) -> str:
        if self._source.one_by_level:
            return words_of_levels(self._source.first, self._axes, media)
        even = not self._source.listed or len(self._lengths) == 1
        return reading_words(self._axes, self._source.listed, media, even)


class _Meter:
    """Tells the progress after each piece, and stops the work between two of them."""

    def __init__(
        self, name: str, total: int, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self._name, self._total, self._progress, self._cancelled = name, total, progress, cancelled
        self._done, self._began = 0, perf_counter()

    def add(self, tokens: int) -> None:
        """`tokens` more were counted, of all levels together. Raises Cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The count of indices was stopped before its end, so there is none.")
        self._done += tokens
        if self._progress is not None:
            seconds, done = perf_counter() - self._began, self._done == self._total
            left = seconds * (self._total / self._done - 1) if self._done and self._total else None
            self._progress(Progress(int(done), 1, self._done, seconds, done / max(seconds, 1e-9), left, self._name))

    def end(self) -> None:
        """All was read, also where nobody knew before how much there is."""
        if self._done != self._total:
            self._total = self._done
            self.add(0)


def _axes(source: IndexSource, axes: str | None, most: int) -> Axes:
    first = source.first[0]
    for array in source.first:
        _check(array, most)
    if axes is not None:
        named = named_axes(first.shape, axes)
        if source.one_by_level and named.levels > 1:
            raise SettingsError("The levels are arrays of their own here, so no axis can be levels (q).")
        return named
    if source.one_by_level:
        return plain_axes(first.shape)
    return guessed_axes(first.shape, _sample(first), bool(source.listed))


def _sample(array: IndexArray) -> np.ndarray:
    """Whole entries of the first axis that is longer than 1, GUESSED_FROM indices or one entry."""
    short = tuple(n for n in array.shape if n > 1) or (1,)
    row = math.prod(short[1:])
    wanted = min(array.size, max(1, GUESSED_FROM // row) * row)
    return next(array.pieces(wanted, 0, wanted)) if wanted <= 2**26 else np.empty(0)


def _like(array: IndexArray, axes: Axes) -> Axes:
    """The same reading for another file. Raises RecordError if its axes are others."""
    short = tuple(n for n in array.shape if n > 1) or (1,)
    names = axes.names
    if len(short) < len(names):  # an axis of length 1 here, of more in the first file
        short = array.shape if len(array.shape) == len(names) else (1,) * (len(names) - len(short)) + short
    if len(short) != len(names):
        raise RecordError(f"{array.name!r} has the shape {array.shape}; the first has axes {','.join(names)}.")
    like = Axes(short, names, axes.guessed)
    if like.levels != axes.levels:
        raise RecordError(f"{array.name!r} has {like.levels} levels; the first has {axes.levels}.")
    return like


def _check(array: IndexArray, most: int) -> None:
    if array.size < 1:
        raise RecordError(f"{array.name!r} holds no indices: its shape is {array.shape}.")
    if array.size > most:
        raise RecordError(f"{array.name!r} holds {array.size:,} indices; at most {most:,} are counted here.")
