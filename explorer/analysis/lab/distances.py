"""Distances between the latents and codes of a run, all pairs at once: these are few."""

from __future__ import annotations

import numpy as np


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, D), (m, D) -> (n, m) squared Euclidean distances."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squared = a @ b.T
    squared *= -2  # in place: the pages of each new array cost more than its numbers
    squared += np.square(a).sum(1)[:, None]
    squared += np.square(b).sum(1)
    return np.maximum(squared, 0, out=squared)


def nearest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, D), (m, D) -> (n,) distance of each of a to the nearest of b."""
    return np.sqrt(squared_distances(a, b).min(1))
