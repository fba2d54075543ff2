"""What k-means reaches, against which codes are held, and a run that is too young to be judged by it."""

import numpy as np
import pytest
import torch
from scipy.cluster.vq import kmeans2
from sklearn.cluster import KMeans

from explorer.analysis.lab.diagnosis import found_in
from explorer.analysis.lab.distances import FEW_CENTRES, ITERATIONS, STARTS, kmeans_centres, sums_of
from explorer.analysis.lab.reading import read_run
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide


@pytest.mark.parametrize(("n", "d", "k"), [(256, 256, 64), (1000, 2, 64), (1000, 2, 5), (256, 8, 128), (40, 3, 40)])
def test_centres_are_those_of_scipy_with_the_same_draws(n, d, k):
    """Far from 0, where products lose most, and of unequal axes."""
    rng = np.random.default_rng(n + d + k)
    rows = rng.normal(size=(n, d)) * rng.uniform(0.01, 3, d) + 3 * rng.integers(0, 3, (n, 1)) + 50
    theirs = []
    for seed in range(STARTS if k <= FEW_CENTRES else 1):
        centres, _ = kmeans2(rows, k, iter=ITERATIONS, minit="++", seed=seed)
        theirs.append((np.square(rows[:, None] - centres).sum(-1).min(1).sum(), seed, centres))
    np.testing.assert_allclose(kmeans_centres(rows, k), min(theirs)[2], rtol=1e-9, atol=1e-9)


def test_of_fewer_rows_that_differ_than_centres_none_is_left_out():
    rows = np.repeat(np.array([[0.0, 0.0], [3.0, 1.0], [-2.0, 5.0]]), 20, axis=0)
    centres = kmeans_centres(rows, 8)
    assert centres.shape == (8, 2)
    assert np.square(rows[:, None] - centres).sum(-1).min(1) == pytest.approx(0, abs=1e-12)


def test_rows_are_summed_by_their_code():
    rows = np.random.default_rng(1).normal(size=(50, 3))
    codes = np.random.default_rng(2).integers(0, 6, 50)
    expected = [rows[codes == code].sum(0) for code in range(8)]  # the last two have none
    np.testing.assert_allclose(sums_of(codes, rows, 8), expected, atol=1e-12)


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
