"""The UMAP maps that ship: of the vectors that ship, no other, and as true to them as they say."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from explorer.analysis.maps.codes import UMAP_SEED
from explorer.analysis.maps.projection import _cache_key, cached_projection
from explorer.analysis.maps.shipped import vectors_of_maps
from explorer.foundation.config import shipped_maps
from explorer.foundation.errors import Cancelled
from explorer.tokenizers import list_tokenizers

COMPUTED = {"vq-cosine", "simvq"}  # their codes are computed, and may round another way on another machine


@pytest.fixture(scope="module")
def maps():
    return list(vectors_of_maps())


def kept(vectors, metric):
    """The map that ships; Cancelled if there is none."""
    return cached_projection(vectors, "umap", UMAP_SEED, shipped_maps(), metric, cancelled=lambda: True)


def test_each_codebook_without_a_rule_has_its_map_and_there_is_no_other(maps):
    rules = ("fsq", "lfq", "bsq", "fast", "gart")
    expected = {spec.id: spec.num_quantizers for spec in list_tokenizers() if spec.quantizer not in rules}
    assert {name: sum(other == name for other, _, _ in maps) for name in expected} == expected
    for name, vectors, metric in maps:
        if name not in COMPUTED:
            assert kept(vectors, metric).xy.shape == (len(vectors), 2)
    with pytest.raises(Cancelled):
        kept(maps[0][1] + np.float32(1), "euclidean")
    names = {f"projection-{_cache_key(vectors, 'umap', UMAP_SEED, metric)}.npz" for _, vectors, metric in maps}
    there = {path.name for path in shipped_maps().iterdir()}
    assert len(there) == len(names) and len(there - names) <= len(COMPUTED)


@pytest.mark.parametrize("name", ["kmeans", "pq-4"])
def test_a_map_is_as_true_to_its_codes_as_it_says(maps, name):
    vectors, metric = next((vectors, metric) for other, vectors, metric in maps if other == name)
    made = kept(vectors, metric)
    assert made.trustworthiness == pytest.approx(trustworthiness(vectors, made.xy, n_neighbors=10), abs=1e-3)
    assert made.trustworthiness > 0.85
