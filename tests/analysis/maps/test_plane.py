"""The plane of the lab against scikit-learn's PCA, and what it leaves as it is."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from explorer.lab.plane import fit_plane


def test_in_more_than_two_dimensions_it_is_the_pca_with_its_share_of_variance():
    vectors = np.random.default_rng(0).normal(size=(300, 7)) * [5, 3, 1, 1, 0.5, 0.2, 0.1] + 2
    plane, oracle = fit_plane(vectors, 40), PCA(2).fit(vectors)
    assert plane.kind == "pca" and plane.fitted_at == 40
    assert plane.explained == pytest.approx(oracle.explained_variance_ratio_.sum(), rel=1e-6)
    ours, theirs = plane.project(vectors), oracle.transform(vectors)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-4)
    assert plane.turn(vectors[1:2] - vectors[:1]) == pytest.approx(ours[1:2] - ours[:1], abs=1e-4)


def test_two_dimensions_are_drawn_as_they_are_and_one_on_a_line():
    vectors = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    assert np.array_equal(fit_plane(vectors, 3).project(vectors), vectors)
    line = fit_plane(vectors[:, :1], 3)
    assert line.kind == "line" and np.array_equal(line.project(vectors[:, :1]), np.c_[vectors[:, 0], np.zeros(5)])


def test_the_sign_is_fixed_and_degenerate_clouds_are_drawn():
    vectors = np.random.default_rng(2).normal(size=(50, 4))
    assert np.allclose(fit_plane(vectors, 0).basis, fit_plane(vectors[::-1], 0).basis)
    same = fit_plane(np.ones((9, 4)), 0)
    assert same.explained == 0.0 and np.isfinite(same.project(np.ones((9, 4)))).all()
    assert np.isfinite(fit_plane(np.array([[np.nan] * 3, [0, 1, 2]]), 0).basis).all()
