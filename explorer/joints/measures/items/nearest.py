"""Nearest items, by shared prefix and by their vectors: whether the one tells of the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError

QUERIES = 2000  # items whose neighbours are looked up, drawn by a seed
CHUNK = 256


@dataclass(frozen=True)
class SharedPrefixes:
    """kept: (L,) share of the `near` nearest items by their vectors that share the first l codes. chance: (L,) of two
    items drawn by chance. queries: items that were asked about."""

    kept: np.ndarray
    chance: np.ndarray
    near: int
    queries: int


def by_shared_prefix(ids: np.ndarray, item: int, most: int = 12) -> list[tuple[int, int]]:
    """(item, length of the shared prefix) of those that share the longest one with an item, itself left out.

    Raises RecordError for an item that is not there.
    """
    if not 0 <= item < len(ids):
        raise RecordError(f"there is no item {item}; there are {len(ids):,}")
    shared = np.logical_and.accumulate(ids == ids[item], axis=1).sum(1)
    shared[item] = -1
    order = np.argsort(-shared, kind="stable")[:most]
    return [(int(one), int(shared[one])) for one in order if shared[one] > 0]


@dataclass(frozen=True)
class NearItems:
    """asked: (n,) items, all or some that were drawn. found: (n, near) the nearest items of each by their vectors."""

    asked: np.ndarray
    found: np.ndarray


def near_items(vectors: np.ndarray, near: int = 10, seed: int = 0) -> NearItems | None:
    """vectors: (N, D). Of more than QUERIES items so many are asked about. None for fewer than three items."""
    many = len(vectors)
    near = min(near, many - 1)
    if many < 3:
        return None
    asked = np.arange(many)
    if many > QUERIES:
        asked = np.sort(np.random.default_rng(seed).choice(many, QUERIES, replace=False))
    return NearItems(asked, np.concatenate([found for _, found in _nearest(vectors, asked, near)]))


def shared_prefixes(ids: np.ndarray, vectors: np.ndarray, near: int = 10, seed: int = 0) -> SharedPrefixes | None:
    """How often near items share prefixes. vectors: (N, D). None for fewer than three items."""
    found = near_items(vectors, near, seed)
    return None if found is None else prefixes_among(ids, found)


def prefixes_among(ids: np.ndarray, near: NearItems) -> SharedPrefixes:
    """The same, of items whose nearest are known."""
    many, levels = ids.shape
    alike = np.logical_and.accumulate(ids[near.found] == ids[near.asked][:, None], axis=2)  # (n, near, L)
    chance = np.empty(levels)
    for length in range(1, levels + 1):
        counts = np.unique(ids[:, :length], axis=0, return_counts=True)[1].astype(np.float64)
        chance[length - 1] = (counts * (counts - 1)).sum() / (many * (many - 1))
    return SharedPrefixes(alike.mean((0, 1)), chance, near.found.shape[1], len(near.asked))


def nearest_items(vectors: np.ndarray, near: int) -> np.ndarray:
    """(N, near) int64: the nearest items of each by their vectors (N, D), itself left out, in no order of their own.

    Raises RecordError for no more items than `near`.
    """
    if not 0 < near < len(vectors):
        raise RecordError(f"{len(vectors):,} items have no {near} nearest each")
    return np.concatenate([found for _, found in _nearest(vectors, np.arange(len(vectors)), near)])


def _nearest(vectors: np.ndarray, chosen: np.ndarray, near: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Some of the chosen items (n,), and their nearest (n, near), until all are asked about."""
    points = vectors.astype(np.float32)
    squares = np.square(points).sum(1)
    for start in range(0, len(chosen), CHUNK):
        asked = chosen[start : start + CHUNK]
        distances = squares[None] - 2 * points[asked] @ points.T  # less a constant of each row
        distances[np.arange(len(asked)), asked] = np.inf
        yield asked, np.argpartition(distances, near - 1, axis=1)[:, :near]
