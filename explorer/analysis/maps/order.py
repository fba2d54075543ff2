"""An order of all codes in which neighbours are alike: along a Hilbert curve over a plane of the codebook.

Hilbert's curve (1891) by Skilling's bit operations (2004, https://doi.org/10.1063/1.1751381), here for two axes. The
plane is that of PCA, each axis ranked so that codes spread evenly; for a lattice its Gray-order grid.
"""

from __future__ import annotations

import numpy as np

from explorer.analysis.maps.codes import lattice_coordinates
from explorer.analysis.maps.geometry import in_metric
from explorer.joints.record import Codebook
from explorer.lab.plane import fit_plane

_FITTED = 16_384  # codes that orient the plane; more would not turn it


def map_order(codebook: Codebook) -> np.ndarray | None:
    """All K codes along the curve: (K,) int64; None if some vectors are not finite, as they have no place."""
    codes = np.arange(codebook.codebook_size)
    if codebook.rule is not None:
        xy = lattice_coordinates(codebook.rule, codes).xy.astype(np.int64)
    else:
        vectors = in_metric(codebook.vectors, codebook.metric)
        if not np.isfinite(vectors).all():
            return None
        plane = fit_plane(vectors[:: -(-len(vectors) // _FITTED)], 0)
        xy = np.stack([_rank(axis) for axis in plane.project(vectors).T], axis=-1)
    return np.argsort(hilbert_index(xy), kind="stable")


def hilbert_index(xy: np.ndarray) -> np.ndarray:
    """Place of the cells `xy` (n, 2), whole numbers of 0 or more below 2^31, along a Hilbert curve: (n,) int64."""
    x, y = np.asarray(xy, np.int64).T.copy()
    bits = max(1, int(max(x.max(initial=0), y.max(initial=0))).bit_length())
    place = np.zeros(len(x), np.int64)
    for level in range(bits - 1, -1, -1):
        side = np.int64(1) << level
        right, up = (x & side) > 0, (y & side) > 0
        place += side * side * ((3 * right) ^ up)
        # Turn the quadrant so that the curve within it starts where the last one ended.
        flip = ~up & right
        x, y = (
            np.where(flip, side - 1 - (x & (side - 1)), x & (side - 1)),
            np.where(flip, side - 1 - (y & (side - 1)), y & (side - 1)),
        )
        x, y = np.where(up, x, y), np.where(up, y, x)
    return place


def _rank(values: np.ndarray) -> np.ndarray:
    """Rank of each value from 0, equal ones in order of their number: (n,) int64."""
    ranks = np.empty(len(values), np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks
