"""Near-duplicates, against the list of all pairs."""

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from explorer.analysis.codes.duplicates import LISTED, TREE_DIM, near_duplicates
from explorer.foundation.errors import RecordError


def all_pairs(vectors, threshold):
    pairs = [
        (float(np.linalg.norm(vectors[a] - vectors[b])), a, b)
        for a, b in itertools.combinations(range(len(vectors)), 2)
    ]
    return sorted(pair for pair in pairs if pair[0] <= threshold)


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.4])
def test_pairs_are_those_of_the_brute_force(threshold):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(120, 3))
    vectors[[7, 50, 90]] = vectors[20]
    vectors[33] = vectors[34] + 0.01
    found, expected = near_duplicates(vectors, threshold, limit=10_000), all_pairs(vectors, threshold)
    assert found.total == len(expected) >= 6
    assert sorted(map(tuple, found.pairs.tolist())) == sorted((a, b) for _, a, b in expected)
    assert np.allclose(found.distances, [distance for distance, _, _ in expected])
    assert set(np.flatnonzero(found.near)) == {code for _, a, b in expected for code in (a, b)}


def test_only_the_closest_are_listed_but_all_are_counted():
    vectors = np.random.default_rng(1).normal(size=(60, 2))
    found, expected = near_duplicates(vectors, 1.0, limit=5), all_pairs(vectors, 1.0)
    assert found.total == len(expected) > 5
    assert [tuple(pair) for pair in found.pairs.tolist()] == [(a, b) for _, a, b in expected[:5]]


def test_thousands_of_codes_in_one_place_are_counted_without_listing_all_pairs():
    vectors = np.zeros((3000, 8))
    vectors[:1000] = 1.0
    vectors[2999] = np.linspace(5, 6, 8)
    found = near_duplicates(vectors, 0.1)
    assert found.total == 1000 * 999 // 2 + 1999 * 1998 // 2
    assert found.near.sum() == 2999 and not found.near[2999]
    assert len(found.pairs) == 200 and (found.distances == 0).all()
    assert (vectors[found.pairs[:, 0]] == vectors[found.pairs[:, 1]]).all()


def test_a_tight_heap_of_different_codes_lists_each_with_its_nearest():
    vectors = 1e-3 * np.random.default_rng(2).normal(size=(1200, 4))
    found = near_duplicates(vectors, 0.1)
    assert found.total == 1200 * 1199 // 2 > 200_000 and found.near.all()
    closest = pdist(vectors).min()
    assert found.distances[0] == pytest.approx(closest) and (np.diff(found.distances) >= 0).all()


def test_no_duplicates_and_one_code():
    assert near_duplicates(np.eye(5), 0.5).total == 0
    for few in (0, 1):
        alone = near_duplicates(np.ones((few, 3)), 1.0)
        assert alone.total == 0 and alone.near.tolist() == [False] * few and alone.pairs.shape == (0, 2)


def test_what_cannot_be_measured_is_named():
    with pytest.raises(RecordError, match="finite"):
        near_duplicates(np.array([[np.nan, 1.0]]), 0.1)
    with pytest.raises(RecordError, match="0 or more"):
        near_duplicates(np.eye(2), float("nan"))


@pytest.mark.parametrize("dim", [TREE_DIM, TREE_DIM + 1, 64])
def test_many_dimensions_give_the_pairs_of_brute_force(dim):
    """Clusters of near and of equal codes, more of them than one block of distances."""
    chance = np.random.default_rng(dim)
    centres = chance.standard_normal((70, dim))
    vectors = np.repeat(centres, 5, axis=0) + 0.02 * chance.standard_normal((350, dim))
    vectors[10] = vectors[300] = vectors[20]
    threshold = 0.02 * np.sqrt(2 * dim)
    found = near_duplicates(vectors, threshold)
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    first, second = np.nonzero(np.triu(apart <= threshold, 1))
    assert found.total == len(first) > LISTED
    assert np.array_equal(np.flatnonzero(found.near), np.unique(np.concatenate([first, second])))
    np.testing.assert_allclose(found.distances, np.sort(apart[first, second])[:LISTED], atol=1e-12)
    np.testing.assert_allclose(apart[tuple(found.pairs.T)], found.distances, atol=1e-12)
