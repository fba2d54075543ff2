"""Tokens as a language, counted as they come: what stands beside what, and a sample of media to be compressed.

All counts are exact and add up. Up to DENSE_CODES codes every pair is in a table; above, entropies of pairs are over
the sample, which is of the media with the lowest of fixed random numbers and so the same in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer.audit.counting import State, mix_bits, part
from explorer.joints.measures.language.compression import lzma_bits
from explorer.joints.measures.language.entropies import pair_entropy, pair_entropy_of_table, pairs_along
from explorer.joints.token_language import SIDES, Beside, LanguageAudit

DENSE_CODES = 2**10  # K for which K x K are counted: 8 MiB a side
SAMPLED = 2**18  # tokens of a level that are compressed
PIECE_TOKENS = 2**13  # of one medium at most
AXES = {"left": -1, "above": -2, "before": -3}
ROW = (2**62,)  # shape of tokens of any number in one row


class LanguageCounter:
    """One level. `add` a medium; or write to `table`, or `count_equal`, and `sample` what comes as a stream.

    kind: of the numbers in a table; uint32 has room for 4 billion of the same pair.
    """

    def __init__(self, codebook_size: int, kind: type = np.int64) -> None:
        self._size, self._kind = codebook_size, kind
        self._totals = np.zeros((len(SIDES), 2), np.int64)  # pairs, equal ones
        self._tables: dict[str, np.ndarray] = {}
        self.sample = TextSample()

    @property
    def dense(self) -> bool:
        """Whether every pair is in a table."""
        return self._size <= DENSE_CODES

    def add(self, codes: np.ndarray, number: int, placed: bool) -> None:
        """codes (..., rows, columns) of the medium of that number; placed: its tokens have neighbours."""
        if placed:
            for side in SIDES[: codes.ndim]:
                if codes.shape[AXES[side]] > 1:
                    first, second = pairs_along(codes, AXES[side])
                    self.count_pairs(side, first, second)
        shape = codes.shape if placed else ()
        self.sample.add(codes.reshape(-1), np.array([codes.size]), np.array([number]), True, shape)

    def count_pairs(self, side: str, first: np.ndarray, second: np.ndarray) -> None:
        """Codes (n,) and the ones that they are `side` of."""
        if not self.dense:
            self.count_equal(side, len(first), int(np.count_nonzero(first == second)))
        elif len(first):
            np.add.at(self.table(side), first.astype(np.int64) * self._size + second, self._kind(1))

    def table(self, side: str) -> np.ndarray:
        """(K * K,): how often each code stands on that side of each other, first by the one that does."""
        if side not in self._tables:
            self._tables[side] = np.zeros(self._size**2, self._kind)
        return self._tables[side]

    def count_equal(self, side: str, pairs: int, equal: int) -> None:
        """So many pairs more, where there is no table."""
        self._totals[SIDES.index(side)] += pairs, equal

    def result(self) -> LanguageAudit | None:
        """None where there are no tokens."""
        pieces = self.sample.pieces()
        if not pieces:
            return None
        text = np.concatenate([piece.codes for piece in pieces])
        beside = {}
        for number, side in enumerate(SIDES):
            if self.dense:
                table = self._tables.get(side)
                if table is not None and table.any():
                    known = pair_entropy_of_table(table, self._size)
                    beside[side] = Beside(known, known.pairs, int(table[:: self._size + 1].sum()))
                continue
            found = [pairs for piece in pieces if (pairs := _pairs_of(piece, side)) is not None]
            pairs, equal = (int(value) for value in self._totals[number])
            if pairs and found:
                known = pair_entropy(*(np.concatenate(some) for some in zip(*found, strict=True)), self._size)
                beside[side] = Beside(known, pairs, equal)
        return LanguageAudit(beside, lzma_bits(text, self._size), len(text))

    def join(self, after: LanguageCounter) -> None:
        """Add what another counted of other media of the same codebook."""
        self._totals += after._totals
        for side, table in after._tables.items():
            self.table(side)[:] += table
        self.sample.join(after.sample)

    def state(self) -> State:
        found: State = {"totals": self._totals}
        for side, table in self._tables.items():
            keys = np.flatnonzero(table)
            few = 2 * len(keys) < len(table)  # else the table itself takes less room
            found |= {f"pairs_{side}": np.stack([keys.astype(table.dtype), table[keys]]) if few else table}
        return found | {f"sample_{name}": array for name, array in self.sample.state().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._totals, self._tables = state["totals"].copy(), {}
        for side, kept in part(state, "pairs").items():
            if kept.ndim == 1:
                self._tables[side] = kept.copy()
            else:
                self.table(side)[kept[0]] = kept[1]
        self.sample.restore(part(state, "sample"))


@dataclass(frozen=True)
class Piece:
    """The first tokens (n,) of medium `number`, from place `offset` of its shape on; () where none has neighbours."""

    number: int
    codes: np.ndarray
    shape: tuple[int, ...] = ()
    offset: int = 0


def _pairs_of(piece: Piece, side: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The pairs of one side within a piece; None where there are none."""
    shape, axis = piece.shape, len(piece.shape) + AXES[side]
    if axis < 0:
        return None
    apart = math.prod(shape[axis + 1 :])  # places from one to the other
    second = np.arange(apart, len(piece.codes))
    second = second[(second + piece.offset) % (apart * shape[axis]) >= apart]
    return (piece.codes[second - apart], piece.codes[second]) if len(second) else None


def _beginning(codes: np.ndarray, mask: np.ndarray | None, start: int, stop: int, most: int) -> tuple[np.ndarray, bool]:
    """(the first `most` codes (n,) int32 from `start` to `stop` that are no padding, whether there was none)."""
    if mask is None or mask[start : min(stop, start + most)].all():
        return codes[start : min(stop, start + most)].astype(np.int32), True
    return codes[start:stop][mask[start:stop]][:most].astype(np.int32), False


class TextSample:
    """The beginnings of some media: those with the lowest priorities, SAMPLED tokens in all."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._bar = 2**64  # no medium with a priority as high is kept any more
        self._open: int | None = None  # the number of the medium that may go on in the next call
        self._waiting = 0  # tokens kept since they were held against SAMPLED

    def add(
        self,
        codes: np.ndarray,
        lengths: np.ndarray,
        numbers: np.ndarray,
        opens: bool,
        shape: tuple[int, ...],
        offset: int = 0,
        mask: np.ndarray | None = None,
    ) -> None:
        """codes (n,) of media of `lengths` and `numbers` (m,); opens: the first of them begins here.

        shape, offset: as of a Piece, of the first of the codes. mask (n,): False where there is padding.
        """
        chosen = mix_bits(numbers)
        starts = np.cumsum(lengths) - lengths
        goes_on = not opens and int(numbers[0]) == self._open
        if goes_on and self._pieces and self._pieces[-1].number == numbers[0]:
            goes_on = False
            last = self._pieces[-1]
            more, whole = _beginning(codes, mask, 0, int(lengths[0]), PIECE_TOKENS - len(last.codes))
            of = last.shape if whole or not last.shape else ROW
            self._pieces[-1] = replace(last, codes=np.concatenate([last.codes, more]), shape=of)
        shape, period = shape[-len(SIDES) :], math.prod(shape)
        for i in np.flatnonzero(chosen < self._bar) if self._bar < 2**64 else range(len(lengths)):
            # One that goes on and is not kept had nothing but padding so far, or a priority that is too high.
            if (i or opens or goes_on) and int(chosen[i]) < self._bar:
                start = int(starts[i])
                piece, whole = _beginning(codes, mask, start, start + int(lengths[i]), PIECE_TOKENS)
                if len(piece):
                    of = shape if (whole and not (goes_on and i == 0)) or not shape else ROW
                    self._keep(Piece(int(numbers[i]), piece, of, (offset + start) % period if of == shape else 0))
        self._open = int(numbers[-1])

    def _keep(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._waiting += len(piece.codes)
        if self._waiting > SAMPLED // 4:
            self._cut()
            self._waiting = 0

    def _cut(self) -> None:
        """Leave as many of the lowest priorities as SAMPLED has room for, one at least; in order of their numbers."""
        priority = mix_bits(np.array([piece.number for piece in self._pieces], np.int64))
        order = np.argsort(priority, kind="stable")
        lengths = np.array([len(self._pieces[i].codes) for i in order], np.int64)
        fits = max(1, int(np.searchsorted(np.cumsum(lengths), SAMPLED, side="right")))
        if fits < len(order):
            self._bar = min(self._bar, int(priority[order[fits]]))
        chosen = sorted(np.sort(order[:fits]).tolist(), key=lambda i: self._pieces[i].number)
        self._pieces = [self._pieces[i] for i in chosen]

    def pieces(self) -> list[Piece]:
        """In the order of the media."""
        if self._pieces:
            self._cut()
        return list(self._pieces)

    def join(self, after: TextSample) -> None:
        """Add what another kept of other media."""
        both = self._pieces + after._pieces
        self._bar, self._open = min(self._bar, after._bar), None
        # Where one had no room left, what the other kept beyond is not kept either: a shorter one may still fit.
        chosen = mix_bits(np.array([piece.number for piece in both], np.int64))
        self._pieces = [piece for piece, priority in zip(both, chosen.tolist(), strict=True) if priority < self._bar]
        self._pieces = self.pieces()

    def state(self) -> State:
        pieces = self.pieces()
        table = np.zeros((len(pieces), 3 + len(SIDES)), np.int64)  # number, tokens, offset, shape
        for row, piece in zip(table, pieces, strict=True):
            row[:3] = piece.number, len(piece.codes), piece.offset
            row[3 : 3 + len(piece.shape)] = piece.shape
        bar = np.array([self._bar >> 32, self._bar & (2**32 - 1)], np.int64)  # 2^64 needs more than 64 bits
        codes = np.concatenate([np.empty(0, np.int32), *(piece.codes for piece in pieces)])
        return {"table": table, "codes": codes, "bar": bar}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._pieces, done = [], 0
        for number, length, offset, *shape in state["table"].tolist():
            codes = state["codes"][done : done + length]
            self._pieces.append(Piece(number, codes, tuple(n for n in shape if n), offset))
            done += length
        self._bar, self._open = (int(state["bar"][0]) << 32) + int(state["bar"][1]), None
