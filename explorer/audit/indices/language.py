"""The tokens of one level as a language, from a stream of blocks: pairs across the seams of blocks, and a sample.

Letters of the shapes: n tokens of a block, m media in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from explorer.audit.counting import State
from explorer.audit.indices.blocks import Block
from explorer.audit.language import AXES, ROW, LanguageCounter
from explorer.joints.token_language import SIDES, LanguageAudit

FARTHEST = 2**22  # tokens from one to the other that are kept from the block before; no frame has as many
FEW = 8  # a table of that many times as many cells as there are pairs is not passed through for them


class LanguageStream:
    """Codes of one level, block by block."""

    def __init__(self, codebook_size: int) -> None:
        self._size, self._counter = codebook_size, LanguageCounter(codebook_size)
        self._tail, self._tail_mask = np.zeros(0, np.int64), np.zeros(0, bool)
        self._shape: tuple[int, ...] | None = None

    def lead(self, codes: np.ndarray, mask: np.ndarray | None, block: Block) -> None:
        """Tokens that were counted already, which stand before those that come next."""
        self._tail, self._shape = codes, block.shape
        self._tail_mask = np.ones(len(codes), bool) if mask is None else mask

    def add(self, codes: np.ndarray, mask: np.ndarray | None, block: Block) -> None:
        """codes (n,) with padding as 0, mask (n,) False there."""
        if block.shape != self._shape or (block.opens and not block.offset):
            self._tail, self._tail_mask, self._shape = codes[:0], np.zeros(0, bool), block.shape
        kept = 1
        for side in SIDES[: max(1, len(block.shape))]:
            apart, period = _distances(block.shape, side)
            if 0 < apart <= FARTHEST and period > apart:
                self._add_side(side, codes, mask, block, apart, period)
                kept = max(kept, apart)
        self._keep(codes, mask, kept)
        shape, offset = block.shape or ROW, block.offset if block.shape else 0
        self._counter.sample.add(codes, block.lengths, block.numbers, block.opens, shape, offset, mask)

    def _add_side(
        self, side: str, codes: np.ndarray, mask: np.ndarray | None, block: Block, apart: int, period: int
    ) -> None:
        """Pairs whose second is in this block: those across the seam, and those within."""
        starts = np.cumsum(block.lengths)[:-1] if not block.shape else None  # rows: no pair where one begins
        skip = max(0, apart - len(self._tail))  # tokens whose neighbour is before all that came
        second = codes[skip:apart]
        if len(second):
            at = len(self._tail) - apart + skip
            before, there = self._tail_mask[at : at + len(second)], None
            if mask is not None or not before.all():
                there = before if mask is None else before & mask[skip:apart]
            first = self._tail[at : at + len(second)]
            self._count(side, first, second, there, block.offset + skip, apart, period, None)
        if len(codes) > apart:
            there = None if mask is None else mask[:-apart] & mask[apart:]
            self._count(
                side, codes[:-apart], codes[apart:], there, block.offset + apart, apart, period,
                None if starts is None else starts - apart,
            )  # fmt: skip

    def _count(
        self,
        side: str,
        first: np.ndarray,
        second: np.ndarray,
        there: np.ndarray | None,
        at: int,
        apart: int,
        period: int,
        starts: np.ndarray | None,
    ) -> None:
        """Pairs (n,), of which those are none whose second stands, from `at` on, among the first `apart` of a period;
        those at `starts`; and those that are not `there`."""
        dense = self._counter.dense
        if dense:
            nothing = self._size**2
            found = first * self._size
            found += second
        else:
            nothing = 2
            found = (first == second).view(np.int8)
        _strike(found, at, apart, period, nothing)
        if starts is not None:
            found[starts[(starts >= 0) & (starts < len(found))]] = nothing
        if there is not None:
            found[~there] = nothing
        if dense and len(found) * FEW < nothing:  # cheaper than a pass over the whole table
            table = self._counter.table(side)
            np.add.at(table, found[found < nothing], table.dtype.type(1))
            return
        counts = np.bincount(found, minlength=nothing + 1)
        if dense:
            self._counter.table(side)[:] += counts[:-1]
        else:
            self._counter.count_equal(side, int(counts[:2].sum()), int(counts[1]))

    def _keep(self, codes: np.ndarray, mask: np.ndarray | None, many: int) -> None:
        """The end of what came so far, for pairs with what comes next."""
        here = np.ones(min(len(codes), many), bool) if mask is None else mask[-many:]
        self._tail = np.concatenate([self._tail, codes[-many:]])[-many:]
        self._tail_mask = np.concatenate([self._tail_mask, here])[-many:]

    def result(self) -> LanguageAudit | None:
        return self._counter.result()

    def join(self, after: LanguageStream) -> None:
        self._counter.join(after._counter)

    def state(self) -> State:
        return self._counter.state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._counter.restore(state)


def farthest_apart(shape: tuple[int, ...]) -> int:
    """How many tokens before those that come next stand beside one of them; shape: of the tokens of a medium."""
    each = [_distances(shape, side) for side in SIDES[: len(shape)]]
    return max((apart for apart, period in each if apart <= FARTHEST and period > apart), default=0)


def _distances(shape: tuple[int, ...], side: str) -> tuple[int, int]:
    """(tokens from one to the one on that side of it, tokens from one edge without it to the next).

    Rows of no shape have the one before alone, and their edges are elsewhere.
    """
    if not shape:
        return 1, 2**62
    axis = len(shape) + AXES[side]
    apart = math.prod(shape[axis + 1 :])
    return apart, apart * shape[axis]


def _strike(found: np.ndarray, at: int, apart: int, period: int, value: int) -> None:
    """Write `value` wherever (at + i) modulo period < apart."""
    begin = -(at % period)  # the edge at or before the first
    if apart == 1:
        found[begin % period :: period] = value
        return
    if begin + apart > 0:
        found[: begin + apart] = value
    begin += period
    whole = max(0, (len(found) - begin) // period)
    if whole:
        found[begin : begin + whole * period].reshape(whole, period)[:, :apart] = value
    begin += whole * period
    if begin < len(found):
        found[begin : begin + apart] = value
