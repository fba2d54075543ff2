"""Codes in use that lie on each other, and count as if they differed."""

from __future__ import annotations

import numpy as np

from explorer.analysis.lab.dead_codes import some
from explorer.analysis.lab.distances import FEW, squared_distances
from explorer.joints.frame import LIVE, FrameLevel

DUPLICATE = 0.05  # two codes are alike when closer than this share of the typical distance of a latent to its code
CLOSE = 0.01  # ... and than this share of the median distance between codes


def alike_of(level: FrameLevel) -> tuple[int, int]:
    """As `RunReading.alike`."""
    live = level.vectors[level.state == LIVE]
    if level.metric == "implicit" or len(live) < FEW:
        return 0, 0
    looked = some(live)
    squared = squared_distances(looked, live)
    squared[np.arange(len(looked)), some(np.arange(len(live)))] = np.inf  # a code and itself
    apart = squared[np.isfinite(squared)]
    if not len(apart):
        return 0, len(looked)
    between = float(np.sqrt(np.median(apart)))
    typical = float(np.sqrt(np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean()))
    return int((squared.min(1) < min(DUPLICATE * typical, CLOSE * between) ** 2).sum()), len(looked)
