"""What moves in a run of the lab, read from its frames: the lag of each code, and the dimensions in use."""

from __future__ import annotations

import numpy as np

from explorer.joints.frame import FrameLevel

ALIKE = 1e-12  # variance as a share of the mean square, below which rows of float32 are all equal


def lag_of(level: FrameLevel) -> np.ndarray:
    """(K,) float64: the distance of each code to the mean of the latents that it last won, in spreads of the latents
    shown; NaN where it never won, or that is not known."""
    if level.won is None:
        return np.full(level.codebook_size, np.nan)
    spread = np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(-1, dtype=np.float64).mean())
    away = np.linalg.norm(level.vectors.astype(np.float64) - level.won, axis=1)
    return away / max(1e-9, float(spread))


def effective_dimension(rows: np.ndarray) -> float:
    """Participation ratio of the eigenvalues l of the covariance of rows (n, d), (sum l)^2 / sum l^2: from 1, where all
    lie on a line, to d; 0 where all are equal, or there are none."""
    if not len(rows):
        return 0.0
    rows = rows.astype(np.float64)
    away = rows - rows.mean(0)
    covariance = away.T @ away / len(rows)  # (d, d)
    trace = float(np.trace(covariance))
    if trace <= ALIKE * np.square(rows).sum(1).mean():
        return 0.0
    return 1.0 / float(np.square(covariance / trace).sum())
