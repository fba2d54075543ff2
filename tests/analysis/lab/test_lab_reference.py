"""What k-means reaches, against which codes are held, and a run that is too young to be judged by it."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from explorer.analysis.lab.diagnosis import found_in
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


def test_a_young_run_whose_codes_already_lag_is_not_called_well():
    """At step 100 its last steps are its first ones, when codes lay on the latents: their median is small."""
    settings = LabSettings().changed(PRESETS["decay_too_slow"].changes)
    side = LabSide(settings, torch.device("cpu"))
    for _ in range(100):
        side.step()
    run = read_run(side.curves, side.timeline, side.events, settings, shown=side.frame())
    z, codes = run.level.z_e.astype(np.float64), run.level.vectors.astype(np.float64)
    variance = np.square(z - z.mean(0)).sum()
    left = np.square(z - codes[run.level.indices]).sum() / variance
    least = KMeans(run.k, n_init=10, random_state=0).fit(z).inertia_ / variance
    assert left > 4 * least and left > 0.03
    (only,) = found_in(run)
    assert only.level == "note" and only.title == "Codes do not fit the latents yet"
    assert (
        only.text.startswith(f"The codes leave {left:.1%} of the latents' variance") and "The run is young" in only.text
    )
