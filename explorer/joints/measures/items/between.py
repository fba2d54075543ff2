"""Two tokenizers on the same items: which of them are assigned anew, and which pairs stay together.

Codes of two tokenizers have nothing to do with each other by number, so both measures ask for the groups that
they make.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError

MOST_CELLS = 4_000_000  # of the table of one tokenizer's codes by the other's


@dataclass(frozen=True)
class Agreement:
    """reassigned: share of the items whose first code is another one, after the codes of both were matched one to one
    so that as many items as can be stay; None where there are too many codes for that. pairs: by length of prefix, of
    the pairs of items that share it with the baseline the share that share it here, too; None where no pair does.
    chance: (L,) share of all pairs that share it here: what pairs drawn at random would keep."""

    reassigned: float | None
    pairs: tuple[float | None, ...]
    chance: tuple[float, ...]


def agree(baseline: np.ndarray, other: np.ndarray) -> Agreement:
    """ids (N, L) of each, of the same items in the same order; prefixes as long as both have. Raises RecordError."""
    if len(baseline) != len(other):
        raise RecordError(f"ids of the same items are as many, got {len(baseline)} and {len(other)}")
    levels = min(baseline.shape[1], other.shape[1])
    kept, chance = [], []
    for length in range(1, levels + 1):
        before, after = _groups(baseline[:, :length]), _groups(other[:, :length])
        both = np.unique(np.stack([before, after], 1), axis=0, return_counts=True)[1]
        together = _pairs(np.bincount(before))
        kept.append(None if together == 0 else _pairs(both) / together)
        chance.append(_pairs(np.bincount(after)) / max(1.0, _pairs(np.array([len(after)]))))
    return Agreement(_reassigned(baseline[:, 0], other[:, 0]), tuple(kept), tuple(chance))


def _reassigned(before: np.ndarray, after: np.ndarray) -> float | None:
    before, after = _groups(before[:, None]), _groups(after[:, None])
    if (before.max() + 1) * (after.max() + 1) > MOST_CELLS:
        return None
    from scipy.optimize import linear_sum_assignment  # the app starts without scipy

    table = np.zeros((before.max() + 1, after.max() + 1), np.int64)
    np.add.at(table, (before, after), 1)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(1 - table[rows, columns].sum() / len(before))


def _groups(prefixes: np.ndarray) -> np.ndarray:
    return np.unique(prefixes, axis=0, return_inverse=True)[1].reshape(-1)


def _pairs(counts: np.ndarray) -> float:
    return float((counts * (counts - 1.0) / 2).sum())
