"""Where codes lie beside latents: spreads, offsets, the heap of unused codes, latents without a code of their own.

Every distance is put beside the spread of the latents or of the codes in use, never beside the quantization error,
which grows with the very fault that is looked for. Letters: n latents, D codebook_dim.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.analysis.maps.geometry import distance_to_nearest, nearest_others, spectrum, spread

SOME = 2048  # points whose distances to all others are measured
GROUPS, ROUNDS = 128, 8  # of the k-means that errors are put beside
EACH = 16  # latents for each of its groups at least
SEEN = 8  # latents of one code from which their middle is known


@dataclass(frozen=True)
class Cloud:
    """Some points (n, D), their mean, and the root mean squared distance to it."""

    points: np.ndarray
    mean: np.ndarray
    spread: float

    @cached_property
    def apart(self) -> float:
        """The median distance of a point to the nearest other one; inf of a single point."""
        return float(np.median(nearest_others(evenly(self.points))[0]))


def cloud_of(points: np.ndarray) -> Cloud:
    """The cloud of `points` (n, D) float64, n >= 1."""
    return Cloud(points, points.mean(axis=0), spread(points))


def evenly(points: np.ndarray, most: int = SOME) -> np.ndarray:
    """All of `points`, or an even sample of `most`."""
    count = min(most, len(points))
    return points[np.arange(count) * len(points) // max(1, count)]


def resolution(codes: np.ndarray) -> float:
    """How far apart neighbouring codes (n, D) would be if they filled their own extent evenly: spread / n^(1/d), d
    being their effective dimension. Copies of codes do not change it much, nor does the error of a bad fit."""
    if len(codes) < 2:
        return 0.0
    known = spectrum(codes)
    return spread(codes) * len(codes) ** (-1 / max(1.0, known.effective_dimension))


def heap(codes: np.ndarray) -> tuple[float, np.ndarray]:
    """(median distance of `codes` (n, D) to their middle, the middle): robust, since a few may lie elsewhere."""
    middle = np.median(codes, axis=0)
    return float(np.median(np.linalg.norm(codes - middle, axis=1))), middle


def away(codes: np.ndarray, latents: Cloud) -> float:
    """Median distance of `codes` to the nearest latent, in distances of latents to their nearest other ones.

    About 1 for codes among the latents, in any number of dimensions.
    """
    return float(np.median(distance_to_nearest(evenly(codes), latents.points)) / max(latents.apart, 1e-30))


def kmeans_error(latents: np.ndarray, groups: int, unit: bool = False) -> float:
    """Mean squared distance to the nearest of as many means (at most GROUPS) as a share of the variance of `latents`
    (n, D): what a codebook of that size should reach easily. NaN if there are too few latents to say.

    Lloyd's iterations from a greedy k-means++ start (Arthur and Vassilvitskii 2007), seeded, on every other latent; the
    distances are those of the others, so that it knows no more of them than a codebook does. unit: the means have
    length 1 in the end, as codes of the cosine metric have, which lie outside their latents on the sphere.
    """
    every = evenly(latents, 2 * SOME).astype(np.float32)
    centre = every.mean(axis=0)
    every = every - centre
    points, others = every[::2], every[1::2]
    groups = min(groups, GROUPS, len(points) // EACH)
    variance = float(np.square(others).sum(axis=1).mean()) if len(others) else 0.0
    if groups < 1 or variance <= 0:
        return float("nan")
    means = _spread_out(points, groups)
    for _ in range(ROUNDS):
        table = np.square(means).sum(axis=1) - 2 * points @ means.T  # (n, groups)
        own = table.argmin(axis=1)
        used, sums, counts = sums_by(points, own)
        means[used] = sums / counts[:, None]
    if unit:
        outward = means + centre
        means = outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12) - centre
    table = np.square(means).sum(axis=1) - 2 * others @ means.T
    return float(np.maximum(np.square(others).sum(axis=1) + table.min(axis=1), 0).mean() / variance)


def sums_by(rows: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """rows (n, D) of `groups` (n,) -> (groups that occur (g,), ascending, sums of their rows (g, D), their sizes)."""
    order = np.argsort(groups, kind="stable")
    used, first, counts = np.unique(groups[order], return_index=True, return_counts=True)
    return used, np.add.reduceat(rows[order], first, axis=0), counts


def _spread_out(points: np.ndarray, groups: int) -> np.ndarray:
    random = np.random.default_rng(0)
    chosen = [int(random.integers(len(points)))]
    nearest = np.square(points - points[chosen[0]]).sum(axis=1).astype(np.float64)
    while len(chosen) < groups and nearest.sum() > 0:
        chosen.append(int(random.choice(len(points), p=nearest / nearest.sum())))
        nearest = np.minimum(nearest, np.square(points - points[chosen[-1]]).sum(axis=1))
    return points[chosen + [chosen[0]] * (groups - len(chosen))].copy()


@dataclass(frozen=True)
class OffCentre:
    """Codes whose latents lie around another place than the code, farther away than they reach around that place.

    codes: their numbers. share: of the sampled latents that they hold. error_share: of the squared error that those
    make. distance: of such a latent to its code, root mean square.
    """

    codes: np.ndarray
    share: float
    error_share: float
    distance: float


def off_centre(latents: np.ndarray, codes: np.ndarray, rows: np.ndarray) -> OffCentre:
    """latents (n, D), the codes (n,) that they have and their vectors `rows` (n, D)."""
    left = latents - rows
    squared = np.square(left).sum(axis=1)
    used, sums, count = sums_by(left, codes)
    place, middle = np.searchsorted(used, codes), sums / count[:, None]
    error = np.bincount(place, weights=squared) / count
    shift = np.square(middle).sum(axis=1)
    within = np.maximum(error - shift, 0)
    # A code far from all its latents has a large error, too: the middling code sets the measure.
    usual = float(np.median(np.repeat(error, count)))
    off = (count >= SEEN) & (shift > within) & (error > 3 * usual)
    mine = off[place]
    total = max(float(squared.sum()), 1e-300)
    distance = float(np.sqrt(squared[mine].mean())) if mine.any() else 0.0
    return OffCentre(used[off], float(mine.mean()), float(squared[mine].sum() / total), distance)
