"""A decoder that was trained on something else than single codes, and is given these afterwards."""

from __future__ import annotations

import numpy as np

from explorer.analysis.lab.reading import RunReading
from explorer.analysis.lab.thresholds import SETTLED

SHARE, TIMES = 0.05, 4.0  # of the inputs' variance that single codes miss: at least, and against what training misses
NEWEST = 20  # rows of the curves, of which the worst counts


def mismatch(run: RunReading) -> str | None:
    """What is missed with the nearest codes and what in training, in words, where the two are far apart."""
    if run.now.step < SETTLED or not len(run.missed) or run.now.inputs is None or run.now.outputs is None:
        return None
    inputs, outputs = (array.astype(np.float64) for array in (run.now.inputs, run.now.outputs))
    variance, newest = max(1e-12, np.square(inputs - inputs.mean(0)).mean()), run.missed[-NEWEST:]
    own, training = float(np.square(inputs - outputs).mean() / variance), float(newest.max())
    if own < run.ease * SHARE or own < run.ease * TIMES * training:
        return None
    return (
        f"With the nearest code of each latent, outputs miss {own:.1%} of the inputs' variance, and in training at "
        f"most {training:.1%} ({run.missed_over(NEWEST, 'worst')}): what the decoder learns from is not what single "
        "codes give."
    )
