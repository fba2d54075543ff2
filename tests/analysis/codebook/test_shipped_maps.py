"""The maps that ship: of the vectors that ship, no other, and as true to them as they say."""

from collections import Counter

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from explorer.analysis.codebook.map_level import map_vectors
from explorer.analysis.codebook.shipped_maps import vectors_of_maps
from explorer.analysis.maps.codes import UMAP_SEED
from explorer.analysis.maps.projection import _cache_key, cached_projection
from explorer.foundation.config import shipped_maps
from explorer.foundation.errors import Cancelled
from explorer.pages.codebook.audits import open_audit
from explorer.tokenizers import list_tokenizers

COMPUTED = {"vq-cosine", "simvq"}  # their codes are computed, and may round another way on another machine


@pytest.fixture(scope="module")
def maps():
    return list(vectors_of_maps())


def kept(one):
    """The map that ships; Cancelled if there is none."""
    return cached_projection(one.vectors, one.kind, UMAP_SEED, shipped_maps(), one.metric, cancelled=lambda: True)


def test_each_codebook_without_a_rule_has_its_maps_and_there_is_no_other(maps):
    rules = ("fsq", "lfq", "bsq", "fast", "gart")
    levels = {spec.id: spec.num_quantizers for spec in list_tokenizers() if spec.quantizer not in rules}
    kinds = [("inspect", "umap"), ("codebook", "umap"), ("codebook", "tsne")]
    expected = Counter({(name, *kind): count for name, count in levels.items() for kind in kinds})
    assert Counter((one.tokenizer_id, one.page, one.kind) for one in maps) == expected
    for one in maps:
        if one.tokenizer_id not in COMPUTED:
            made = kept(one)
            assert made.kind == one.kind and made.xy.shape == (len(one.vectors), 2)
    other = np.asarray(maps[0].vectors) + np.float32(1)
    with pytest.raises(Cancelled):
        cached_projection(other, "umap", UMAP_SEED, shipped_maps(), "euclidean", cancelled=lambda: True)
    names = {f"projection-{_cache_key(one.vectors, one.kind, UMAP_SEED, one.metric)}.npz" for one in maps}
    there = {path.name for path in shipped_maps().iterdir()}
    assert len(there) == len(names) and len(there - names) <= 3 * len(COMPUTED)


@pytest.mark.parametrize(
    ("name", "page", "kind"),
    [("kmeans", "inspect", "umap"), ("pq-4", "inspect", "umap"), ("kmeans", "codebook", "tsne")],
)
def test_a_map_is_as_true_to_its_codes_as_it_says(maps, name, page, kind):
    one = next(one for one in maps if (one.tokenizer_id, one.page, one.kind) == (name, page, kind))
    made = kept(one)
    assert made.trustworthiness == pytest.approx(trustworthiness(one.vectors, made.xy, n_neighbors=10), abs=1e-2)
    assert made.trustworthiness > 0.85


@pytest.mark.parametrize("kind", ["umap", "tsne"])
def test_the_codebook_page_lays_out_what_ships(maps, kind):
    """The audit that it opens with where its address names none."""
    opened = open_audit(None, "rvq-4", None)
    ships = [one for one in maps if (one.tokenizer_id, one.page, one.kind) == ("rvq-4", "codebook", kind)]
    asked = [map_vectors(opened.audit, level, opened.codebook(level), kind)[0] for level in range(4)]
    assert all((one.vectors == vectors).all() for one, vectors in zip(ships, asked, strict=True))
