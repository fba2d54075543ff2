"""The tokens of plain indices as a stream of blocks: all levels side by side, media apart, padding taken out.

Letters of the shapes: L levels, n tokens of a block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.audit.indices.axes import Axes, plain_axes
from explorer.dumps.arrays import DumpArray

PIECE = 2**22  # indices in memory at a time
Place = Callable[[int, int], tuple[str, int]]  # (level, token of the block) -> array, flat place in it


@dataclass(frozen=True)
class Block:
    """Some tokens of all levels.

    values (L, n) as stored. lengths: tokens of each medium in the block, adding up to n. opens: the first of them
    begins here, and is not the rest of the medium before. place: where a token was read, for messages. shape: of the
    tokens of every medium, () where they are rows of `lengths`; and offset: of the first token in such a medium.
    """

    values: Sequence[np.ndarray]
    lengths: np.ndarray
    opens: bool
    place: Place
    level: int | None = None  # None: values of all levels; else of that one alone
    shape: tuple[int, ...] = ()
    offset: int = 0


def blocks_of(array: DumpArray, axes: Axes, part: int | None, at_once: int | None = None) -> Iterator[Block]:
    """The blocks of one array.

    part: tokens of a level that stand for a medium where there is no axis of media; None: the array is one medium.
    at_once: indices in memory at a time, PIECE unless told.
    """
    at_once = at_once or PIECE
    outer, levels, inner = axes.runs
    medium = outer * inner // (axes.media or 1) if part is None else part
    of = _Cut(medium, axes.tokens)
    if levels == 1:  # one long run, cut anywhere
        length = max(1, at_once // medium) * medium if medium <= at_once else at_once
        yield from _in_media(array.pieces(length), array.name, of)
    elif levels * inner <= at_once:
        length = at_once // (levels * inner) * levels * inner
        pieces = (piece.reshape(-1, levels, inner) for piece in array.pieces(length))
        yield from _side_by_side(pieces, array.name, levels, inner, of)
    else:
        yield from _apart(array, max(1, at_once // levels), axes.runs, of)


def _in_media(pieces: Iterator[np.ndarray], name: str, of: _Cut) -> Iterator[Block]:
    done = 0
    for piece in pieces:
        yield of.block((piece,), done, lambda _, i, done=done: (name, done + i))
        done += len(piece)


def _side_by_side(pieces: Iterator[np.ndarray], name: str, levels: int, inner: int, of: _Cut) -> Iterator[Block]:
    """Whole runs of all levels at a time."""
    done = 0  # tokens of a level
    for piece in pieces:  # (r, L, inner)
        values = [piece[:, level].reshape(-1) for level in range(levels)]

        def place(level: int, i: int, done: int = done) -> tuple[str, int]:
            run, rest = divmod(done + i, inner)
            return name, (run * levels + level) * inner + rest

        yield of.block(values, done, place)
        done += len(values[0])


def _apart(array: DumpArray, length: int, runs: tuple[int, int, int], of: _Cut) -> Iterator[Block]:
    """Runs that are too long for memory: every level is read by itself, in step with the others."""
    (outer, levels, inner), done = runs, 0

    def of_level(level: int) -> Iterator[np.ndarray]:
        for run in range(outer):
            first = (run * levels + level) * inner
            yield from array.pieces(length, first, first + inner)

    for values in zip(*map(of_level, range(levels)), strict=True):

        def place(level: int, i: int, done: int = done) -> tuple[str, int]:
            run, rest = divmod(done + i, inner)
            return array.name, (run * levels + level) * inner + rest

        yield of.block(values, done, place)
        done += len(values[0])


@dataclass(frozen=True)
class _Cut:
    """medium: tokens of a level that stand for one. shape: of the tokens of a true one."""

    medium: int
    shape: tuple[int, ...]

    def block(self, values: Sequence[np.ndarray], done: int, place: Place) -> Block:
        """The next tokens, after `done` others of each level."""
        lengths, opens = _lengths(done, len(values[0]), self.medium)
        return Block(values, lengths, opens, place, shape=self.shape, offset=done % math.prod(self.shape))


def _lengths(done: int, count: int, medium: int) -> tuple[np.ndarray, bool]:
    """Lengths of the media that `count` tokens after `done` others belong to, and whether the first begins there."""
    rest = -done % medium
    if rest >= count:
        return np.array([count]), rest == 0 and count > 0
    whole, tail = divmod(count - rest, medium)
    lengths = [rest] * (rest > 0) + [medium] * whole + [tail] * (tail > 0)
    return np.array(lengths), rest == 0


def zip_levels(arrays: Sequence[DumpArray], axes: Axes, part: int | None) -> Iterator[Block]:
    """The blocks of arrays of one shape that are levels already, side by side."""
    at_once = max(1, PIECE // len(arrays))
    for blocks in zip(*(blocks_of(array, axes, part, at_once) for array in arrays), strict=True):
        first = blocks[0]

        def place(level: int, i: int, blocks: tuple[Block, ...] = blocks) -> tuple[str, int]:
            return blocks[level].place(0, i)

        yield replace(first, values=[block.values[0] for block in blocks], place=place)


def one_by_one(arrays: Sequence[DumpArray], part: int) -> Iterator[Block]:
    """The blocks of levels of different shapes, one level after another."""
    for level, array in enumerate(arrays):
        axes = plain_axes(array.shape)
        for block in blocks_of(array, axes, None if axes.media else part):
            yield replace(block, level=level)


def gather(blocks: Iterator[Block]) -> Iterator[Block]:
    """Small blocks of many files or lines as few large ones; every one of them begins a medium. What came before an
    error is given before it is raised."""
    kept: list[Block] = []
    size = 0
    try:
        for block in blocks:
            full = size + len(block.values[0]) > PIECE // len(block.values)
            if kept and (full or not block.opens or not _follows(kept[0], size, block)):
                yield _joined(kept)
                kept, size = [], 0
            kept.append(block)
            size += len(block.values[0])
    except Exception:
        if kept:
            yield _joined(kept)
        raise
    if kept:
        yield _joined(kept)


def _follows(first: Block, size: int, block: Block) -> bool:
    """Whether a block can stand behind `size` tokens from `first` on: where the shape is the same and no medium was
    broken off, or all are rows."""
    if first.shape == block.shape:
        return not first.shape or (first.offset + size) % math.prod(first.shape) == 0
    return max(len(first.shape), len(block.shape)) < 2 and not first.offset


def _joined(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    starts = np.cumsum([0, *(len(block.values[0]) for block in blocks)])

    def place(level: int, i: int) -> tuple[str, int]:
        number = int(np.searchsorted(starts, i, side="right")) - 1
        return blocks[number].place(level, i - int(starts[number]))

    values = [np.concatenate([block.values[level] for block in blocks]) for level in range(len(blocks[0].values))]
    lengths = np.concatenate([block.lengths for block in blocks])
    shape = blocks[0].shape if all(block.shape == blocks[0].shape for block in blocks) else ()
    return Block(values, lengths, blocks[0].opens, place, shape=shape, offset=blocks[0].offset)


@dataclass(frozen=True)
class Padding:
    """Values that stand for no token. values: None for the default, -1 and NaN, which no code can be."""

    values: tuple[float, ...] | None = None

    @property
    def words(self) -> str:
        return "-1 or NaN" if self.values is None else " or ".join(f"{value:g}" for value in self.values)

    def mask(self, values: np.ndarray) -> np.ndarray | None:
        """True where there is a token; None where all are tokens."""
        wanted = (-1, float("nan")) if self.values is None else self.values
        if values.dtype.kind != "f" and len(values) and self.values is None and values.min() >= 0:
            return None
        gone = np.zeros(len(values), bool)
        for value in wanted:
            if value != value:
                gone |= np.isnan(values) if values.dtype.kind == "f" else False
            elif values.dtype.kind != "u" or value >= 0:
                gone |= values == value
        return ~gone if gone.any() else None
