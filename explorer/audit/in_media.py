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
    Media have numbers of which some may be left out, as of files that are none; a stretch without any is not kept.
    far_apart: most numbers are left out, so that those stretches count towards STRETCHES alone that are kept.
    """

    def __init__(self, codebook_size: int, far_apart: bool = False) -> None:
        self.media, self._stride, self._far_apart = 0, 1, far_apart
        self._occurs = np.zeros(codebook_size, np.int64)
        self._stretches: dict[int, np.ndarray] | None = {} if codebook_size <= CODES_IN_ORDER else None
        self._size = codebook_size

    def add(self, used: np.ndarray, counts: np.ndarray, number: int | None = None) -> None:
        """The codes of the next medium, each once, and how often they occur there: (u,) both. number: of the medium,
        None where no number is left out."""
        self._occurs[used] += 1
        if self._stretches is not None:
            self._open(self.media if number is None else number)[used] += counts
        self.media += 1

    def add_many(self, codes: np.ndarray, lengths: np.ndarray, numbers: np.ndarray) -> None:
        """Whole media that follow each other: codes (n,), how many of them are of each, and their numbers, (m,)."""
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
                stretch, number = self._open(int(numbers[done])), int(numbers[done])
                ahead = int(np.searchsorted(numbers[done:], number + self._stride - number % self._stride))
                some = codes[ends[done] - lengths[done] : ends[done + ahead - 1]]
                stretch += np.bincount(some, minlength=self._size)
            self.media, done = self.media + ahead, done + ahead

    def _open(self, number: int) -> np.ndarray:
        """The counts (K,) of the stretch in which a medium lies."""
        if self._far_apart:
            self._fit({*self._stretches, number // self._stride})
        while not self._far_apart and number // self._stride >= STRETCHES:
            self._double()
        return self._stretches.setdefault(number // self._stride, np.zeros(self._size, np.int64))

    def _fit(self, stretches: set[int]) -> None:
        """Double until there is room for these."""
        times = 0
        while len({stretch >> times for stretch in stretches}) > STRETCHES:
            times += 1
        if times:
            self._double(times)

    def _double(self, times: int = 1) -> None:
        """Two stretches become one, so many times."""
        before, self._stretches = self._stretches, {}
        for stretch, counts in before.items():
            self._add_to(stretch >> times, counts)
        self._stride <<= times

    def _add_to(self, stretch: int, counts: np.ndarray) -> None:
        if stretch in self._stretches:
            self._stretches[stretch] += counts
        else:
            self._stretches[stretch] = counts.copy()

    def join(self, after: InMedia) -> None:
        """Take in the counts of other media, whose numbers follow."""
        self.media += after.media
        self._occurs += after._occurs
        if self._stretches is not None:
            while self._stride < after._stride:
                self._double()
            for stretch, counts in after._stretches.items():
                self._add_to(stretch * after._stride // self._stride, counts)
            if self._far_apart:
                self._fit(set(self._stretches))

    def occurs(self) -> np.ndarray:
        return self._occurs.copy()

    def stretches(self) -> np.ndarray | None:
        """(b, K) int64, None for a very large codebook."""
        if self._stretches is None:
            return None
        return np.array([self._stretches[one] for one in sorted(self._stretches)], np.int64).reshape(-1, self._size)

    def state(self) -> State:
        kept = self.stretches()
        now = {"now": np.array([self.media, self._stride]), "occurs": self._occurs}
        if kept is None:
            return now
        return now | {"stretches": kept, "numbers": np.array(sorted(self._stretches), np.int64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.media, self._stride = (int(value) for value in state["now"])
        self._occurs = state["occurs"]
        if self._stretches is not None:
            self._stretches = dict(zip(state["numbers"].tolist(), state["stretches"], strict=True))


def _in_how_many(codes: np.ndarray, lengths: np.ndarray, size: int) -> np.ndarray:
    """codes (n,) of media of `lengths` (m,) -> in how many of them each occurs, (K,) int64."""
    keys = np.repeat(np.arange(len(lengths)) * size, lengths) + codes
    if len(lengths) * size <= 4 * len(codes) or len(lengths) == 1:  # a table is quicker than sorting
        present = np.zeros(len(lengths) * size, bool)
        present[keys] = True
        return present.reshape(-1, size).sum(axis=0)
    return np.bincount(np.unique(keys) % size, minlength=size)
