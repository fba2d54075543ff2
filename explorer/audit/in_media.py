"""In how many media each code occurs, and how often in stretches of media in their order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.audit.counting import State
from explorer.joints.audit_parts import CODES_IN_ORDER, STRETCHES

PRESENT = 2**22  # media times codes in the table that tells which code occurs in which medium


class InMedia:
    """In how many media each code occurs, and its counts in stretches of media in their order.

    A stretch is of one medium until STRETCHES are full; then two become one each time there is no room for another.
    """

    def __init__(self, codebook_size: int) -> None:
        self.media, self._stride = 0, 1
        self._occurs = np.zeros(codebook_size, np.int64)
        self._stretches: list[np.ndarray] | None = [] if codebook_size <= CODES_IN_ORDER else None
        self._size = codebook_size

    def add(self, used: np.ndarray, counts: np.ndarray) -> None:
        """The codes of the next medium, each once, and how often they occur there: (u,) both."""
        self._occurs[used] += 1
        if self._stretches is not None:
            self._open()
            self._stretches[-1][used] += counts
        self.media += 1

    def add_many(self, codes: np.ndarray, lengths: np.ndarray) -> None:
        """Whole media that follow each other: codes (n,), and how many of them are of each (m,)."""
        ends = np.cumsum(lengths)
        step = max(1, PRESENT // self._size)  # media whose codes are told apart at once
        for first in range(0, len(lengths), step):
            last = min(first + step, len(lengths))
            some = codes[ends[first] - lengths[first] : ends[last - 1]]
            self._occurs += _in_how_many(some, lengths[first:last], self._size)
        done = 0
        while done < len(lengths):
            ahead = len(lengths) - done
            if self._stretches is not None:
                self._open()
                ahead = min(ahead, self._stride - self.media % self._stride)
                some = codes[ends[done] - lengths[done] : ends[done + ahead - 1]]
                self._stretches[-1] += np.bincount(some, minlength=self._size)
            self.media, done = self.media + ahead, done + ahead

    def _open(self) -> None:
        """Begin another stretch if the next medium is its first."""
        if self.media % self._stride:
            return
        if len(self._stretches) == STRETCHES:
            self._stretches = [a + b for a, b in zip(self._stretches[::2], self._stretches[1::2], strict=True)]
            self._stride *= 2
        self._stretches.append(np.zeros(self._size, np.int64))

    def occurs(self) -> np.ndarray:
        return self._occurs.copy()

    def stretches(self) -> np.ndarray | None:
        """(b, K) int64, None for a very large codebook."""
        if self._stretches is None:
            return None
        return np.array(self._stretches, np.int64).reshape(-1, self._size)

    def state(self) -> State:
        kept = self.stretches()
        now = {"now": np.array([self.media, self._stride]), "occurs": self._occurs}
        return now if kept is None else now | {"stretches": kept}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.media, self._stride = (int(value) for value in state["now"])
        self._occurs = state["occurs"]
        if self._stretches is not None:
            self._stretches = list(state["stretches"])


def _in_how_many(codes: np.ndarray, lengths: np.ndarray, size: int) -> np.ndarray:
    """codes (n,) of media of `lengths` (m,) -> in how many of them each occurs, (K,) int64."""
    keys = np.repeat(np.arange(len(lengths)) * size, lengths) + codes
    if len(lengths) * size <= 4 * len(codes) or len(lengths) == 1:  # a table is quicker than sorting
        present = np.zeros(len(lengths) * size, bool)
        present[keys] = True
        return present.reshape(-1, size).sum(axis=0)
    return np.bincount(np.unique(keys) % size, minlength=size)
