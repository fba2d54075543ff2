"""Which part of a dump one process counts: from some item of some file to another, without a gap between processes.

Items are what a dump is cut between: lines, rows or samples; of an array as many whole media as are in memory at once.
Where there are many files they are not cut. Else a shard may begin within one, whose items are counted first; of text
the ends of lines before the cut. `explorer/audit/shards/README.md` says what else is read of what stands before a cut.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from explorer.audit.indices import blocks
from explorer.audit.indices.axes import Axes, like
from explorer.audit.indices.blocks import Cut, cut_of
from explorer.dumps.arrays import Dump, DumpArray
from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import RecordError

Position = tuple[int, int]  # (number of a file, number of an item in it)
WHOLE_FILES = 8  # times as many files as shards: then none is cut
FEWEST = 16  # pieces in which a single array is read, if none of them would be
SMALL = 64  # times smaller than a piece of a large one


@dataclass(frozen=True)
class Stretch:
    """The items from `first` to before `stop`."""

    first: Position
    stop: Position


def whole(source: Dump) -> Stretch:
    return Stretch((0, 0), (max(1, len(source.members)), 0))


def stretch_of(source: Dump, number: int, of: int, cut: Callable[[int, int, int], int] | None) -> Stretch:
    """Shard `number`, from 1, of `of`. cut: (file, part, of) -> the item with which that part of it begins, of so many;
    None where files are not cut."""
    files = max(1, len(source.members))

    def position(shard: int) -> Position:
        file, rest = divmod(files * shard, of)
        if not rest or cut is None or files >= WHOLE_FILES * of:
            return file, 0
        return file, cut(file, rest, of)

    return Stretch(position(number - 1), position(number))


def cut_text(source: Dump, file: int, number: int, of: int) -> int | None:
    """The item with which part `number`, from 0, of a file of lines begins, of `of` parts of as many bytes; None where
    that is not how it is cut, and where it cannot be read."""
    with suppress(RecordError, *DAMAGE):
        held = source.members[file].open() if source.members else source
        if held.items is not None and held.items.cut is not None:
            return held.items.cut(number, of)
    return None


def items_of(source: Dump, file: int, axes: Axes, part: int | None) -> int:
    """Items of a file, 0 where it cannot be read. part: see `cut_of`."""
    try:
        held = source.members[file].open() if source.members else source
        if held.items is not None:
            return held.items.count()
        arrays = held.first
        if len({array.shape for array in arrays}) > 1:  # of levels that are read one after another
            return 1
        of = like(arrays[0], axes) if source.members else axes
        return cut_arrays(arrays, of, part, alone=not source.listed).items
    except (RecordError, *DAMAGE):
        return 0


def cut_arrays(arrays: tuple[DumpArray, ...], axes: Axes, part: int | None, alone: bool) -> Cut:
    """How arrays of one shape are cut. part: tokens of a medium where a single array has no axis of media. alone: there
    is no other file."""
    part = part if alone and axes.media is None else None
    most = max(1, blocks.PIECE // len(arrays))
    if not alone:
        return cut_of(axes, part, most)
    size, medium = arrays[0].size, cut_of(axes, part, most).medium * axes.levels
    return cut_of(axes, part, min(most, max(-(-size // FEWEST), most // SMALL, medium)))
