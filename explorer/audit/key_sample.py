"""KeySample: counts of keys in bounded memory, which add up exactly whatever part of the keys was counted where.

While few keys are distinct all are counted; then those at half of the places, at a quarter, and so on. Whether a place
is among them is a fixed hash of its medium and its number there, so the sample depends neither on the order of the
media nor on how they were shared out, as in the adaptive sampling of Flajolet (Computing 43, 1990).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.audit.counting import KEYS_AT_ONCE, State, mix_bits


class KeySample:
    """Counts of int64 keys at 1 of 2^`thinned` places, the most of them whose distinct keys are at most `bound`."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._thinned = 0
        self._keys, self._ranks = np.empty(0, np.int64), np.empty(0, np.uint8)  # each pair of them once
        self._counts = np.empty(0, np.int64)
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._size = 0

    def add(self, keys: np.ndarray, medium: int) -> None:
        """The keys of one medium, in the order of its places; medium: its number, below 2^31."""
        self.add_ranked(keys, ranks_of(medium, len(keys)))

    def add_ranked(self, keys: np.ndarray, ranks: np.ndarray) -> None:
        """Keys (n,) at places whose hashes can be halved so often: ranks (n,) uint8."""
        kept = ranks >= self._thinned
        self._waiting.append((keys[kept].astype(np.int64), ranks[kept]))
        self._size += int(np.count_nonzero(kept))
        if self._size >= max(KEYS_AT_ONCE, len(self._keys) // 4):
            self._settle()

    def _settle(self) -> None:
        """Count what waits, and take fewer places where there are too many distinct keys."""
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        ranks = np.concatenate([self._ranks, *(ranks for _, ranks in self._waiting)])
        self._take(keys, ranks, np.concatenate([self._counts, np.ones(self._size, np.int64)]))
        self._waiting, self._size = [], 0

    def _take(self, keys: np.ndarray, ranks: np.ndarray, counts: np.ndarray) -> None:
        order = np.lexsort((ranks, keys))
        keys, ranks, counts = keys[order], ranks[order], counts[order]
        if len(keys):
            highest = ranks[np.concatenate([keys[1:] != keys[:-1], [True]])]  # of each key, the last one that it has
            while np.count_nonzero(highest >= self._thinned) > self._bound:
                self._thinned += 1
            kept = ranks >= self._thinned
            keys, ranks, counts = keys[kept], ranks[kept], counts[kept]
        if len(keys):
            first = np.flatnonzero(np.concatenate([[True], (keys[1:] != keys[:-1]) | (ranks[1:] != ranks[:-1])]))
            keys, ranks, counts = keys[first], ranks[first], np.add.reduceat(counts, first)
        self._keys, self._ranks, self._counts = keys, ranks, counts

    @property
    def complete(self) -> bool:
        """Whether every key was counted, and not only those of some places."""
        self._settle()
        return self._thinned == 0

    def items(self) -> tuple[np.ndarray, np.ndarray]:
        """(keys ascending, counts), both int64."""
        self._settle()
        if not len(self._keys):
            return self._keys, self._counts
        first = np.flatnonzero(np.concatenate([[True], self._keys[1:] != self._keys[:-1]]))
        return self._keys[first], np.add.reduceat(self._counts, first)

    def join(self, after: KeySample) -> None:
        """Take in the counts of other media."""
        self._settle()
        after._settle()
        self._thinned = max(self._thinned, after._thinned)
        self._take(
            np.concatenate([self._keys, after._keys]),
            np.concatenate([self._ranks, after._ranks]),
            np.concatenate([self._counts, after._counts]),
        )

    def state(self) -> State:
        self._settle()
        return {"keys": self._keys, "ranks": self._ranks, "counts": self._counts, "now": np.array([self._thinned])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._keys, self._ranks, self._counts = state["keys"], state["ranks"], state["counts"]
        self._thinned = int(state["now"][0])
        self._waiting, self._size = [], 0


def ranks_of(medium: int, places: int) -> np.ndarray:
    """For each place of a medium how often its hash can be halved, (places,) uint8: r or more for one place in 2^r."""
    return _halvings(mix_bits(np.int64(medium) * 2**32 + np.arange(places, dtype=np.int64)))


def ranks_in(numbers: np.ndarray, lengths: np.ndarray, begin: int) -> np.ndarray:
    """The same for places of several media: numbers, lengths (m,) -> (n,). begin: of the first of them, of which the
    rest is here. The numbers of media may have 63 bits."""
    starts = np.cumsum(lengths) - lengths
    starts[0] -= begin
    places = np.arange(int(lengths.sum())) + np.repeat(mix_bits(numbers).view(np.int64) - starts, lengths)
    return _halvings(mix_bits(places))


def _halvings(hashes: np.ndarray) -> np.ndarray:
    lowest = hashes & (~hashes + np.uint64(1))  # the lowest bit that is set, a power of 2
    return np.where(hashes == 0, 64, np.frexp(lowest.astype(np.float64))[1] - 1).astype(np.uint8)
