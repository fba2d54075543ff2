"""Where codes lie: nearest other codes, distances of latents, singular values, effective dimension, cosines.

Distance here is Euclidean, for the cosine metric that of the normalised vectors (a chord, 0 to 2). Letters: n codes
or latents, D codebook_dim.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.measures.dimension import effective_dimension
from explorer.joints.record import Codebook, LatticeRule

_BLOCK = 1024  # vectors whose distances to all points are held at once
_CELLS = 2**20  # distances between codes held at once: 8 MiB
COSINE_SIDE = 384  # codes of the cosine matrix: about what a screen can tell apart


@dataclass(frozen=True)
class Spectrum:
    """Singular values (min(n, D),) of centred vectors, descending, over sqrt(n): standard deviations along the axes.

    effective_dimension: their participation ratio, as `explorer/joints/measures/dimension.py` has it; 0 if all vectors
    are equal.
    """

    singular_values: np.ndarray
    effective_dimension: float


def in_metric(vectors: np.ndarray, metric: str) -> np.ndarray:
    """`vectors` (n, D) as the metric sees them, float64: normalised for "cosine", as they are for all others."""
    vectors = np.asarray(vectors, np.float64)
    if metric != "cosine":
        return vectors
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def nearest_others(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of `vectors` (n, D) the nearest other one: (distance (n,) float64, its row (n,) int64).

    In blocks of rows, so that 16,384 codes need 20 MiB. With one vector: inf and -1. Of rows that are equally near one
    is taken. Raises RecordError for NaN or infinity.
    """
    vectors = _checked(vectors)
    n = len(vectors)
    if n == 1:
        return np.full(1, np.inf), np.full(1, -1, np.int64)
    centred = vectors - vectors.mean(axis=0)  # a common offset would eat the precision of the products
    squares, ones = np.square(centred).sum(axis=1)[:, None], np.ones((n, 1))
    # |a|^2 - 2 a.b + |b|^2 as one product: passes over the table cost more than the product itself.
    left, right = np.hstack([-2 * centred, squares, ones]), np.hstack([centred, ones, squares]).T
    row, step = np.empty(n, np.int64), max(1, _CELLS // n)
    for top in range(0, n, step):
        here = np.arange(top, min(top + step, n))
        table = left[here] @ right
        table[here - top, here] = np.inf
        row[here] = table.argmin(axis=1)
    return np.linalg.norm(vectors - vectors[row], axis=1), row


def lattice_nearest(rule: LatticeRule, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest other code of each of `codes` (n,) among all K of a lattice: (distance (n,) float64, code (n,) int64).

    It is one step along one axis; of equally near ones the one of the lowest number.
    """
    codes = np.asarray(codes, np.int64)
    digits, radix = rule.digits(codes), rule.radix()
    best, found = np.full(len(codes), np.inf), np.full(len(codes), -1, np.int64)
    for axis, values in enumerate(rule.axis_values):
        values = np.asarray(values, np.float32).astype(np.float64)
        gaps = np.abs(values[:, None] - values[None])
        np.fill_diagonal(gaps, np.inf)
        step, target = gaps.min(axis=1), gaps.argmin(axis=1)
        digit = digits[:, axis]
        distance, other = step[digit], codes + (target[digit] - digit) * radix[axis]
        nearer = (distance < best) | ((distance == best) & (other < found))
        best, found = np.where(nearer, distance, best), np.where(nearer, other, found)
    return best, np.where(np.isfinite(best), found, -1)


def latent_distances(codebook: Codebook, latents: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Distance of each of `latents` (n, D) to the vector of its code (n,): (n,) float64."""
    own = in_metric(codebook.rows(np.asarray(codes)), codebook.metric)
    return np.linalg.norm(in_metric(latents, codebook.metric) - own, axis=1)


def spectrum(vectors: np.ndarray) -> Spectrum:
    """Singular values and effective dimension of `vectors` (n, D). Raises RecordError for NaN or infinity."""
    vectors = _checked(vectors)
    centred = vectors - vectors.mean(axis=0)
    if len(centred) > centred.shape[1]:
        variances = np.linalg.eigvalsh(centred.T @ centred / len(centred))[::-1]
    else:
        variances = np.square(np.linalg.svd(centred, compute_uv=False)) / len(centred)
    noise = 1e-12 * np.square(vectors).sum(axis=1).mean()  # what rounding leaves of equal vectors
    variances = np.where(variances > noise, variances, 0.0)
    return Spectrum(np.sqrt(variances), effective_dimension(variances))


def spread(vectors: np.ndarray) -> float:
    """Root mean squared distance of `vectors` (n, D) to their mean."""
    vectors = np.asarray(vectors, np.float64)
    return float(np.sqrt(np.square(vectors - vectors.mean(axis=0)).sum(axis=1).mean()))


def distance_to_nearest(vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance of each of `vectors` (n, D) to the nearest of `points` (m, D): (n,) float64, in chunks."""
    vectors, points = _checked(vectors), _checked(points)
    centre = points.mean(axis=0)
    there = points - centre
    squares = np.square(there).sum(axis=1)
    result = np.empty(len(vectors))
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        nearest = (squares - 2 * (vectors[rows] - centre) @ there.T).argmin(axis=1)
        result[rows] = np.linalg.norm(vectors[rows] - points[nearest], axis=1)
    return result


def clustered_cosines(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(cosines (n, n) float64 in clustered order, rows (n,) int64 in that order) of `vectors` (n, D).

    The order is that of the leaves of average-linkage clustering by 1 - cosine, so that alike codes stand together. A
    vector of length 0 has cosine 0 with all. The work grows with n^2: choose a few hundred vectors.
    """
    directions = in_metric(_checked(vectors), "cosine")
    cosines = np.clip(directions @ directions.T, -1, 1)
    if len(cosines) < 3:
        return cosines, np.arange(len(cosines))
    # scipy.cluster takes a fifth of a second to import, and only this picture needs it.
    from scipy.cluster.hierarchy import leaves_list, linkage

    distances = np.maximum(1 - cosines[np.triu_indices(len(cosines), 1)], 0)
    order = leaves_list(linkage(distances, "average")).astype(np.int64)
    return cosines[np.ix_(order, order)], order


def _checked(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise RecordError(f"geometry needs vectors of shape (n, D), got {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise RecordError("the geometry cannot be measured: some vectors hold NaN or infinity")
    return vectors
