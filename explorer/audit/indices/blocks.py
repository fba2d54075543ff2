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

    values (L, n) as stored. lengths (m,): tokens of each medium in the block, adding up to n. numbers (m,) int64: the
    same for each medium wherever the dump is cut, in their order. opens: the first of them begins here, and is not the
    rest of the medium before. place: where a token was read, for messages. shape: of the tokens of every medium, ()
    where they are rows of `lengths`; and offset: of the first token in such a medium. lead: tokens that were counted
    before, and stand beside those that follow.
    """

    values: Sequence[np.ndarray]
    lengths: np.ndarray
    numbers: np.ndarray
    opens: bool
    place: Place
    level: int | None = None  # None: values of all levels; else of that one alone
    shape: tuple[int, ...] = ()
    offset: int = 0
    lead: bool = False


@dataclass(frozen=True)
class Cut:
    """How an array is read, in tokens of one level: `tokens` in all, media of `medium`, `item` of whole media that are
    counted in one process, `piece` in memory at a time. run: tokens of each level that lie together, read as a whole.
    """

    tokens: int
    medium: int
    item: int
    piece: int
    run: int

    @property
    def items(self) -> int:
        return -(-self.tokens // self.item)


def cut_of(axes: Axes, part: int | None, at_once: int | None = None) -> Cut:
    """How the array is cut.

    part: tokens of a level that stand for a medium where there is no axis of media; None: the array is one medium.
    at_once: indices in memory at a time, PIECE unless told.
    """
    at_once = at_once or PIECE
    outer, levels, inner = axes.runs
    tokens = outer * inner
    medium = tokens // (axes.media or 1) if part is None else part
    if levels == 1:  # one long run, cut anywhere
        run, piece = 1, at_once
    elif levels * inner <= at_once:  # whole runs of all levels
        run, piece = inner, at_once // (levels * inner) * inner
    else:
        run, piece = 1, max(1, at_once // levels)
    step = math.lcm(medium, run)
    item = max(1, piece // step) * step
    return Cut(tokens, medium, item, item if item <= piece else piece, run)


def blocks_of(
    array: DumpArray, axes: Axes, cut: Cut, *, first: int = 0, stop: int | None = None, number: int = 0, lead: int = 0
) -> Iterator[Block]:
    """The blocks of the items from `first` to `stop` of one array.

    number: of its first medium. lead: tokens before that are read, too, where they are of the same true medium.
    """
    shape, period = axes.tokens, math.prod(axes.tokens)
    begin, end = first * cut.item, cut.tokens if stop is None else min(stop * cut.item, cut.tokens)
    _, levels, inner = axes.runs

    def place(level: int, i: int) -> tuple[str, int]:
        run, rest = divmod(i, inner)
        return array.name, (run * levels + level) * inner + rest

    if before := min(lead, begin % period):
        start = (begin - before) // cut.run * cut.run
        values = [np.concatenate(some)[-before:] for some in zip(*_values(array, axes, cut, start, begin), strict=True)]
        yield Block(
            values, np.array([before]), np.array([number]), True, lambda level, i: place(level, begin - before + i),
            shape=shape, offset=(begin - before) % period, lead=True,
        )  # fmt: skip
    done = begin
    whole = cut.item == cut.piece
    for start in [begin] if whole else range(begin, end, cut.item):
        for values in _values(array, axes, cut, start, end if whole else min(start + cut.item, end)):
            lengths, opens = _lengths(done, len(values[0]), cut.medium)
            numbers = number + done // cut.medium + np.arange(len(lengths))
            yield Block(
                values, lengths, numbers, opens, lambda level, i, done=done: place(level, done + i),
                shape=shape, offset=done % period,
            )  # fmt: skip
            done += len(values[0])


def _values(array: DumpArray, axes: Axes, cut: Cut, start: int, stop: int) -> Iterator[Sequence[np.ndarray]]:
    """The tokens from `start` to `stop`, whole runs, of every level side by side: (L, n) at a time."""
    _, levels, inner = axes.runs
    if levels == 1:
        yield from ((piece,) for piece in array.pieces(cut.piece, start, stop))
    elif cut.run == inner:
        for piece in array.pieces(cut.piece * levels, start * levels, stop * levels):
            runs = piece.reshape(-1, levels, inner)
            yield [runs[:, level].reshape(-1) for level in range(levels)]
    else:  # too long for memory: every level is read by itself, in step with the others
        yield from zip(*(_level(array, axes, cut, level, start, stop) for level in range(levels)), strict=True)


def _level(array: DumpArray, axes: Axes, cut: Cut, level: int, start: int, stop: int) -> Iterator[np.ndarray]:
    _, levels, inner = axes.runs
    while start < stop:
        run, rest = divmod(start, inner)
        end = min(stop, (run + 1) * inner)
        first = (run * levels + level) * inner + rest
        yield from array.pieces(cut.piece, first, first + end - start)
        start = end


def _lengths(done: int, count: int, medium: int) -> tuple[np.ndarray, bool]:
    """Lengths of the media that `count` tokens after `done` others belong to, and whether the first begins there."""
    rest = -done % medium
    if rest >= count:
        return np.array([count]), rest == 0 and count > 0
    whole, tail = divmod(count - rest, medium)
    lengths = [rest] * (rest > 0) + [medium] * whole + [tail] * (tail > 0)
    return np.array(lengths), rest == 0


def zip_levels(
    arrays: Sequence[DumpArray], axes: Axes, cut: Cut, *, first: int = 0, stop: int | None = None, number: int = 0,
    lead: int = 0,
) -> Iterator[Block]:  # fmt: skip
    """The blocks of arrays of one shape that are levels already, side by side; cut: of one of them."""
    each = (blocks_of(array, axes, cut, first=first, stop=stop, number=number, lead=lead) for array in arrays)
    for blocks in zip(*each, strict=True):

        def place(level: int, i: int, blocks: tuple[Block, ...] = blocks) -> tuple[str, int]:
            return blocks[level].place(0, i)

        yield replace(blocks[0], values=[block.values[0] for block in blocks], place=place)


def one_by_one(arrays: Sequence[DumpArray], part: int) -> Iterator[Block]:
    """The blocks of levels of different shapes, one level after another."""
    for level, array in enumerate(arrays):
        axes = plain_axes(array.shape)
        for block in blocks_of(array, axes, cut_of(axes, None if axes.media else part)):
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
    numbers = np.concatenate([block.numbers for block in blocks])
    return Block(values, lengths, numbers, blocks[0].opens, place, shape=shape, offset=blocks[0].offset)


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
