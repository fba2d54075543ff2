"""The plane on which latents and codes of a run are drawn: as they are in two dimensions, else a fixed PCA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plane:
    """kind: "exact" (2-D), "line" (1-D) or "pca". mean (D,), basis (2, D), explained: share of the variance that the
    PCA keeps, or None. fitted_at: the step whose frame it was fitted on, or None where nothing was fitted.
    """

    kind: str
    mean: np.ndarray
    basis: np.ndarray
    explained: float | None = None
    fitted_at: int | None = None

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """(n, D) -> (n, 2) float32."""
        return np.ascontiguousarray((vectors - self.mean) @ self.basis.T, dtype=np.float32)

    def turn(self, directions: np.ndarray) -> np.ndarray:
        """Like `project`, for directions: the mean is not taken off."""
        return np.ascontiguousarray(directions @ self.basis.T, dtype=np.float32)


def fit_plane(vectors: np.ndarray, step: int) -> Plane:
    """(n, D) -> the plane of the two directions of largest variance; in one or two dimensions nothing is fitted."""
    dim = vectors.shape[1]
    if dim <= 2:
        return Plane("exact" if dim == 2 else "line", np.zeros(dim), np.eye(2)[:, :dim])
    vectors = vectors[np.isfinite(vectors).all(axis=1)].astype(np.float64)
    if len(vectors) < 2:
        return Plane("pca", np.zeros(dim), np.eye(2, dim), 0.0, step)
    mean = vectors.mean(0)
    variance, directions = np.linalg.eigh(np.cov(vectors - mean, rowvar=False))  # ascending
    basis = directions[:, ::-1].T[:2]
    basis = basis * np.where(basis[np.arange(2), np.abs(basis).argmax(1)] < 0, -1, 1)[:, None]  # a fixed sign
    whole = float(variance.sum())
    return Plane("pca", mean, basis, float(variance[-2:].sum()) / whole if whole > 0 else 0.0, step)
