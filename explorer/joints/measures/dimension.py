"""In how many dimensions vectors are spread: the one definition of effective dimension, for all pages and runs."""

from __future__ import annotations

import numpy as np


def effective_dimension(variances: np.ndarray) -> float:
    """Participation ratio of variances l (d,) along principal axes, (sum l)^2 / sum l^2: from 1, where all lie on a
    line, to d, where all directions are alike; 0 where nothing varies.

    `explorer/lab/dynamics.py` takes the same of tensors, on the device and without the axes.
    """
    total = float(np.sum(variances))
    return float(1 / np.square(np.asarray(variances, np.float64) / total).sum()) if total > 0 else 0.0
