"""How far a map can be trusted: whether neighbours on it are neighbours where the vectors really lie.

Trustworthiness of Venna and Kaski 2001 (Neighborhood preservation in nonlinear projection methods), as in scikit-learn,
whose import takes a second.
"""

from __future__ import annotations

import numpy as np

from explorer.foundation.errors import RecordError


def trust(vectors: np.ndarray, places: np.ndarray, neighbours: int) -> float:
    """Trustworthiness, 0 to 1, of `places` (n, 2) as a map of `vectors` (n, D), over the nearest `neighbours` on it.

    A neighbour on the map that is only the r-th nearest in truth costs r - neighbours. Of equally near vectors each
    counts as the nearest of them. The work grows with n^2. Raises RecordError unless 0 < neighbours < n / 2.
    """
    n = len(vectors)
    if len(places) != n or not 0 < neighbours < n / 2:
        raise RecordError(f"{neighbours} neighbours of {len(places)} places for {n} vectors cannot be compared")
    true, shown = _squared_distances(vectors), _squared_distances(places)
    near = np.argpartition(shown, neighbours - 1, axis=1)[:, :neighbours]  # (n, k)
    lost = 0
    for column in near.T:
        rank = 1 + (true < true[np.arange(n), column][:, None]).sum(axis=1)  # (n,)
        lost += int(np.maximum(rank - neighbours, 0).sum())
    return 1 - 2 * lost / (n * neighbours * (2 * n - 3 * neighbours - 1))


def _squared_distances(points: np.ndarray) -> np.ndarray:
    """(n, D) -> (n, n) float64, infinite to itself."""
    points = np.asarray(points, np.float64)
    points = points - points.mean(axis=0)
    squares = np.square(points).sum(axis=1)
    table = squares[:, None] + squares[None] - 2 * points @ points.T
    np.fill_diagonal(table, np.inf)
    return table
