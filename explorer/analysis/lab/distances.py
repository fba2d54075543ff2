"""Distances between the latents and codes of a run, all pairs at once: these are few. And k-means on them."""

from __future__ import annotations

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
    """(k, d): where k-means (++ start) leaves the centres of rows (n, d), all finite; of few centres the best of some
    starts. A centre that wins no row stays.

    The starts of Arthur and Vassilvitskii 2007, k-means++: the advantages of careful seeding. With the same draws it is
    scipy's `kmeans2`, whose start measures all centres again for each new one, and which takes half a second to import.
    """
    middle = rows.mean(0, dtype=np.float64)
    rows, found = rows - middle, []  # about 0 the products below lose the least
    lengths = np.einsum("nd,nd->n", rows, rows)
    for seed in range(STARTS if k <= FEW_CENTRES else 1):
        centres = _spread_starts(rows, lengths, k, np.random.RandomState(seed))
        for _ in range(ITERATIONS):
            centres = _move_to_means(rows, centres)
        found.append((float(np.maximum(0, lengths + _scores(rows, centres).min(1)).sum()), seed, centres))
    return min(found)[2] + middle


def _spread_starts(rows: np.ndarray, lengths: np.ndarray, k: int, rng: np.random.RandomState) -> np.ndarray:
    """(k, d): k of the rows, each drawn with a chance as its squared distance to the nearest that was drawn before."""
    chosen, least = [rng.randint(0, len(rows))], np.full(len(rows), np.inf)
    while len(chosen) < k:
        newest = chosen[-1]
        np.minimum(least, lengths + lengths[newest] - 2 * (rows @ rows[newest]), out=least)
        np.maximum(least, 0, out=least)
        least[newest] = 0
        chances = least.cumsum()
        chosen.append(min(int(np.searchsorted(chances, rng.uniform() * chances[-1])), len(rows) - 1))
    return rows[chosen]


def _scores(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(n, d), (k, d) -> (n, k): squared distances less the squared length of the row."""
    scores = rows @ centres.T
    scores *= -2  # in place, as above
    scores += np.einsum("kd,kd->k", centres, centres)
    return scores


def _move_to_means(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(k, d): the mean of the rows to which each centre is the nearest."""
    winners = _scores(rows, centres).argmin(1)
    counts = np.bincount(winners, minlength=len(centres))
    means = sums_of(winners, rows, len(centres)) / np.maximum(1, counts)[:, None]
    return np.where(counts[:, None] > 0, means, centres)


def sums_of(codes: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """(k, d) float64: the sum of the rows (n, d) of each of k codes, given the code (n,) of each row."""
    d = rows.shape[1]
    places = codes[:, None] * d + np.arange(d)
    return np.bincount(places.ravel(), rows.ravel(), k * d).reshape(k, d)


def spread_of(level: FrameLevel) -> float:
    return float(np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(-1).mean()))


def distortion_of(level: FrameLevel) -> float:
    """Mean squared distance of a latent shown to its code."""
    return float(np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean())


def error_of(level: FrameLevel) -> float:
    """The same as a share of the variance of the latents."""
    return share_of(distortion_of(level), spread_of(level))


def share_of(distortion: float, spread: float) -> float:
    return float(distortion / max(1e-12, spread**2))


def length_of(level: FrameLevel) -> float:
    """Mean length of the latents shown."""
    return float(np.linalg.norm(level.z_e, axis=1).mean())


def off_centre_of(level: FrameLevel) -> float:
    """Share of the quantization error that would go if each code stood in the middle of the latents it is chosen for;
    of codes chosen for at least FEW of the latents shown, 0 if there are none."""
    z, indices, codes = level.z_e.astype(np.float64), level.indices, level.codebook_size
    counts = np.bincount(indices, minlength=codes)
    many = counts >= FEW
    middle = sums_of(indices, z, codes)[many] / counts[many, None]
    away = np.square(level.vectors[many] - middle).sum(1) @ counts[many]
    error = np.square(z - level.vectors[indices])[many[indices]].sum()
    return float(away / max(1e-12, error)) if many.any() else 0.0
