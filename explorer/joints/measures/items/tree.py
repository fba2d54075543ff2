"""The tree of prefixes: level by level, which items share their first codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PrefixTree:
    """order: (N,) items so that every prefix is a run of them. nodes: by level, (n, 3) int64: code, first place in the
    order, end. The children of a node are those of the next level within its run."""

    order: np.ndarray
    nodes: tuple[np.ndarray, ...]


def prefix_tree(ids: np.ndarray) -> PrefixTree:
    """ids (N, L) -> its tree; siblings by falling number of items, then by code."""
    keys, levels = [], ids.shape[1]
    for length in range(1, levels + 1):
        which, counts = np.unique(ids[:, :length], axis=0, return_inverse=True, return_counts=True)[1:]
        keys += [-counts[which.reshape(-1)], ids[:, length - 1]]
    order = np.lexsort(keys[::-1])
    ordered, nodes = ids[order], []
    begins = np.zeros(len(ids), bool)
    begins[:1] = True
    for level in range(levels):
        begins = begins | np.append(True, ordered[1:, level] != ordered[:-1, level])[: len(ids)]
        first = np.flatnonzero(begins)
        end = np.append(first[1:], len(ids))
        nodes.append(np.stack([ordered[first, level], first, end], axis=1).astype(np.int64))
    return PrefixTree(order, tuple(nodes))
