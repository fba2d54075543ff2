"""Files, lines and rows as blocks: each is held against the first, and one that does not fit is left out by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from explorer.audit.indices.axes import Axes
from explorer.audit.indices.blocks import Block, Padding, blocks_of, zip_levels
from explorer.audit.indices.words import wrong_index
from explorer.dumps.arrays import DumpArray, DumpRows, Part, Refusal
from explorer.dumps.opening import DAMAGE
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of

LISTED = 1000  # of what is left out, by name; all are counted
TOLD = 3  # of them, in a note


class Refusals:
    """What was left out, and why."""

    def __init__(self) -> None:
        self.count, self.listed = 0, []

    def add(self, name: str, why: str, many: int = 1) -> None:
        self.count += many
        if len(self.listed) < LISTED:
            self.listed.append((name if many == 1 else f"{name} and {many - 1:,} more", why))

    def words(self, of: int, noun: str) -> str:
        """A note: "2 of 10,000 files were left out: ..."; of: those that were counted."""
        told = " ".join(why for _, why in self.listed[:TOLD])
        more = " ..." if len(self.listed) > TOLD else ""
        was = "was" if self.count == 1 else "were"
        return f"{self.count:,} of {count_of(of + self.count, noun)} {was} left out: {told}{more}"


class PartReader:
    """The blocks of parts that follow each other, each of which is a medium or holds media.

    axes: of the first part. sizes: of the codebooks, one a level. check: raises RecordError for an array that is too
    large. strict: nothing may be left out, as where latents go by the order of the tokens. by_file: all parts of a call
    of `blocks` are one medium.
    """

    def __init__(
        self,
        axes: Axes,
        sizes: Sequence[int],
        padding: Padding,
        check: Callable[[DumpArray], None],
        strict: bool,
        by_file: bool = False,
    ) -> None:
        self._axes, self._sizes, self._padding, self._check, self._strict = axes, sizes, padding, check, strict
        self.refusals, self._part_lengths = Refusals(), set()
        self.parts = 0  # that were counted
        self._by_file, self._file_lengths = by_file, set()

    @property
    def lengths(self) -> set[int]:
        """Tokens of media, of each level; two of them tell that they differ."""
        return self._file_lengths if self._by_file else self._part_lengths

    def blocks(self, parts: Iterator[Part]) -> Iterator[Block]:
        """Of the parts of all files, or of one of them, by_file."""
        return self._as_one(self._blocks(parts)) if self._by_file else self._blocks(parts)

    def _as_one(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Blocks of several media as those of one, row after row."""
        opens, length = True, 0
        for block in blocks:
            many = len(block.values[0])
            yield replace(block, lengths=np.array([many]), opens=opens, shape=(), offset=length)
            opens, length = False, length + many
        if length:
            self._file_lengths.add(length)

    def _blocks(self, parts: Iterator[Part]) -> Iterator[Block]:
        for part in parts:
            if isinstance(part, Refusal):
                self._refuse(part.name, part.why, part.many)
            elif isinstance(part, DumpRows):
                yield from self._of_rows(part)
            else:
                yield from self._of_arrays(part)

    def _refuse(self, name: str, why: str, many: int = 1) -> None:
        if self._strict:
            raise RecordError(f"{why} Latents go by the order of the tokens, so nothing can be left out.")
        self.refusals.add(name, why, many)

    def _of_arrays(self, arrays: tuple[DumpArray, ...]) -> Iterator[Block]:
        """One file or line: refused as a whole, or from the block on in which it goes wrong."""
        name, done = arrays[0].name, 0
        try:
            for block in self._opened(arrays):
                if why := self._fault(block):
                    raise RecordError(why)
                yield block
                done += len(block.values[0])
        except RecordError as error:
            kept = f" Its first {done:,} tokens were counted." if done else ""
            self._refuse(name, f"{error}{kept}")
        except DAMAGE as error:
            self._refuse(name, f"{name!r} cannot be read, or is damaged ({error}).")
        self.parts += bool(done)

    def _opened(self, arrays: tuple[DumpArray, ...]) -> Iterator[Block]:
        for array in arrays:
            self._check(array)
        axes = like(arrays[0], self._axes)
        levels = axes.levels if len(arrays) == 1 else len(arrays)
        if levels != len(self._sizes):
            raise RecordError(f"{arrays[0].name!r} has {levels} levels; the first has {len(self._sizes)}.")
        if len({array.shape for array in arrays}) > 1:
            raise RecordError(f"{arrays[0].name!r} is the first of {levels} levels of different shapes.")
        self._part_lengths.add(arrays[0].size // axes.levels // (axes.media or 1))
        return blocks_of(arrays[0], axes, None) if len(arrays) == 1 else zip_levels(arrays, axes, None)

    def _fault(self, block: Block) -> str:
        """Why values are no codes, "" where all are."""
        for level, (values, size) in enumerate(zip(block.values, self._sizes, strict=True)):
            bad = self._bad(values, size)
            if bad is not None:
                i = int(np.flatnonzero(bad)[0])
                name, place = block.place(level, i)
                told = wrong_index(values[i], place, name, size, np.unique(values), int(np.count_nonzero(values < 0)))
                many = int(np.count_nonzero(bad))
                return told if many == 1 else f"{told} So are {many - 1:,} more of {len(bad):,}."
        return ""

    def _bad(self, values: np.ndarray, size: int) -> np.ndarray | None:
        if values.dtype.kind != "f" and values.min() >= 0 and values.max() < size:
            return None
        bad = no_codes(values, self._padding.mask(values), size)
        return bad if bad is not None and bad.any() else None

    def _of_rows(self, rows: DumpRows) -> Iterator[Block]:
        """Short rows together, without those that hold what is no code."""
        values, lengths, name = rows.values, rows.lengths, rows.name
        numbers = np.arange(len(lengths))
        if len(self._axes.names) > 1 or len(self._sizes) > 1:
            why = f"{name(0)!r} is one row of tokens; the first has axes {','.join(self._axes.names)}."
            self._refuse(name(0), why, len(lengths))
            return
        bad = self._bad(values, self._sizes[0])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        if bad is not None:
            wrong = np.flatnonzero(np.add.reduceat(bad, starts[:-1]) > 0) if len(lengths) else numbers
            for row in wrong:
                self._refuse_row(rows, int(row), values[starts[row] : starts[row + 1]])
            kept = np.ones(len(lengths), bool)
            kept[wrong] = False
            values, numbers, lengths = values[np.repeat(kept, lengths)], numbers[kept], lengths[kept]
            starts = np.concatenate([[0], np.cumsum(lengths)])
        if not len(lengths):
            return

        def place(level: int, i: int) -> tuple[str, int]:
            row = int(np.searchsorted(starts, i, side="right")) - 1
            return name(int(numbers[row])), i - int(starts[row])

        if len(self._part_lengths) < 2:
            self._part_lengths |= {int(lengths.min()), int(lengths.max())}
        self.parts += len(lengths)
        yield Block((values,), lengths, True, place)

    def _refuse_row(self, rows: DumpRows, row: int, values: np.ndarray) -> None:
        name = rows.name(row)
        self._refuse(name, self._fault(Block((values,), np.array([len(values)]), True, lambda _, i: (name, i))))


def like(array: DumpArray, axes: Axes) -> Axes:
    """The same reading for another file. Raises RecordError if its axes are others."""
    short = tuple(n for n in array.shape if n > 1) or (1,)
    names = axes.names
    if len(short) < len(names):  # an axis of length 1 here, of more in the first file
        short = array.shape if len(array.shape) == len(names) else (1,) * (len(names) - len(short)) + short
    if len(short) != len(names):
        raise RecordError(f"{array.name!r} has the shape {array.shape}; the first has axes {','.join(names)}.")
    found = Axes(short, names, axes.guessed)
    if found.levels != axes.levels:
        raise RecordError(f"{array.name!r} has {found.levels} levels; the first has {axes.levels}.")
    return found


def no_codes(values: np.ndarray, mask: np.ndarray | None, size: int) -> np.ndarray | None:
    """True where a value is no code and no padding; None where all are codes."""
    whole = values.dtype.kind != "f" or bool(np.all((values == np.floor(values)) | (False if mask is None else ~mask)))
    there = values if mask is None else values[mask]
    if not len(there) or (whole and there.min() >= 0 and there.max() < size):
        return None
    bad = (values < 0) | (values >= size) | (values != np.floor(values) if values.dtype.kind == "f" else False)
    return bad if mask is None else bad & mask
