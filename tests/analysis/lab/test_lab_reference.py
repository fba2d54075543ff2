"""What k-means reaches, against which codes are held."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from explorer.analysis.lab.reading import read_run
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide


def test_of_few_centres_none_is_left_out():
    """With seed 3 one start puts two of five centres into one cluster, leaves twelve times as much as five centres
    need, and codes that lag look well beside that."""
    settings = LabSettings().changed({**PRESETS["decay_too_slow"].changes, "seed": 3})
    side = LabSide(settings, torch.device("cpu"))
    run = read_run(side.curves, side.timeline, side.events, settings)
    z = run.level.z_e.astype(np.float64)
    least = KMeans(run.k, n_init=10, random_state=0).fit(z).inertia_ / np.square(z - z.mean(0)).sum()
    assert run.reference == pytest.approx(least, rel=0.2)  # on latents that it was not fitted to
