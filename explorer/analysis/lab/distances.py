"""Distances between the latents and codes of a run, all pairs at once: these are few. And k-means on them."""

from __future__ import annotations

import warnings

import numpy as np

ITERATIONS = 8
STARTS, FEW_CENTRES = 5, 16  # the best of so many starts: of few centres one in 15 leaves a cluster out


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


def kmeans_centres(rows: np.ndarray, k: int) -> np.ndarray:
    """(k, d): where k-means (++ start) leaves the centres of rows (n, d); of few centres the best of some starts."""
    # scipy.cluster takes half a second to import, and the app starts without it.
    from scipy.cluster.vq import kmeans2

    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an empty cluster is no news here
        for seed in range(STARTS if k <= FEW_CENTRES else 1):
            centres, _ = kmeans2(rows, k, iter=ITERATIONS, minit="++", seed=seed)
            found.append((float(squared_distances(rows, centres).min(1).sum()), seed, centres))
    return min(found)[2]
