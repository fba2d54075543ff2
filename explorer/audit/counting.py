"""Counters that take a stream of tokens in bounded memory: growth, thinned rows, keys, pairs, and one latent sample.

Each has `state() -> dict of arrays` and `restore(state)`; one that is restored goes on to the bit as if it had never
stopped. What is kept never depends on how the stream was cut into calls, except where a docstring says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.joints.audit_parts import BATCHES, GROWTH, LATENTS, NEIGHBOURS, SIDES, Neighbours

State = dict[str, np.ndarray]
DENSE_PAIRS = 2**20  # a table of K x K counts up to here (K = 1,024), else the pairs that occur
PAIR_KEYS = 2**21  # distinct pairs kept for each direction: two arrays of 16 MiB
JOINT_KEYS = 2**21  # distinct tuples counted over all levels: as much memory again
KEYS_AT_ONCE = 2**16

# Rows of the growth curve lie at these numbers of tokens, about 20 a decade, and one at the end.
GROWTH_AT = np.unique(np.round(np.logspace(0, 10, GROWTH - 1)).astype(np.int64))


class Growth:
    """How many codes are in use after how many tokens, exactly at each of GROWTH_AT; rows (g, 2) int64."""

    def __init__(self) -> None:
        self.tokens, self.used = 0, 0
        self._rows: list[tuple[int, int]] = []

    def add(self, tokens: int, first_seen: np.ndarray) -> None:
        """`tokens` more; first_seen: the places among them, ascending, at which a code occurs for the first time."""
        low, high = np.searchsorted(GROWTH_AT, [self.tokens, self.tokens + tokens], side="right")
        for at in GROWTH_AT[low:high]:
            new = int(np.searchsorted(first_seen, at - self.tokens, side="left"))
            self._rows.append((int(at), self.used + new))
        self.tokens, self.used = self.tokens + tokens, self.used + len(first_seen)

    def rows(self) -> np.ndarray:
        """All rows so far and one for now."""
        now = [(self.tokens, self.used)]
        rows = self._rows + (now if self.tokens and self._rows[-1:] != now else [])
        return np.array(rows, np.int64).reshape(-1, 2)

    def state(self) -> State:
        return {"rows": np.array(self._rows, np.int64).reshape(-1, 2), "now": np.array([self.tokens, self.used])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._rows = [(int(tokens), int(used)) for tokens, used in state["rows"]]
        self.tokens, self.used = (int(value) for value in state["now"])


class ThinnedRows:
    """Every row of a stream while there are few, then every second, fourth, ... so that at most `most` are kept."""

    def __init__(self, width: int, most: int = BATCHES) -> None:
        self._width, self._most = width, most
        self._rows: list[tuple[float, ...]] = []
        self._stride, self._seen = 1, 0

    def add(self, row: tuple[float, ...]) -> None:
        if self._seen % self._stride == 0:
            self._rows.append(row)
        self._seen += 1
        if len(self._rows) > self._most:
            self._rows, self._stride = self._rows[::2], self._stride * 2

    def rows(self) -> np.ndarray:
        return np.array(self._rows, np.float64).reshape(-1, self._width)

    def state(self) -> State:
        return {"rows": self.rows(), "now": np.array([self._stride, self._seen])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._rows = [tuple(row) for row in state["rows"].tolist()]
        self._stride, self._seen = (int(value) for value in state["now"])


class KeyCounts:
    """Counts of int64 keys, exact while at most `bound` of them are distinct. What happens then:

    prune False: counting stops; the figures stay exact for the `total` keys counted until then.
    prune True: the rarer half is forgotten (equal counts by a fixed hash) and counting goes on, so that a count is a
    lower bound (lossy counting: Manku and Motwani, VLDB 2002). Depends on the order of the keys, not on the calls,
    up to KEYS_AT_ONCE.
    """

    def __init__(self, bound: int, prune: bool) -> None:
        self._bound, self._prune = bound, prune
        self._keys, self._counts = np.empty(0, np.int64), np.empty(0, np.int64)
        self._waiting: list[np.ndarray] = []
        self._size = 0
        self.total, self.complete = 0, True

    def add(self, keys: np.ndarray) -> None:
        if not self.complete and not self._prune:
            return
        self._waiting.append(keys.astype(np.int64))
        self._size += len(keys)
        self.total += len(keys)
        if self._size >= max(KEYS_AT_ONCE, len(self._keys) // 4):
            self._keys, self._counts = self.items()
            self._waiting, self._size = [], 0
            if len(self._keys) > self._bound:
                self.complete = False
                if self._prune:
                    self._forget()

    def items(self) -> tuple[np.ndarray, np.ndarray]:
        """(keys ascending, counts), both int64."""
        keys = np.concatenate([self._keys, *self._waiting])
        weights = np.concatenate([self._counts, np.ones(self._size, np.int64)])
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], weights[order]
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
        return keys[first], np.add.reduceat(weights, first) if len(first) else np.empty(0, np.int64)

    def _forget(self) -> None:
        kept = np.lexsort((mix_bits(self._keys), -self._counts))[: self._bound // 2]
        kept.sort()
        self._keys, self._counts = self._keys[kept], self._counts[kept]

    def state(self) -> State:
        waiting = np.concatenate([np.empty(0, np.int64), *self._waiting])
        now = np.array([self.total, int(self.complete)])
        return {"keys": self._keys, "counts": self._counts, "waiting": waiting, "now": now}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._keys, self._counts = state["keys"], state["counts"]
        self._waiting, self._size = [state["waiting"]], len(state["waiting"])
        self.total, self.complete = int(state["now"][0]), bool(state["now"][1])


def mix_bits(keys: np.ndarray) -> np.ndarray:
    """A fixed scrambling of int64 keys into uint64, one to one (the finalizer of SplitMix64, Steele et al. 2014)."""
    x = keys.astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


class Pairs:
    """Which codes stand beside which: (first, second) counted along rows and down columns of grids of codes."""

    def __init__(self, codebook_size: int) -> None:
        self._codes = codebook_size
        self._dense = codebook_size**2 <= DENSE_PAIRS
        if self._dense:
            self._tables = [np.zeros(codebook_size**2, np.uint32) for _ in range(2)]
        else:
            self._tables = [KeyCounts(PAIR_KEYS, prune=True) for _ in range(2)]
        self._totals = [0, 0]

    def add(self, grids: np.ndarray) -> None:
        """grids (F, rows, columns) of codes."""
        grids = grids.astype(np.int64)
        across = grids[:, :, :-1] * self._codes + grids[:, :, 1:]
        down = grids[:, :-1] * self._codes + grids[:, 1:]
        for direction, keys in enumerate((across.reshape(-1), down.reshape(-1))):
            self._totals[direction] += len(keys)
            if self._dense:
                np.add.at(self._tables[direction], keys, np.uint32(1))
            else:
                self._tables[direction].add(keys)

    def commonest(self) -> Neighbours:
        """The NEIGHBOURS commonest on each side of each code; equal counts in order of the code's number."""
        code = np.full((self._codes, len(SIDES), NEIGHBOURS), -1, np.int32)
        count = np.zeros(code.shape, np.int64)
        for direction, table in enumerate(self._tables):
            keys, counts = (np.flatnonzero(table), table[table > 0]) if self._dense else table.items()
            first, second = keys // self._codes, keys % self._codes
            # The second stands right of (below) the first, and the first left of (above) the second.
            for side, of, beside in ((2 * direction, second, first), (2 * direction + 1, first, second)):
                order = np.lexsort((beside, -counts.astype(np.int64), of))
                groups, others, amounts = of[order], beside[order], counts[order]
                rank = ranks(groups)
                kept = rank < NEIGHBOURS
                code[groups[kept], side, rank[kept]] = others[kept]
                count[groups[kept], side, rank[kept]] = amounts[kept]
        sampled = not self._dense and not all(table.complete for table in self._tables)
        return Neighbours(code, count, max(self._totals), sampled)

    def state(self) -> State:
        found: State = {"totals": np.array(self._totals)}
        for direction, table in enumerate(self._tables):
            parts = {"table": table} if self._dense else table.state()
            found |= {f"{direction}_{name}": array for name, array in parts.items()}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._totals = [int(value) for value in state["totals"]]
        for direction in range(2):
            if self._dense:
                self._tables[direction] = state[f"{direction}_table"]
            else:
                self._tables[direction].restore(part(state, str(direction)))


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
