"""t-SNE: what it keeps together, how it is stopped, and that it says what it did."""

import numpy as np
import pytest

from explorer.analysis.maps.projection import cached_projection, trustworthiness
from explorer.analysis.maps.tsne import tsne
from explorer.analysis.maps.umap_worker import main
from explorer.foundation.errors import Cancelled


def blobs(n=60, dim=6, seed=0):
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 3
    return (10 * np.eye(3, dim)[group] + rng.normal(size=(n, dim))).astype(np.float32), group


def test_clusters_stay_together_and_equal_codes_share_one_place():
    vectors, group = blobs()
    vectors[57] = vectors[0]
    result = tsne(vectors)
    assert result.kind == "tsne" and result.xy.shape == (60, 2) and (result.xy[57] == result.xy[0]).all()
    distances = np.linalg.norm(result.xy[:, None] - result.xy[None], axis=-1)
    same = group[:, None] == group[None]
    assert distances[same].mean() < 0.5 * distances[~same].mean()
    assert trustworthiness(vectors, result.xy)[0] > 0.9
    assert "perplexity 19" in result.note and "60 vectors in 6 dimensions" in result.note
    assert (tsne(vectors).xy == result.xy).all(), "the same seed, the same picture"


def test_progress_is_told_and_the_work_can_be_stopped():
    vectors, _ = blobs()
    shares = []
    tsne(vectors, progress=shares.append)
    assert len(shares) > 10 and shares == sorted(shares) and shares[-1] == 1.0
    asked = []
    with pytest.raises(Cancelled):
        tsne(vectors, cancelled=lambda: len(asked) > 5 or asked.append(1))
    assert len(asked) == 6, "it ran for a while and was stopped in between"


def test_few_different_vectors_give_the_pca_and_say_so():
    result = tsne(np.repeat(np.eye(3), 5, axis=0))
    assert result.kind == "pca" and "Too few different vectors for t-SNE (3 of 15)" in result.note


def test_the_worker_leaves_it_in_the_cache_and_prints_its_progress(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("os.nice", lambda _: 0)
    vectors, _ = blobs(40)
    np.save(tmp_path / "vectors.npy", vectors)
    assert main([str(tmp_path / "vectors.npy"), "cosine", "0", str(tmp_path), "tsne"]) == 0
    shares = [float(line) for line in capsys.readouterr().out.split()]
    assert shares[-1] == 1.0 and len(shares) > 5
    kept = cached_projection(vectors, "tsne", 0, tmp_path, "cosine", cancelled=lambda: True)
    assert kept.kind == "tsne" and "cosine" in kept.note and 0.5 < kept.trustworthiness <= 1
    assert f"trustworthiness {kept.trustworthiness:.2f}" in kept.note
