"""Distances between the latents and codes of a run, all pairs at once: these are few. And k-means on them."""

from __future__ import annotations

import warnings

import numpy as np

from explorer.joints.frame import FrameLevel

ITERATIONS = 8
FEW = 8  # latents, or codes
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


def spread_of(level: FrameLevel) -> float:
    return float(np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(-1).mean()))


def error_of(level: FrameLevel) -> float:
    error = np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean()
    return float(error / max(1e-12, spread_of(level) ** 2))


def off_centre_of(level: FrameLevel) -> float:
    """Share of the quantization error that would go if each code stood in the middle of the latents it is chosen for;
    of codes chosen for at least FEW of the latents shown, 0 if there are none."""
    z, indices, codes = level.z_e.astype(np.float64), level.indices, level.codebook_size
    counts = np.bincount(indices, minlength=codes)
    sums = np.stack([np.bincount(indices, column, codes) for column in z.T], axis=1)  # (K, d)
    many = counts >= FEW
    middle = sums[many] / counts[many, None]
    away = np.square(level.vectors[many] - middle).sum(1) @ counts[many]
    error = np.square(z - level.vectors[indices])[many[indices]].sum()
    return float(away / max(1e-12, error)) if many.any() else 0.0
