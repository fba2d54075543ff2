"""Counters that take a stream of tokens: growth, rows of media, keys, and one sample of latents.

Those of media have `state() -> dict of arrays` and `restore(state)`; one that is restored goes on to the bit as if it
had never stopped. `join(after)` takes another one in whose stream followed, to the same bits as one stream would have.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np

from explorer.joints.audit_parts import BATCHES, GROWTH, LATENTS

State = dict[str, np.ndarray]
JOINT_KEYS = 2**21  # distinct tuples counted over all levels: two arrays of 16 MiB
NEVER = np.iinfo(np.int64).max  # place of a token that did not come
KEYS_AT_ONCE = 2**16

# Rows of the growth curve lie at these numbers of tokens, about 20 a decade, and one at the end.
GROWTH_AT = np.unique(np.round(np.logspace(0, 10, GROWTH - 1)).astype(np.int64))


class Growth:
    """How many codes are in use after how many tokens, exactly at each of GROWTH_AT; rows (g, 2) int64.

    Kept is the place of each code's first token, from which every row follows.
    """

    def __init__(self, codebook_size: int) -> None:
        self.tokens = 0
        self._first = np.full(codebook_size, NEVER)

    def add(self, tokens: int, codes: np.ndarray, places: np.ndarray) -> None:
        """`tokens` more, among which `codes` (u,) stand for the first time at `places` (u,)."""
        self._first[codes] = np.minimum(self._first[codes], self.tokens + places)
        self.tokens += tokens

    def rows(self) -> np.ndarray:
        """All rows so far and one for now."""
        first = np.sort(self._first)
        at = GROWTH_AT[: np.searchsorted(GROWTH_AT, self.tokens, side="right")]
        if self.tokens and self.tokens not in at[-1:]:
            at = np.append(at, self.tokens)
        return np.stack([at, np.searchsorted(first, at, side="left")], axis=1).astype(np.int64)

    def join(self, after: Growth) -> None:
        """As if the tokens of `after` had followed those of this one."""
        later = np.where(after._first == NEVER, NEVER, after._first + self.tokens)
        self._first, self.tokens = np.minimum(self._first, later), self.tokens + after.tokens

    def state(self) -> State:
        return {"first": self._first, "now": np.array([self.tokens])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._first, self.tokens = state["first"], int(state["now"][0])


class ThinnedRows:
    """Rows of a stream: every one while there are few, then every second, fourth, ..., so that `most` are given.

    All are kept, at 8 bytes a number: which are given depends on how many will have come before them, which a part of
    an audit does not know.
    """

    def __init__(self, width: int, most: int = BATCHES) -> None:
        self._width, self._most = width, most
        self._rows = array("d")

    def add(self, row: tuple[float, ...]) -> None:
        self._rows.extend(row)

    def rows(self) -> np.ndarray:
        every, stride = np.array(self._rows, np.float64).reshape(-1, self._width), 1
        while -(-len(every) // stride) > self._most:
            stride *= 2
        return every[::stride]

    def join(self, after: ThinnedRows) -> None:
        self._rows.extend(after._rows)

    def state(self) -> State:
        return {"rows": np.array(self._rows, np.float64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._rows = array("d", state["rows"].tolist())


def mix_bits(keys: np.ndarray) -> np.ndarray:
    """A fixed scrambling of int64 keys into uint64, one to one (the finalizer of SplitMix64, Steele et al. 2014)."""
    x = keys.astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


class LatentSample:
    """A uniform sample of at most `most` latents: those with the lowest priorities, in the order they came."""

    def __init__(self, dim: int, most: int = LATENTS) -> None:
        self._most = most
        self._priority, self._codes = np.empty(0), np.empty(0, np.int32)
        self._latents = np.empty((0, dim), np.float32)
        self._bar = np.inf  # a latent above it is above `most` others

    def add(self, priority: np.ndarray, latents: np.ndarray, codes: np.ndarray) -> None:
        """priority (N,) uniform random numbers, latents (N, D), codes (N,)."""
        kept = priority < self._bar
        self._priority = np.concatenate([self._priority, priority[kept]])
        self._latents = np.concatenate([self._latents, latents[kept].astype(np.float32)])
        self._codes = np.concatenate([self._codes, codes[kept].astype(np.int32)])
        if len(self._priority) > 2 * self._most:
            self._cut()

    def _cut(self) -> None:
        chosen = np.sort(np.argsort(self._priority, kind="stable")[: self._most])
        self._priority, self._latents = self._priority[chosen], self._latents[chosen]
        self._codes, self._bar = self._codes[chosen], self._priority.max()

    def join(self, after: LatentSample) -> None:
        self._priority = np.concatenate([self._priority, after._priority])
        self._latents = np.concatenate([self._latents, after._latents])
        self._codes = np.concatenate([self._codes, after._codes])
        if len(self._priority) > self._most:
            self._cut()

    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        """(latents (n, D) float32, codes (n,) int32)."""
        chosen = np.sort(np.argsort(self._priority, kind="stable")[: self._most])
        return self._latents[chosen], self._codes[chosen]

    def state(self) -> State:
        return {"priority": self._priority, "latents": self._latents, "codes": self._codes, "bar": np.array(self._bar)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._priority, self._latents, self._codes = state["priority"], state["latents"], state["codes"]
        self._bar = float(state["bar"])


def ranks(groups: np.ndarray) -> np.ndarray:
    """groups (n,) of equal values side by side -> the place of each entry in its group, from 0: (n,) int64."""
    if not len(groups):
        return np.empty(0, np.int64)
    start = np.concatenate([[True], groups[1:] != groups[:-1]])
    place = np.arange(len(groups))
    return place - np.maximum.accumulate(np.where(start, place, 0))


def part(state: Mapping[str, np.ndarray], name: str) -> State:
    """Entries of a state whose names start with `name_`, without it."""
    return {key.removeprefix(f"{name}_"): array for key, array in state.items() if key.startswith(f"{name}_")}
