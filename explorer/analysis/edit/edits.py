"""Changes of a record's tokens by hand: each a frozen operation, so that undo, redo and a link need nothing else.

Positions are flat (row-major) numbers of a level's grid, boxes (top, left, height, width) in tokens; a sequence is one
row. Levels with grids of their own have no common positions: what needs them says so.
Every operation leaves valid codes behind, so edited tokens can be saved and decoded anywhere. Only `DropLevels` goes
beyond: what it leaves out is marked in `kept`, and the codes stay as they were.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.analysis.edit.tokens import (
    Bench,
    Box,
    EditedTokens,
    box_positions,
    check_code,
    checked_positions,
    common_box,
    move,
    put,
    shortest_code,
    write,
)
from explorer.foundation.errors import RecordError


class Operation(ABC):
    """One change. `apply` gives new tokens and leaves the old ones as they are; RecordError says what cannot be."""

    @abstractmethod
    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        """The tokens after it."""


@dataclass(frozen=True)
class Paint(Operation):
    """Give `positions` of one level the code `code`: a brush stroke."""

    level: int
    code: int
    positions: tuple[int, ...]

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        check_code(bench, self.level, self.code)
        at = checked_positions(tokens, self.positions, self.level)
        return write(tokens, {self.level: (at, self.code)})


@dataclass(frozen=True)
class FillBox(Operation):
    """Give a box of one level the code `code`."""

    level: int
    code: int
    box: Box

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        check_code(bench, self.level, self.code)
        return write(tokens, {self.level: (box_positions(tokens, self.box, self.level), self.code)})


@dataclass(frozen=True)
class CopyToken(Operation):
    """Give `positions` the codes of another position, in all levels: a code picked from another patch."""

    origin: int
    positions: tuple[int, ...]

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        at, origin = checked_positions(tokens, self.positions), checked_positions(tokens, (self.origin,))
        return move(tokens, tokens, np.repeat(origin, len(at)), at)


@dataclass(frozen=True)
class ReplaceCode(Operation):
    """Replace every `old` of one level by `new`."""

    level: int
    old: int
    new: int

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        for code in (self.old, self.new):
            check_code(bench, self.level, code)
        at = np.flatnonzero(tokens.indices[self.level].reshape(-1) == self.old)
        return write(tokens, {self.level: (at, self.new)})


@dataclass(frozen=True)
class Swap(Operation):
    """Exchange two positions in all levels."""

    first: int
    second: int

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        at = checked_positions(tokens, (self.first, self.second))
        return move(tokens, tokens, at[::-1], at)


@dataclass(frozen=True)
class Shuffle(Operation):
    """Put the tokens of a box, with all their levels, into another order: a permutation drawn with `seed`."""

    box: Box
    seed: int = 0

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        at = box_positions(tokens, self.box)
        return move(tokens, tokens, np.random.default_rng(self.seed).permutation(at), at)


@dataclass(frozen=True)
class Zero(Operation):
    """Give a box, in every level, the code nearest to the zero vector; of equally near ones the lowest number.

    A codebook has no zero of its own; leave levels out with `DropLevels` to have none of them at all.
    """

    box: Box

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        at = common_box(tokens, self.box)
        return write(tokens, {q: (at, shortest_code(book)) for q, book in enumerate(bench.codebooks)})


@dataclass(frozen=True)
class Average(Operation):
    """Give every token of a box the codes nearest to the mean of its code vectors.

    Residual levels share one mean, which is quantized again level by level; other levels have their own.
    """

    box: Box

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        at = common_box(tokens, self.box)
        means = [vectors.mean(0, dtype=np.float64) for vectors in bench.latents(tokens, at)]
        codes, rest = [], sum(means) if bench.combination == "sum" else None
        for book, mean in zip(bench.codebooks, means, strict=True):
            wanted = mean if rest is None else rest
            codes.append(int(assign(book, wanted[None].astype(np.float32))[0]))
            if rest is not None:
                rest = rest - book.rows(np.asarray(codes[-1]))
        return write(tokens, {q: (at, code) for q, code in enumerate(codes)})


@dataclass(frozen=True)
class DropLevels(Operation):
    """Leave `levels` out within a box: they give nothing to a sum, and the mean of their codes elsewhere."""

    levels: tuple[int, ...]
    box: Box

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        kept = list(tokens.kept)
        for level in self.levels:
            at = box_positions(tokens, self.box, level)
            kept[level] = put(kept[level], at, False)
        return replace(tokens, kept=tuple(kept))


@dataclass(frozen=True)
class Transplant(Operation):
    """Lay a box of another picture's tokens (`source` of the bench), all levels, with its corner at row, column."""

    source: str
    box: Box
    row: int
    column: int

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        if self.source not in bench.sources:
            known = ", ".join(bench.sources) or "none"
            raise RecordError(f"There is no second picture {self.source!r} to transplant from (there: {known}).")
        other = bench.sources[self.source]
        if len(other.indices) != len(tokens.indices):
            raise RecordError(f"{self.source!r} has {len(other.indices)} levels, these tokens {len(tokens.indices)}.")
        _, _, height, width = self.box
        at = box_positions(tokens, (self.row, self.column, height, width))
        return move(tokens, other, box_positions(other, self.box), at)


@dataclass(frozen=True)
class History:
    """Operations done, and those undone, the latest last. Undo and redo have no limit; nothing is ever changed."""

    done: tuple[Operation, ...] = ()
    undone: tuple[Operation, ...] = ()

    def do(self, operation: Operation) -> History:
        """One more; what was undone cannot be redone any more."""
        return History((*self.done, operation))

    def undo(self) -> History:
        """One less; the same if there is none."""
        return History(self.done[:-1], (*self.undone, self.done[-1])) if self.done else self

    def redo(self) -> History:
        """The last undone again; the same if there is none."""
        return History((*self.done, self.undone[-1]), self.undone[:-1]) if self.undone else self

    def reset(self) -> History:
        """All undone at once; redo brings them back one by one."""
        return History((), (*self.undone, *reversed(self.done)))

    def apply(self, tokens: EditedTokens, bench: Bench) -> EditedTokens:
        """The tokens after all that is done. Raises RecordError that names the operation that cannot be."""
        for number, operation in enumerate(self.done, 1):
            try:
                tokens = operation.apply(tokens, bench)
            except RecordError as error:
                raise RecordError(f"Edit {number} ({type(operation).__name__}): {error}") from error
        return tokens
