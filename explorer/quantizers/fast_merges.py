"""FAST, the second half: integers that often follow each other become one piece, by byte-pair encoding.

Gage, A new algorithm for data compression, 1994; for sequences of integers as FAST uses it (Pertsch et al. 2025,
arXiv 2501.09747). The alphabet is 0..size - 1; merge number m makes piece size + m of a pair of earlier pieces.
Nothing is lost: the integers of a piece are read back by taking its merges apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

END = -1  # between two sequences: no pair reaches over it


@dataclass(frozen=True)
class Merges:
    """alphabet: how many integers there are. pairs: (M, 2) int64, the pieces that each merge joins, the first first."""

    alphabet: int
    pairs: np.ndarray

    @property
    def vocabulary(self) -> int:
        return self.alphabet + len(self.pairs)

    def lengths(self) -> np.ndarray:
        """How many integers each piece stands for, (vocabulary,) int64."""
        found = np.ones(self.vocabulary, np.int64)
        for number, (first, second) in enumerate(self.pairs, self.alphabet):
            found[number] = found[first] + found[second]
        return found

    def integers_of(self, piece: int) -> list[int]:
        """What a piece stands for, in order."""
        stack, found = [int(piece)], []
        while stack:
            one = stack.pop()
            if one < self.alphabet:
                found.append(one)
            else:
                first, second = self.pairs[one - self.alphabet]
                stack += [int(second), int(first)]
        return found


def learn_merges(sequences: Sequence[np.ndarray], alphabet: int, most: int) -> Merges:
    """The `most` merges of the commonest pair each, of equal ones the smallest; fewer where no pair occurs twice."""
    stream = np.concatenate([np.append(np.asarray(one, np.int64), END) for one in sequences])
    pairs: list[tuple[int, int]] = []
    while len(pairs) < most:
        there = (stream[:-1] != END) & (stream[1:] != END)
        size = alphabet + len(pairs)
        keys, counts = np.unique(stream[:-1][there] * size + stream[1:][there], return_counts=True)
        if not len(keys) or counts.max() < 2:
            break
        first, second = divmod(int(keys[counts.argmax()]), size)
        stream = _join(stream, first, second, size)
        pairs.append((first, second))
    return Merges(alphabet, np.array(pairs, np.int64).reshape(-1, 2))


def merge(sequence: np.ndarray, merges: Merges) -> np.ndarray:
    """The pieces of a sequence of integers: every merge where it occurs, in the order in which they were learned."""
    rank = {(int(a), int(b)): number for number, (a, b) in enumerate(merges.pairs)}
    pieces = np.asarray(sequence, np.int64)
    while len(pieces) > 1:
        there = [
            rank[pair] for pair in set(zip(pieces[:-1].tolist(), pieces[1:].tolist(), strict=True)) if pair in rank
        ]
        if not there:
            break
        number = min(there)
        pieces = _join(pieces, *(int(one) for one in merges.pairs[number]), merges.alphabet + number)
    return pieces


def _join(pieces: np.ndarray, first: int, second: int, made: int) -> np.ndarray:
    """Every `first` that a `second` follows, from left to right, becomes `made`."""
    at = np.flatnonzero((pieces[:-1] == first) & (pieces[1:] == second))
    if first == second and len(at):  # of a run of equal ones, every other pair
        begins = np.flatnonzero(np.diff(at, prepend=-2) != 1)
        run = np.arange(len(at)) - np.repeat(begins, np.diff(np.append(begins, len(at))))
        at = at[run % 2 == 0]
    pieces = pieces.copy()
    pieces[at] = made
    return np.delete(pieces, at + 1)
