"""Distances, spectra and cosines of codes, against brute force, numpy and scipy."""

from itertools import pairwise

import numpy as np
import pytest
from made_audits import lattice, signs, table
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import cdist, pdist

from explorer.analysis.maps import geometry
from explorer.foundation.errors import RecordError


def brute(vectors):
    distances = cdist(vectors, vectors)
    np.fill_diagonal(distances, np.inf)
    return distances


@pytest.mark.parametrize("n, dim", [(2, 3), (1023, 5), (1025, 2), (2500, 8)])
def test_nearest_others_over_more_than_one_block(n, dim):
    vectors = np.random.default_rng(n).normal(size=(n, dim)) + 50
    distance, row = geometry.nearest_others(vectors)
    every = brute(vectors)
    assert np.allclose(distance, every.min(1), rtol=1e-9)
    assert (row == every.argmin(1)).all()


def test_equal_codes_are_at_distance_zero_of_each_other():
    vectors = np.random.default_rng(0).normal(size=(1500, 4))
    vectors[1400] = vectors[3]
    distance, row = geometry.nearest_others(vectors)
    assert distance[3] == distance[1400] == 0 and row[3] == 1400 and row[1400] == 3


def test_a_single_code_has_no_other():
    distance, row = geometry.nearest_others(np.ones((1, 3)))
    assert np.isinf(distance[0]) and row[0] == -1


@pytest.mark.parametrize("codebook", [lattice(8, 5, 5), lattice(3, 2, 7), signs(7), lattice(2, 2)])
def test_the_nearest_code_on_a_lattice_against_all_rows(codebook):
    every = np.arange(codebook.codebook_size)
    vectors = codebook.rows(every).astype(np.float64)
    expected = brute(vectors)
    distance, code = geometry.lattice_nearest(codebook.rule, every)
    assert np.allclose(distance, expected.min(1), atol=1e-6)
    assert np.allclose(expected[every, code], expected.min(1), atol=1e-6)
    some = every[:: max(1, len(every) // 7)]
    assert (geometry.lattice_nearest(codebook.rule, some)[1] == code[some]).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "dot"])
def test_distances_of_latents_to_their_codes(metric):
    rng = np.random.default_rng(1)
    codebook, latents, codes = (
        table(rng.normal(size=(20, 6)), metric),
        rng.normal(size=(90, 6)),
        rng.integers(0, 20, 90),
    )
    own = codebook.vectors[codes].astype(np.float64)
    if metric == "cosine":
        latents_as, own = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (latents, own))
    else:
        latents_as = latents
    expected = np.sqrt(((latents_as - own) ** 2).sum(1))
    assert np.allclose(geometry.latent_distances(codebook, latents, codes), expected)


@pytest.mark.parametrize("n, dim", [(400, 7), (5, 30)])
def test_singular_values_are_those_of_numpy(n, dim):
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(n, dim)) * np.linspace(3, 0.1, dim) + 5
    known = geometry.spectrum(vectors)
    expected = np.linalg.svd(vectors - vectors.mean(0), compute_uv=False) / np.sqrt(n)
    assert np.allclose(known.singular_values, expected[: len(known.singular_values)], atol=1e-6)
    share = expected**2 / (expected**2).sum()
    assert known.effective_dimension == pytest.approx(1 / (share**2).sum())


def test_dimensions_of_a_ball_a_line_and_a_point():
    rng = np.random.default_rng(3)
    ball = geometry.spectrum(rng.normal(size=(20_000, 6)))
    assert ball.effective_dimension == pytest.approx(6, abs=0.05)
    line = geometry.spectrum(rng.normal(size=(500, 1)) * [1, 2, 3] + 7)
    assert line.effective_dimension == pytest.approx(1)
    point = geometry.spectrum(np.full((50, 4), 3.7))
    assert point.effective_dimension == 0 and (point.singular_values == 0).all()


def test_the_nearest_point_and_the_spread():
    rng = np.random.default_rng(4)
    vectors, points = rng.normal(size=(1300, 3)), rng.normal(size=(77, 3)) + 2
    assert np.allclose(geometry.distance_to_nearest(vectors, points), cdist(vectors, points).min(1))
    assert geometry.spread(points) == pytest.approx(np.sqrt(points.var(0).sum()))


def test_cosines_are_true_and_their_order_is_that_of_the_clustering():
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(4, 10))
    vectors = np.concatenate([centres + 0.1 * rng.normal(size=(4, 10)) for _ in range(8)])
    cosines, order = geometry.clustered_cosines(vectors)
    assert sorted(order) == list(range(32))
    expected = 1 - cdist(vectors, vectors, "cosine")
    assert np.allclose(cosines, expected[np.ix_(order, order)], atol=1e-12)
    groups = (order % 4).tolist()
    assert sum(a != b for a, b in pairwise(groups)) == 3, "each cluster stands together"
    heights = cophenet(linkage(pdist(vectors, "cosine"), "average"))
    assert heights.max() > 0.5, "the four clusters are far apart, so the order was no accident"


def test_vectors_without_length_or_number():
    cosines, _ = geometry.clustered_cosines(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]))
    assert np.isfinite(cosines).all() and cosines.max() <= 1
    for call in (geometry.nearest_others, geometry.spectrum, geometry.clustered_cosines):
        with pytest.raises(RecordError, match="NaN"):
            call(np.array([[0.0, np.nan], [1.0, 2.0]]))
