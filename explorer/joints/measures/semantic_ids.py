"""Semantic ids: the codes of an item, level by level, as one name. How many items share one, and how prefixes are used.

TIGER (Rajput et al. 2023, arXiv 2305.05065). Letters of the shapes: N items, L levels. A prefix of length l is the
first l codes of an id.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenRecord


@dataclass(frozen=True)
class PrefixUse:
    """Prefixes of one length over N items. possible: as many as the codebooks could name. used: of how many items.

    ceiling: min(possible, N). largest: items that share the fullest one. entropy_bits: of the counts of prefixes.
    """

    length: int
    possible: float
    used: int
    ceiling: float
    largest: int
    entropy_bits: float


def semantic_ids(record: TokenRecord) -> np.ndarray:
    """The ids of the items of a record, (N, L) int64. Raises RecordError where levels have other numbers of tokens."""
    levels = [level.indices.reshape(-1) for level in record.levels]
    if len({len(level) for level in levels}) > 1:
        raise RecordError("levels of items need a token for each item")
    return np.stack(levels, axis=1).astype(np.int64)


def items_per_id(ids: np.ndarray) -> np.ndarray:
    """How many items have each id that occurs, the fullest first: (distinct ids,) int64."""
    return np.sort(np.unique(ids, axis=0, return_counts=True)[1])[::-1]


def collision_rate(ids: np.ndarray) -> float:
    """Share of the items whose id is no other item's, taken from 1: those that share theirs. 0 for no items."""
    counts = items_per_id(ids)
    return float(counts[counts > 1].sum() / max(1, len(ids)))


def prefix_use(ids: np.ndarray, sizes: tuple[int, ...]) -> tuple[PrefixUse, ...]:
    """The use of prefixes of length 1 to L. sizes: codes of each level."""
    found = []
    for length in range(1, ids.shape[1] + 1):
        counts = np.unique(ids[:, :length], axis=0, return_counts=True)[1]
        share = counts / counts.sum()
        possible = math.prod(float(size) for size in sizes[:length])
        entropy = float(-(share * np.log2(share)).sum())
        found.append(PrefixUse(length, possible, len(counts), min(possible, len(ids)), int(counts.max()), abs(entropy)))
    return tuple(found)
