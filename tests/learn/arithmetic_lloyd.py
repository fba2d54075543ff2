"""Rows of Lloyd's steps and the start of k-means++, against explorer/quantizers/initialization.py and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import torch
from sklearn.cluster import KMeans

from explorer.quantizers import chance as draws
from explorer.quantizers.initialization import spread_latents
from explorer.quantizers.sums import sum_by_code
from tests.learn.arithmetic_row import Row, spread

POINTS, CODES = 60, 7


def points_and_codes(chance):
    points, codes = spread(chance, POINTS, 2), spread(chance, CODES, 2)
    codes[3] = [40.0, 40.0]  # one that nothing is near to
    away = ((np.array(points)[:, None] - np.array(codes)[None]) ** 2).sum(-1)
    return [points, codes, away.argmin(1).tolist()]


def means(points, codes, indices):
    indices, codes = torch.tensor(indices), torch.tensor(codes, dtype=torch.float64)
    sums = sum_by_code(torch.tensor(points, dtype=torch.float64), indices, len(codes))
    counts = torch.bincount(indices, minlength=len(codes))[:, None]
    return torch.where(counts > 0, sums / counts.clamp_min(1), codes).tolist()


def settled(points, start):
    """By scikit-learn, whose last pass changes nothing. It would move a code without points; here there is none."""
    fitted = KMeans(len(start), init=np.array(start), n_init=1, max_iter=500, tol=0, algorithm="lloyd").fit(points)
    return {"codes": fitted.cluster_centers_.tolist(), "indices": fitted.labels_.tolist(), "steps": fitted.n_iter_ - 1}


def points_and_start(chance):
    points = spread(chance, POINTS, 2)
    return [points, points[:4]]


def random_draws(points, generator):
    """The draws of `spread_latents`, in its order: the first row, then some numbers for each further code."""
    with draws.drawing_from(generator):
        first = int(draws.randperm(len(points))[0])
        return first, [draws.rand(2 + int(math.log(CODES))).tolist() for _ in range(CODES - 1)]


def spread_inputs(chance):
    points = spread(chance, POINTS, 2)
    return [points, *random_draws(points, torch.Generator().manual_seed(3))]


def spread_rows(points, _first, _draws):
    with draws.drawing_from(torch.Generator().manual_seed(3)):
        return spread_latents(torch.tensor(points), CODES).double().tolist()


ROWS = (
    Row("Lloyd, move", "lloyd.js", "moveToMeans", points_and_codes, means),
    Row("Lloyd, to the end", "lloyd.js", "settle", points_and_start, settled),
    Row("k-means++", "lloyd.js", "spreadPoints", spread_inputs, spread_rows),
)
