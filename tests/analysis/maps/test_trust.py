"""Trustworthiness against scikit-learn's, and on maps whose worth is known."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from explorer.analysis.maps.trust import trust
from explorer.foundation.errors import RecordError


@pytest.mark.parametrize(("n", "dim", "neighbours"), [(60, 3, 5), (301, 16, 10), (9, 2, 4)])
def test_it_is_scikit_learns(n, dim, neighbours):
    rng = np.random.default_rng(n)
    vectors = rng.normal(size=(n, dim)) * np.linspace(3, 0.5, dim)
    for places in (vectors[:, :2], rng.normal(size=(n, 2))):
        assert trust(vectors, places, neighbours) == pytest.approx(
            trustworthiness(vectors, places, n_neighbors=neighbours)
        )


def test_a_true_map_is_trusted_wholly_also_far_from_the_origin():
    flat = np.random.default_rng(1).normal(size=(200, 2))
    assert trust(flat + 1e6, flat, 10) == 1


def test_what_cannot_be_compared_is_refused():
    for places, neighbours in ((np.zeros((10, 2)), 5), (np.zeros((10, 2)), 0), (np.zeros((9, 2)), 2)):
        with pytest.raises(RecordError, match="neighbours"):
            trust(np.zeros((10, 3)), places, neighbours)
