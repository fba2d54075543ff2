"""DeadCodes: where the dead codes of one level of a training run lie, and how they came there. Numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from explorer.analysis.lab.distances import nearest
from explorer.joints.frame import DEAD, Frame

LOOKS = 12  # earlier frames looked at
MANY = 128  # codes looked at
ORIGIN = 1e-3  # spreads of the latents: nearer to 0 than that, a code lies at the origin
SHRUNK = 10.0  # a code at the origin has slid there when it was this many times as far from it before
STAYED = 0.01  # spreads of the codebook in the first frame: a code that is no further from its place then has stayed


class DeadCodes:
    """Dead codes in the newest of the kept frames, of level `number`. spread: of the latents there."""

    def __init__(self, kept: Sequence[Frame], number: int, spread: float) -> None:
        self._kept, self._number, self._spread = kept, number, spread
        self._level = kept[-1].levels[number]
        self._codes = np.flatnonzero(self._level.state == DEAD)

    @property
    def vectors(self) -> np.ndarray:
        """(dead, d)."""
        return self._level.vectors[self._codes]

    @cached_property
    def _at_origin(self) -> np.ndarray:
        """(dead,) bool. A code that lies at 0 because the run began there lies at the origin as well."""
        return np.linalg.norm(self.vectors, axis=1) < ORIGIN * self._spread

    @cached_property
    def _stayed(self) -> np.ndarray:
        """(dead,) bool: those that lie where they did in the first frame; none of a rule, whose codes never move."""
        start = self._kept[0].levels[self._number].vectors
        if self._level.metric == "implicit" or len(self._kept) < 2:
            return np.zeros(len(self._codes), dtype=bool)
        spread = np.sqrt(np.square(start - start.mean(0)).sum(1).mean())
        return np.linalg.norm(self.vectors - start[self._codes], axis=1) <= STAYED * spread

    @cached_property
    def slid(self) -> int:
        """Dead codes at the origin that lay well away from it before."""
        codes = self._codes[self._at_origin]
        if not len(codes):
            return 0
        earlier = [frame.levels[self._number].vectors[codes] for frame in thin_out(self._kept)]
        before = [np.linalg.norm(vectors, axis=1) for vectors in earlier]
        now = np.linalg.norm(self._level.vectors[codes], axis=1)
        return int(np.count_nonzero(np.max(before, axis=0) > SHRUNK * now))

    @property
    def stayed(self) -> int:
        """Dead codes that lie where they started."""
        return int(np.count_nonzero(self._stayed))

    @property
    def stayed_at_origin(self) -> int:
        """Those of them that lie at the origin."""
        return int(np.count_nonzero(self._stayed & self._at_origin))

    @cached_property
    def chosen_here(self) -> int:
        """Dead codes that latents of the frame choose all the same: these are not those of the training batches."""
        return int(np.isin(self._codes, self._level.indices).sum())

    @cached_property
    def away(self) -> float:
        """Median distance of a dead code to the nearest latent shown, in spreads of the latents, of the codes looked
        at; 0 without dead codes."""
        dead = some(self.vectors)
        return float(np.median(nearest(dead, self._level.z_e)) / max(1e-9, self._spread)) if len(dead) else 0.0

    @property
    def looked_at(self) -> int:
        """Dead codes that `away` is the median of: all, or some where they are many."""
        return len(some(self._codes))


def thin_out(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Up to twice LOOKS of them with the first, evenly spaced; as long as more only come, those that were stay."""
    stride = 1
    while len(frames) > 2 * LOOKS * stride:
        stride *= 2
    return frames[::stride]


def some(rows: np.ndarray) -> np.ndarray:
    """At most MANY of them, evenly spaced."""
    return rows[:: max(1, -(-len(rows) // MANY))]
