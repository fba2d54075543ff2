"""What k-means reaches on latents, which their error is put beside: against scikit-learn, and on the sphere."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from explorer.analysis.maps.clouds import kmeans_error


def test_it_is_about_what_scikit_learn_reaches():
    latents = np.random.default_rng(0).normal(size=(3000, 4))
    half, rest = latents[::2], latents[1::2]
    fitted = KMeans(16, n_init=4, random_state=0).fit(half)
    theirs = -fitted.score(rest) / np.square(rest - half.mean(0)).sum()
    assert kmeans_error(latents, 16) == pytest.approx(theirs, rel=0.08)


def test_on_the_sphere_it_is_what_codes_of_length_one_reach():
    """Two wide caps: their means lie inside the sphere, so that codes on it cannot come as near."""
    random = np.random.default_rng(1)
    points = np.concatenate([random.normal((s * 1.0, 0, 0), 0.6, (1000, 3)) for s in (1, -1)])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    random.shuffle(points)
    codes = np.array([[1.0, 0, 0], [-1.0, 0, 0]])  # the middles of the caps
    best = np.square(points[:, None] - codes).sum(2).min(1).mean() / np.square(points - points.mean(0)).sum(1).mean()
    assert kmeans_error(points, 2, unit=True) == pytest.approx(best, rel=0.05)
    assert kmeans_error(points, 2) < 0.9 * best
