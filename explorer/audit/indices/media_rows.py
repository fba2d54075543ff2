"""Rows of single media, evenly spaced by numbers that do not depend on how a dump is cut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.audit.accumulator import perplexity
from explorer.audit.counting import State
from explorer.joints.audit_parts import BATCHES

FILE_BITS = 40  # of the number of a medium: above stands that of its file, below that in the file


def numbers_of(file: int, items: np.ndarray | int) -> np.ndarray | int:
    """Numbers of media for those of their file and in it, in the order of both."""
    return (file << FILE_BITS) + items


class MediaRows:
    """Tokens, codes used and perplexity of single media: each `every`-th, and each second of those whenever there are
    more than BATCHES. Media are told off by the sum of the numbers of their file and in it."""

    def __init__(self, codebook_size: int, every: int) -> None:
        self._codes, self._every = codebook_size, every
        self._open: tuple[int, np.ndarray] | None = None  # a medium that may go on in the next block, and its counts
        self._found: list[tuple[int, int, int, float]] = []  # each behind its number

    def add(self, codes: np.ndarray, lengths: np.ndarray, numbers: np.ndarray, opens: bool) -> None:
        """Codes (n,) of media of `lengths` and `numbers` (m,); opens: the first begins here."""
        if opens:
            self._close()
        told_off = (numbers >> FILE_BITS) + (numbers & ((1 << FILE_BITS) - 1))
        ends = np.cumsum(lengths)
        for i in np.flatnonzero(told_off % self._every == 0).tolist():
            number = int(told_off[i])
            if number % self._every:  # it is more by now than it was
                continue
            some = codes[ends[i] - lengths[i] : ends[i]]
            if i == 0 and self._open is not None:
                self._open = (number, self._open[1] + np.bincount(some, minlength=self._codes))
            elif i == len(lengths) - 1:
                self._open = (number, np.bincount(some, minlength=self._codes))
            else:
                self._note(number, np.unique(some, return_counts=True)[1])
            if i < len(lengths) - 1:
                self._close()

    def _note(self, number: int, counts: np.ndarray) -> None:
        if len(counts):
            self._found.append((number, int(counts.sum()), len(counts), perplexity(counts)))
        self._thin()

    def _thin(self) -> None:
        while len(self._found) > BATCHES:
            self._every *= 2
            self._found = [row for row in self._found if row[0] % self._every == 0]

    def _close(self) -> None:
        if self._open is not None:
            number, counts = self._open
            self._open = None
            if number % self._every == 0:
                self._note(number, counts[counts > 0])

    def join(self, after: MediaRows) -> None:
        """As if its media had followed."""
        self._close()
        after._close()
        self._every = max(self._every, after._every)
        self._found = [row for row in self._found + after._found if row[0] % self._every == 0]
        self._thin()

    def state(self) -> State:
        self._close()
        return {"found": np.array(self._found, np.float64).reshape(-1, 4), "now": np.array([self._every])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        found = state["found"].tolist()
        self._found = [(int(number), int(tokens), int(used), value) for number, tokens, used, value in found]
        self._every, self._open = int(state["now"][0]), None

    def rows(self) -> np.ndarray:
        """(r, 3) float64."""
        self._close()
        return np.array([row[1:] for row in self._found], np.float64).reshape(-1, 3)
