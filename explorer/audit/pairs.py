"""Which codes stand beside which: pairs of neighbours, all of them or a sample of places."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.audit.counting import State, part, ranks
from explorer.audit.key_sample import KeySample
from explorer.joints.audit_parts import NEIGHBOURS, SIDES, Neighbours

DENSE_PAIRS = 2**20  # a table of K x K counts up to here (K = 1,024), else the pairs that occur
PAIR_KEYS = 2**21  # distinct pairs kept for each direction


class Pairs:
    """Which codes stand beside which: (first, second) counted along rows and down columns of grids of codes."""

    def __init__(self, codebook_size: int) -> None:
        self._codes = codebook_size
        self._dense = codebook_size**2 <= DENSE_PAIRS
        if self._dense:
            self._tables = [np.zeros(codebook_size**2, np.uint32) for _ in range(2)]
        else:
            self._tables = [KeySample(PAIR_KEYS) for _ in range(2)]
        self._totals = [0, 0]

    def add(self, grids: np.ndarray, medium: int) -> None:
        """grids (F, rows, columns) of codes of one medium; medium: its number."""
        grids = grids.astype(np.int64)
        across = grids[:, :, :-1] * self._codes + grids[:, :, 1:]
        down = grids[:, :-1] * self._codes + grids[:, 1:]
        for direction, keys in enumerate((across.reshape(-1), down.reshape(-1))):
            self._totals[direction] += len(keys)
            if self._dense:
                np.add.at(self._tables[direction], keys, np.uint32(1))
            else:
                self._tables[direction].add(keys, medium)

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

    def join(self, after: Pairs) -> None:
        self._totals = [mine + more for mine, more in zip(self._totals, after._totals, strict=True)]
        for mine, more in zip(self._tables, after._tables, strict=True):
            if self._dense:
                mine += more
            else:
                mine.join(more)

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
