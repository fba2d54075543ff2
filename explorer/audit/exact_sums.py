"""ExactSums: sums of floats that do not depend on the order in which they were added, to the bit.

Each sum is one whole number, in limbs of 32 bits, of steps of 2^-LOWEST_BIT: a small fixed-point accumulator as of
Kulisch (Computer Arithmetic and Validity, 2013). What of a float lies below that step is left out, always alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from explorer.audit.counting import State

LOWEST_BIT = 160  # below the smallest float32, 2^-149
LIMB, MASK = 32, np.int64(2**32 - 1)
LIMBS = 10  # up to 2^128, the largest float32, and 2^32 times as much
SQUARES = 14  # limbs for squares of such numbers
WAITING = 2**29  # values that may be added before the carries are taken out of 64 bits


class ExactSums:
    """One sum of floats that are 0 or more for each of `rows`."""

    def __init__(self, rows: int, limbs: int = LIMBS) -> None:
        self._limbs = np.zeros((rows, limbs), np.int64)
        self._added = 0

    def add(self, rows: np.ndarray, values: np.ndarray) -> None:
        """Add values (n,), finite and 0 or more, to the sums of `rows` (n,)."""
        fraction, exponent = np.frexp(values.astype(np.float64))
        whole = np.ldexp(fraction, 53).astype(np.int64)  # value = whole x 2^(exponent - 53)
        place = exponent.astype(np.int64) - 53 + LOWEST_BIT
        whole, place = whole >> np.clip(-place, 0, 63), np.maximum(place, 0)
        limb, shift = place // LIMB, place % LIMB
        low, high = (whole & MASK) << shift, (whole >> LIMB) << shift
        flat, at = self._limbs.reshape(-1), rows.astype(np.int64) * self._limbs.shape[1] + limb
        np.add.at(flat, at, low & MASK)
        np.add.at(flat, at + 1, (low >> LIMB) + (high & MASK))
        np.add.at(flat, at + 2, high >> LIMB)
        self._added += len(values)
        if self._added > WAITING:
            self._carry()

    def _carry(self) -> None:
        for limb in range(self._limbs.shape[1] - 1):
            self._limbs[:, limb + 1] += self._limbs[:, limb] >> LIMB
            self._limbs[:, limb] &= MASK
        self._added = 0

    def floats(self) -> np.ndarray:
        """The sums, (rows,) float64, to the last bit or one beside it."""
        self._carry()
        total = np.zeros(len(self._limbs))
        for limb in reversed(range(self._limbs.shape[1])):
            total += np.ldexp(self._limbs[:, limb].astype(np.float64), LIMB * limb - LOWEST_BIT)
        return total

    def exact(self, row: int) -> Fraction:
        """One sum, exactly."""
        self._carry()
        return Fraction(sum(int(one) << (LIMB * limb) for limb, one in enumerate(self._limbs[row])), 2**LOWEST_BIT)

    def join(self, other: ExactSums) -> None:
        """Add the sums of another one."""
        other._carry()
        self._limbs += other._limbs
        self._carry()

    def state(self) -> State:
        self._carry()
        return {"limbs": self._limbs}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._limbs, self._added = state["limbs"], 0
