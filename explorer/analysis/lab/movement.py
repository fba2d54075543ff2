"""What moves in a run of the lab, read from its frames: the lag of each code."""

from __future__ import annotations

import numpy as np

from explorer.joints.frame import FrameLevel


def lag_of(level: FrameLevel) -> np.ndarray:
    """(K,) float64: the distance of each code to the mean of the latents that it last won, in spreads of the latents
    shown; NaN where it never won, or that is not known."""
    if level.won is None:
        return np.full(level.codebook_size, np.nan)
    spread = np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(-1, dtype=np.float64).mean())
    away = np.linalg.norm(level.vectors.astype(np.float64) - level.won, axis=1)
    return away / max(1e-9, float(spread))
