"""Files, lines and rows as blocks: each is held against the first, and one that does not fit is left out by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from explorer.audit.indices.axes import Axes, like
from explorer.audit.indices.blocks import Block, Cut, Padding, blocks_of, gather, one_by_one, zip_levels
from explorer.audit.indices.language import farthest_apart
from explorer.audit.indices.media_rows import numbers_of
from explorer.audit.indices.refusals import Refusals
from explorer.audit.indices.stretches import Position, Stretch, cut_arrays
from explorer.audit.indices.words import no_codes, wrong_index
from explorer.dumps.arrays import Dump, DumpArray, DumpRows, Refusal
from explorer.dumps.opening import parts_of, unreadable
from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of

AT_ONCE = 64  # items of an array between two chances to stop
Work = tuple[Iterator[Block], Position]  # blocks, and where the dump is after them


class PartReader:
    """The blocks of a stretch of a dump, whose parts each are a medium or hold media.

    axes: of the first part. sizes: of the codebooks, one a level. part: tokens of a level that stand for a medium,
    where an array has none. check: raises RecordError for an array that is too large. strict: nothing may be left out,
    as where latents go by the order of the tokens. by_file: each file is one medium.
    """

    def __init__(
        self,
        source: Dump,
        axes: Axes,
        sizes: Sequence[int],
        padding: Padding,
        part: int | None,
        check: Callable[[DumpArray], None],
        strict: bool,
        by_file: bool = False,
    ) -> None:
        self._source, self._axes, self._sizes, self._padding = source, axes, sizes, padding
        self._part, self._check, self._strict, self._by_file = part, check, strict, by_file
        self.refusals, self._part_lengths = Refusals(), set()
        self.parts = 0  # that were counted
        self._file_lengths: set[int] = set()
        self.position: Position = (0, 0)
        self._works: Iterator[Work] = iter(())
        self._interrupted = False  # may be, so that arrays are read some items at a time

    @property
    def lengths(self) -> set[int]:
        """Tokens of media, of each level; two of them tell that they differ."""
        return self._file_lengths if self._by_file else self._part_lengths

    def begin(self, stretch: Stretch, interrupted: bool = False) -> None:
        """What is to be read. interrupted: `leg` may be asked for parts of it."""
        self.position, self._interrupted = stretch.first, interrupted
        self._works = self._works_of(stretch)

    def leg(self, due: Callable[[], bool] = bool) -> Iterator[Block]:
        """The blocks that follow, until after some whole items it is due to stop; none where all were read. After the
        last of them `position` says how far they reach. Raises RecordError for what is damaged in a dump of one file.
        """
        blocks = self._until(due)
        return gather(blocks) if self._source.listed else blocks

    def _until(self, due: Callable[[], bool]) -> Iterator[Block]:
        for blocks, position in self._works:
            yield from blocks
            self.position = position
            if due():
                return

    def _works_of(self, stretch: Stretch) -> Iterator[Work]:
        (file, first), (last, rest) = stretch.first, stretch.stop
        while (file, first) < (last, rest):
            stop = rest if file == last else None
            if not self._source.listed:
                yield from self._alone(first, stop)
            elif self._by_file:
                member = self._source.members[file] if self._source.members else None
                parts = self._source.parts() if member is None else parts_of(member)
                one = numbers_of(file, 0)
                works = (work for part in parts for work, _ in self._work_of(file, part))
                yield self._as_one((block for blocks in works for block in blocks), one), (file + 1, 0)
            else:
                yield from self._of_file(file, first, stop)
            file, first = file + 1, 0
        yield iter(()), stretch.stop

    def _alone(self, first: int, stop: int | None) -> Iterator[Work]:
        """A dump of one array, or of one a level."""
        arrays, axes = self._source.first, self._axes
        if len({array.shape for array in arrays}) > 1:
            yield one_by_one(arrays, self._part or 1), (1, 0)
            return
        cut, lead = cut_arrays(arrays, axes, self._part, alone=True), farthest_apart(axes.tokens)
        end = cut.items if stop is None else min(stop, cut.items)
        step = AT_ONCE if self._interrupted else max(1, end)
        for at in range(first, end, step):
            to = min(at + step, end)
            if len(arrays) == 1:
                yield blocks_of(arrays[0], axes, cut, first=at, stop=to, lead=lead), (0, to)
            else:
                yield zip_levels(arrays, axes, cut, first=at, stop=to, lead=lead), (0, to)

    def _of_file(self, file: int, first: int, stop: int | None) -> Iterator[Work]:
        if not self._source.members:
            held = self._source
        else:
            member = self._source.members[file]
            try:
                held = member.open()
            except (RecordError, *DAMAGE) as error:
                if not first:
                    self._refuse(unreadable(member.name, error))
                return
        if held.items is None:
            yield from self._of_arrays(file, held.first, first, stop)
            return
        # Damage ends a file. Of many files it leaves out the rest, so that what stands before is looked through.
        parts = held.items.parts if self._source.members else held.items.jump or held.items.parts
        try:
            for part in parts(first, stop):
                yield from self._work_of(file, part)
        except (RecordError, *DAMAGE) as error:
            if not self._source.members:
                raise
            self._refuse(unreadable(self._source.members[file].name, error))

    def _work_of(self, file: int, part: tuple[DumpArray, ...] | DumpRows | Refusal) -> Iterator[Work]:
        if isinstance(part, Refusal):
            self._refuse(part)
        elif isinstance(part, DumpRows):
            yield self._of_rows(file, part), (file, part.stop)
        else:
            item = part[0].number
            each = item * (self._axes.media or 1)  # numbers of the media of arrays of one file that follow each other
            for blocks, _ in self._of_arrays(file, part, 0, None, each, cut=False):
                yield blocks, (file, item + 1)

    def _as_one(self, blocks: Iterator[Block], number: int) -> Iterator[Block]:
        """Blocks of several media as those of one, row after row."""
        opens, length = True, 0
        for block in blocks:
            many = len(block.values[0])
            only = np.array([many]), np.array([number])
            yield replace(block, lengths=only[0], numbers=only[1], opens=opens, shape=(), offset=length)
            opens, length = False, length + many
        if length:
            self._file_lengths.add(length)

    def _refuse(self, refusal: Refusal) -> None:
        if self._strict:
            raise RecordError(f"{refusal.why} Latents go by the order of the tokens, so nothing can be left out.")
        self.refusals.add(refusal.name, refusal.why)

    def _of_arrays(
        self,
        file: int,
        arrays: tuple[DumpArray, ...],
        first: int,
        stop: int | None,
        number: int = 0,
        cut: bool = True,
    ) -> Iterator[Work]:
        """One file or line: refused as a whole, or from the block on in which it goes wrong, by whoever reads that.

        number: of its first medium in the file. cut: it may be read some items at a time.
        """
        try:
            axes = self._opened(arrays)
        except (RecordError, *DAMAGE) as error:
            if not first:
                self._refuse(unreadable(arrays[0].name, error))
            return
        items = cut_arrays(arrays, axes, None, alone=False)
        one = _OneFile(self, arrays, axes, items, numbers_of(file, number))
        if first and not one.skip(first):
            return
        end = items.items if stop is None else min(stop, items.items)
        step = AT_ONCE if self._interrupted and cut else max(1, end)
        for at in range(first, end, step):
            yield one.blocks(at, min(at + step, end)), (file, min(at + step, end))

    def _opened(self, arrays: tuple[DumpArray, ...]) -> Axes:
        for array in arrays:
            self._check(array)
        axes = like(arrays[0], self._axes)
        levels = axes.levels if len(arrays) == 1 else len(arrays)
        if levels != len(self._sizes):
            raise RecordError(f"{arrays[0].name!r} has {count_of(levels, 'level')}; the first has {len(self._sizes)}.")
        if len({array.shape for array in arrays}) > 1:
            raise RecordError(f"{arrays[0].name!r} is the first of {levels} levels of different shapes.")
        self._part_lengths.add(arrays[0].size // axes.levels // (axes.media or 1))
        return axes

    def fault(self, block: Block) -> str:
        """Why values are no codes, "" where all are."""
        for level, (values, size) in enumerate(zip(block.values, self._sizes, strict=True)):
            bad = self._bad(values, size)
            if bad is not None:
                i = int(np.flatnonzero(bad)[0])
                name, place = block.place(level, i)
                mask = self._padding.mask(values)
                near = values if mask is None else values[mask]
                told = wrong_index(values[i], place, name, size, np.unique(near), int(np.count_nonzero(near < 0)))
                many = int(np.count_nonzero(bad))
                return told if many == 1 else f"{told} So are {many - 1:,} more of {len(bad):,}."
        return ""

    def _bad(self, values: np.ndarray, size: int) -> np.ndarray | None:
        if values.dtype.kind != "f" and values.min() >= 0 and values.max() < size:
            return None
        bad = no_codes(values, self._padding.mask(values), size)
        return bad if bad is not None and bad.any() else None

    def _of_rows(self, file: int, rows: DumpRows) -> Iterator[Block]:
        """Short rows together, without those that hold what is no code."""
        values, lengths, name = rows.values, rows.lengths, rows.name
        numbers = np.arange(len(lengths))
        if len(self._axes.names) > 1 or len(self._sizes) > 1:
            for row in range(len(lengths)):
                why = f"{name(row)!r} is one row of tokens; the first has axes {','.join(self._axes.names)}."
                self._refuse(Refusal(name(row), why))
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
        yield Block((values,), lengths, numbers_of(file, rows.numbers[numbers]), True, place)

    def _refuse_row(self, rows: DumpRows, row: int, values: np.ndarray) -> None:
        name = rows.name(row)
        one = Block((values,), np.array([len(values)]), np.array([row]), True, lambda _, i: (name, i))
        self._refuse(Refusal(name, self.fault(one)))

    def refuse(self, name: str, why: str) -> None:
        """Leave out what has that name."""
        self._refuse(Refusal(name, why))


class _OneFile:
    """The arrays of one file, some items at a time. done: tokens so far. wrong: it holds what is no code."""

    def __init__(self, reader: PartReader, arrays: tuple[DumpArray, ...], axes: Axes, cut: Cut, number: int) -> None:
        self._reader, self._arrays, self._axes, self._cut, self._number = reader, arrays, axes, cut, number
        self.done, self.wrong = 0, False

    def _read(self, first: int, stop: int) -> Iterator[Block]:
        arrays, axes, cut = self._arrays, self._axes, self._cut
        if len(arrays) == 1:
            return blocks_of(arrays[0], axes, cut, first=first, stop=stop, number=self._number)
        return zip_levels(arrays, axes, cut, first=first, stop=stop, number=self._number)

    def skip(self, many: int) -> bool:
        """Look through the first items, which another process counts: False where they go wrong, as it tells."""
        try:
            for block in self._read(0, many):
                if self._reader.fault(block):
                    return False
                self.done += len(block.values[0])
        except (RecordError, *DAMAGE):
            return False
        return True

    def blocks(self, first: int, stop: int) -> Iterator[Block]:
        """Those of some items; none after they went wrong."""
        name = self._arrays[0].name
        try:
            for block in self._read(first, stop) if not self.wrong else ():
                if why := self._reader.fault(block):
                    raise RecordError(why)
                yield block
                self._reader.parts += not self.done
                self.done += len(block.values[0])
        except RecordError as error:
            kept = f" Its first {self.done:,} tokens were counted." if self.done else ""
            self.wrong = True
            self._reader.refuse(name, f"{error}{kept}")
        except DAMAGE as error:
            self.wrong = True
            self._reader.refuse(name, unreadable(name, error).why)
