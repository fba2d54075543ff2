"""PCA against scikit-learn, UMAP's seed, start and stop, and a cache that survives damage."""

import os

import numpy as np
import pytest
from sklearn.decomposition import PCA

from explorer.analysis.maps import projection
from explorer.analysis.maps.projection import cached_projection, pca, trustworthiness, umap
from explorer.foundation.errors import Cancelled, RecordError, SettingsError


def blobs(n=120, dim=6, seed=0):
    """Two groups of points far apart, in `dim` dimensions."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, dim)) + np.where(np.arange(n) % 2, 12, 0)[:, None]).astype(np.float32)


@pytest.mark.parametrize("shape", [(200, 7), (5, 40)])
def test_pca_is_scikit_learns_up_to_the_sign(shape):
    vectors = np.random.default_rng(0).normal(size=shape) * np.linspace(1, 3, shape[1])
    found, reference = pca(vectors), PCA(n_components=2).fit(vectors)
    expected = reference.transform(vectors)
    for axis in (0, 1):
        sign = np.sign(found.xy[:, axis] @ expected[:, axis])
        assert found.xy[:, axis] == pytest.approx(sign * expected[:, axis], abs=1e-4)
    assert found.explained == pytest.approx(tuple(reference.explained_variance_ratio_), abs=1e-6)


def test_pca_sign_does_not_depend_on_the_order_of_the_codes():
    vectors = np.random.default_rng(1).normal(size=(60, 4)) * [4, 3, 2, 1]
    assert pca(vectors[::-1]).xy[::-1] == pytest.approx(pca(vectors).xy, abs=1e-5)
    largest = [axis[np.abs(axis).argmax()] for axis in np.linalg.lstsq(vectors - vectors.mean(0), pca(vectors).xy)[0].T]
    assert min(largest) > 0


def test_pca_of_flat_or_equal_vectors_is_finite():
    line = pca(np.array([[0.0], [1.0], [3.0]]))
    assert np.ptp(line.xy[:, 0]) == pytest.approx(3) and not line.xy[:, 1].any()
    assert line.explained == pytest.approx((1.0, 0.0))
    equal = pca(np.ones((4, 3)))
    assert not equal.xy.any() and equal.explained == (0.0, 0.0)


def test_umap_repeats_for_a_seed_and_keeps_groups_apart():
    vectors, heard = blobs(), []
    first = umap(vectors, seed=3, progress=heard.append)
    assert (umap(vectors, seed=3).xy == first.xy).all()
    groups = first.xy[0::2], first.xy[1::2]
    spread = max(np.linalg.norm(g - g.mean(0), axis=1).max() for g in groups)
    assert np.linalg.norm(groups[0].mean(0) - groups[1].mean(0)) > spread
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 2


def test_umap_stops_when_asked():
    asked, heard = [], []
    with pytest.raises(Cancelled):
        umap(blobs(), progress=heard.append, cancelled=lambda: asked.append(1) or len(asked) > 2)
    assert heard[-1] < 1  # the work was left in the middle


def test_umap_gives_equal_codes_one_place_and_a_collapsed_codebook_the_pca():
    vectors = np.repeat(blobs(40), 2, axis=0)
    xy = umap(vectors).xy
    assert (xy[0::2] == xy[1::2]).all()
    collapsed = umap(np.ones((500, 4)))
    assert collapsed.kind == "pca" and "1 of 500" in collapsed.note


def test_trustworthiness_tells_a_true_map_from_a_shuffled_one():
    flat = np.random.default_rng(0).normal(size=(300, 2))
    good, words = trustworthiness(flat, flat)
    assert good == 1.0 and "all 300 points" in words
    bad, words = trustworthiness(flat, np.random.default_rng(1).permutation(flat), limit=200)
    assert bad < 0.7 and "a sample of 200 of 300 points" in words
    assert trustworthiness(flat[:5], flat[:5])[0] is None


def test_cache_answers_without_computing_again_and_depends_on_everything(tmp_path, monkeypatch):
    vectors = blobs(30)
    first = cached_projection(vectors, "umap", 1, tmp_path)
    assert 0 < first.trustworthiness <= 1
    calls = []
    monkeypatch.setattr(projection, "umap", lambda *a: calls.append(a) or pca(vectors, seed=a[2]))
    again = cached_projection(vectors, "umap", 1, tmp_path)
    assert not calls and (again.xy == first.xy).all()
    assert vars(again) | {"xy": 0} == vars(first) | {"xy": 0}
    for other in (
        lambda: cached_projection(vectors + 1, "umap", 1, tmp_path),
        lambda: cached_projection(vectors, "umap", 2, tmp_path),
        lambda: cached_projection(vectors, "umap", 1, tmp_path, metric="cosine"),
    ):
        before = len(calls)
        other()
        assert len(calls) == before + 1


@pytest.mark.parametrize("damage", [b"", b"not a zip file", None])
def test_a_damaged_cache_file_is_rebuilt(tmp_path, damage):
    vectors = blobs(50)
    first = cached_projection(vectors, "pca", 0, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    again = cached_projection(vectors, "pca", 0, tmp_path)
    assert (again.xy == first.xy).all()
    assert np.load(path)["xy"].shape == (50, 2)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_cache_stays_within_its_size_and_drops_the_oldest(tmp_path, monkeypatch):
    cached_projection(blobs(50, seed=0), "pca", 0, tmp_path)
    (oldest,) = tmp_path.iterdir()
    os.utime(oldest, (1, 1))
    monkeypatch.setattr(projection, "MAX_CACHE_BYTES", int(2.5 * oldest.stat().st_size))
    for seed in (1, 2, 3):
        cached_projection(blobs(50, seed=seed), "pca", 0, tmp_path)
    kept = list(tmp_path.iterdir())
    assert len(kept) == 2 and oldest not in kept
    assert sum(p.stat().st_size for p in kept) <= projection.MAX_CACHE_BYTES


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    found = cached_projection(blobs(20), "pca", 0, file / "cache")
    assert found.xy.shape == (20, 2)


def test_impossible_input_is_named(tmp_path):
    with pytest.raises(RecordError, match="NaN"):
        pca(np.array([[0.0, np.nan], [1.0, 2.0]]))
    with pytest.raises(RecordError, match="shape"):
        pca(np.zeros((0, 4)))
    with pytest.raises(SettingsError, match="'isomap'"):
        cached_projection(blobs(20), "isomap", 0, tmp_path)
