"""Near-duplicate codes: so close to each other that swapping them hardly changes the quantization error.

The threshold is NEAR times what keeps codes apart (see `states.apart`), and is always said with the number.
Pairs are found with a k-d tree, whose work stays small because the radius is; in many dimensions, where such a tree
looks at everything one by one, with matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError

NEAR = 0.1  # of what keeps codes apart
LISTED = 200  # pairs that are named
TREE_DIM = 16  # a tree is quicker up to about so many dimensions
_BLOCK = 256  # rows of distances at a time
_BY_ONE = 8192  # vectors that are gone through one by one
_ALL_PAIRS = 200_000  # with no more than so many, every pair is measured to find the closest ones


@dataclass(frozen=True)
class Duplicates:
    """near (n,) bool: another code lies within the threshold. pairs (p, 2) int64 rows, distances (p,): the closest
    LISTED pairs, closest first (of very many: each code's own nearest). total: how many pairs there are."""

    threshold: float
    near: np.ndarray
    pairs: np.ndarray
    distances: np.ndarray
    total: int


def near_duplicates(vectors: np.ndarray, threshold: float, limit: int = LISTED) -> Duplicates:
    """Pairs of `vectors` (n, D) at most `threshold` apart. Raises RecordError for NaN or infinity, or below 0."""
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise RecordError(f"duplicates are looked for among finite vectors (n, D), got shape {vectors.shape}")
    if not threshold >= 0:
        raise RecordError(f"a distance is 0 or more, not {threshold}")
    if len(vectors) < 2:
        return Duplicates(threshold, np.zeros(len(vectors), bool), np.empty((0, 2), np.int64), np.empty(0), 0)
    if vectors.shape[1] > TREE_DIM:
        return _by_products(vectors, threshold, limit)
    # Equal vectors are put together first: many of them in one place would make the tree search them one by one.
    distinct, group, size = np.unique(vectors, axis=0, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    # scipy.spatial takes a quarter of a second to import, and not every page looks for duplicates.
    from scipy.spatial import cKDTree

    tree = cKDTree(distinct, balanced_tree=False, compact_nodes=False)
    near = size > 1
    if len(distinct) > 1:
        distance, beside = tree.query(distinct, k=2, distance_upper_bound=np.nextafter(threshold, np.inf))
        near = near | np.isfinite(distance[:, 1])
    if not near.any():
        return Duplicates(threshold, near[group], np.empty((0, 2), np.int64), np.empty(0), 0)
    ordered = tree.count_neighbors(tree, threshold, weights=(size, size))  # of codes, both ways and with themselves
    total = round((float(ordered) - len(vectors)) / 2)
    if total <= _ALL_PAIRS:
        pairs = cKDTree(vectors, balanced_tree=False).query_pairs(threshold, output_type="ndarray").astype(np.int64)
    else:
        found = np.flatnonzero(np.isfinite(distance[:, 1])) if len(distinct) > 1 else np.empty(0, np.int64)
        other = np.where(beside[found, 0] == found, beside[found, 1], beside[found, 0]) if len(found) else found
        first = np.unique(group, return_index=True)[1]  # one row for each distinct vector
        apart = np.unique(np.sort(np.stack([found, other], axis=1), axis=1), axis=0)
        pairs = np.concatenate([_equal_pairs(group, limit), first[apart].reshape(-1, 2)])
    pairs = np.sort(pairs, axis=1)
    distances = np.linalg.norm(vectors[pairs[:, 0]] - vectors[pairs[:, 1]], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], distances))[:limit]
    return Duplicates(threshold, near[group], pairs[order], distances[order], total)


def _by_products(vectors: np.ndarray, threshold: float, limit: int) -> Duplicates:
    """As `near_duplicates`: |a|^2 + |b|^2 - 2 a.b for all pairs, and those near the threshold measured exactly."""
    squares = np.square(vectors).sum(1)
    slack = 1e-9 * float(squares.max())  # what the subtraction may lose
    near, total = np.zeros(len(vectors), bool), 0
    pairs, distances = np.empty((0, 2), np.int64), np.empty(0)
    for start in range(0, len(vectors), _BLOCK):
        rows = vectors[start : start + _BLOCK]
        apart = squares[start : start + _BLOCK, None] + squares[None, start:] - 2 * rows @ vectors[start:].T
        first, second = np.nonzero(apart <= threshold**2 + slack)
        later = second > first
        found = np.stack([first[later], second[later]], axis=1) + start  # (p, 2)
        away = np.linalg.norm(vectors[found[:, 0]] - vectors[found[:, 1]], axis=1)
        found, away = found[away <= threshold], away[away <= threshold]
        near[found.reshape(-1)] = True
        total += len(found)
        pairs, distances = np.concatenate([pairs, found]), np.concatenate([distances, away])
        order = np.lexsort((pairs[:, 1], pairs[:, 0], distances))[:limit]
        pairs, distances = pairs[order], distances[order]
    return Duplicates(threshold, near, pairs, distances, total)


def _equal_pairs(group: np.ndarray, limit: int) -> np.ndarray:
    """At most `limit` pairs (p, 2) of rows of the same group: each with the first of its group."""
    order = np.argsort(group, kind="stable")
    first = order[np.searchsorted(group[order], group[order])]
    pairs = np.stack([first, order], axis=1)[first != order]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))][:limit]


def distinct(vectors: np.ndarray, threshold: float) -> int:
    """How many different vectors (n, D) are, those within `threshold` of one that was kept before counting as it.

    Of very many near ones the occupied cells of a grid of that pitch are counted instead, which is an estimate.
    """
    vectors = np.asarray(vectors, np.float64)
    near = near_duplicates(vectors, threshold).near
    apart, left = int(np.count_nonzero(~near)), vectors[near]
    if len(left) > _BY_ONE:
        return apart + len(np.unique(np.round(left / max(threshold, 1e-300)), axis=0))
    while len(left):
        away = np.linalg.norm(left - left[0], axis=1)
        left, apart = left[away > threshold], apart + 1
    return apart
