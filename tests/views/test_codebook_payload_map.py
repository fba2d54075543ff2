"""Maps: PCA against scikit-learn, slices and cells against brute force, lattices, bits and the sphere against rules."""

import json
from itertools import product

import numpy as np
import pytest
from made_audits import audit_of, counted, lattice, level_of, signs, table
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from explorer.analysis.codebook.map_level import JOINT_LATENTS, TSNE_CODES, map_vectors
from explorer.analysis.maps.projection import Projection
from explorer.audit.shipped import load_shipped
from explorer.foundation.errors import RecordError, SettingsError
from explorer.tokenizers import load_tokenizer
from explorer.views.codebook.payload import map_payload
from explorer.views.kit.wire.encoding import unpack
from tests.shipped import counted_ids


def made(codebook, latents=None, seed=0, tokens=3000):
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(tokens, codebook.codebook_dim)) if latents is None else latents
    return audit_of(level_of(codebook, latents))


def drawn(audit, codebook, kind, level=0, **more):
    """The payload as the browser reads it."""
    return json.loads(json.dumps(map_payload(audit, level, codebook, kind, **more), allow_nan=False))


def learned(codes=40, dim=5, seed=1, metric="euclidean"):
    return table(np.random.default_rng(seed).normal(size=(codes, dim)) * np.linspace(2, 0.5, dim), metric)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_pca_is_that_of_scikit_learn_for_codes_and_latents(metric):
    book = learned(metric=metric)
    audit = made(book)
    answer = drawn(audit, book, "pca")
    seen, latents = book.vectors.astype(np.float64), audit.levels[0].latents.astype(np.float64)
    if metric == "cosine":
        seen, latents = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (seen, latents))
    other = PCA(2).fit(seen)
    expected, under = other.transform(seen), other.transform(latents)
    xy, below = unpack(answer["xy"]), unpack(answer["latents"])
    sign = np.sign((xy * expected).sum(0))
    assert np.allclose(xy, sign * expected, atol=1e-4) and np.allclose(below, sign * under, atol=1e-4)
    assert answer["explained"] == pytest.approx(other.explained_variance_ratio_[:2])
    assert answer["trustworthiness"] == pytest.approx(trustworthiness(seen, expected, n_neighbors=10))
    assert np.allclose(unpack(answer["norm"]), np.linalg.norm(book.vectors, axis=1))
    assert np.allclose(unpack(answer["error"]), audit.levels[0].error, equal_nan=True)
    assert "40" in answer["notes"][0] and "3,000 sampled latents" in answer["notes"][1]


def test_a_slice_has_the_nearest_code_of_every_point():
    book = learned()
    answer = drawn(made(book), book, "plane", codes=(3, 11, 20))
    regions, (x0, y0, x1, y1) = answer["regions"], answer["regions"]["box"]
    side, found = regions["side"], unpack(regions["codes"])
    assert found.shape == (side, side)
    a, b, c = book.vectors[[3, 11, 20]].astype(np.float64)
    u = (b - a) / np.linalg.norm(b - a)
    v = (c - a) - ((c - a) @ u) * u
    v /= np.linalg.norm(v)
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, side, (200, 2)):
        x, y = x0 + (column + 0.5) / side * (x1 - x0), y1 - (row + 0.5) / side * (y1 - y0)  # row 0 is the top
        distances = np.linalg.norm(book.vectors - (a + x * u + y * v), axis=1)
        assert distances[found[row, column]] <= distances.min() + 1e-5
    xy = unpack(answer["xy"])
    assert np.allclose(xy[3], 0, atol=1e-5) and np.allclose(xy[11], [np.linalg.norm(b - a), 0], atol=1e-4)
    assert "codes 3, 11 and 20" in answer["notes"][0]


def test_two_dimensions_have_the_box_of_their_exact_cells():
    book = learned(dim=2)
    counted = made(book)
    answer = drawn(counted, book, "plane")
    x0, y0, x1, y1 = answer["regions"]["cells"]
    assert np.allclose(unpack(answer["xy"]), book.vectors)
    for points in (book.vectors, counted.levels[0].latents):
        assert (points > [x0, y0]).all() and (points < [x1, y1]).all()
    assert "Nothing is projected" in answer["notes"][0]


def test_codes_that_are_not_finite_are_left_out_and_counted():
    book = learned(dim=2)
    broken = book.vectors.copy()
    broken[[3, 17]] = np.nan, np.inf
    sick = table(broken)
    for kind in ("plane", "pca"):
        answer = drawn(made(book), sick, kind)
        assert unpack(answer["codes"]).tolist() == [code for code in range(len(broken)) if code not in (3, 17)]
        assert np.isfinite(unpack(answer["xy"])).all()
        assert "2 of these 40 codes are NaN or infinite" in answer["notes"][-1]
        assert not any("drawn codes alone" in note for note in answer["notes"]), "NaN codes have no cell to take"


def test_lattice_axes_and_bits():
    book = lattice(4, 3, 3)
    audit = made(book, np.random.default_rng(2).uniform(-1, 1, (2000, 3)))
    answer = drawn(audit, book, "lattice")
    xy, codes = unpack(answer["xy"]), unpack(answer["codes"])
    assert len({tuple(place) for place in xy}) == 36 and (codes == np.arange(36)).all()
    digits = book.rule.digits(codes)
    weights = audit.levels[0].counts
    for axis, share in enumerate(answer["axis_usage"]):
        assert np.allclose(share, np.bincount(digits[:, axis], weights=weights) / weights.sum())
    with pytest.raises(SettingsError, match="only LFQ and BSQ"):
        drawn(audit, book, "bits")


def test_bit_planes_and_a_bit_that_never_changes():
    book = signs(5)
    latents = np.random.default_rng(3).normal(size=(2000, 5))
    latents[:, 1] = -1
    usage = drawn(made(book, latents), book, "bits")["bit_usage"]
    assert usage["ones"][1] == 0 and usage["correlation"][1] == [None] * 5 and usage["tokens"] == 2000
    assert np.allclose(usage["ones"], (latents >= 0).mean(0))
    assert usage["correlation"][0][2] == pytest.approx(np.corrcoef(latents[:, 0] >= 0, latents[:, 2] >= 0)[0, 1])


def test_the_sphere_of_three_bits():
    book = signs(6, scale=6**-0.5)
    latents = np.random.default_rng(4).normal(size=(2000, 6))
    answer = drawn(made(book, latents), book, "sphere", bits=(5, 0, 3))
    signs_of = (latents[:, [5, 0, 3]] >= 0).astype(int)
    expected = np.bincount(signs_of @ [4, 2, 1], minlength=8)
    assert answer["corner_counts"] == expected.tolist() and answer["bits"] == [5, 0, 3]
    assert np.allclose(unpack(answer["xyz"]), np.array(list(product([-1, 1], repeat=3))) / np.sqrt(3))
    assert np.allclose(unpack(answer["latents"]), latents[:, [5, 0, 3]], atol=1e-6)
    with pytest.raises(SettingsError, match="three different bits"):
        drawn(made(book, latents), book, "sphere", bits=(0, 0, 1))


@pytest.mark.parametrize("kind", ["umap", "tsne"])
def test_layouts_hold_codes_and_latents_together(kind):
    book = learned()
    audit = made(book)
    vectors, metric, codes = map_vectors(audit, 0, book, kind)
    assert metric == "euclidean" and len(vectors) == 40 + JOINT_LATENTS and (codes == np.arange(40)).all()
    assert np.allclose(vectors[:40], book.vectors)
    latents = {tuple(row) for row in audit.levels[0].latents.tolist()}
    assert all(tuple(row) in latents for row in vectors[40:].tolist())
    layout = Projection(np.arange(2 * len(vectors), dtype=np.float32).reshape(-1, 2), kind, "a layout", 0, None, 0.8)
    answer = drawn(audit, book, kind, projection=layout)
    assert (unpack(answer["xy"]) == layout.xy[:40]).all() and (unpack(answer["latents"]) == layout.xy[40:]).all()
    assert answer["trustworthiness"] == 0.8 and answer["notes"][0] == "a layout"
    with pytest.raises(RecordError, match=r"40 codes and 1,024 latents"):
        drawn(audit, book, kind, projection=Projection(layout.xy[:9], kind, ""))
    with pytest.raises(SettingsError, match="laid out first"):
        drawn(audit, book, kind)


def test_a_large_codebook_is_sampled_and_says_so():
    book = signs(16)
    answer = drawn(made(book), book, "pca")
    codes = unpack(answer["codes"])
    assert len(codes) == 16_384 and any("16,384 of 65,536 codes are drawn" in note for note in answer["notes"])
    used = np.flatnonzero(made(book).levels[0].counts)
    assert np.isin(used, codes).all()
    assert len(map_vectors(made(book), 0, book, "tsne")[2]) == TSNE_CODES


def test_what_cannot_be_drawn_is_said():
    plain = audit_of(counted([5, 300]))
    with pytest.raises(RecordError, match="plain indices: without the code vectors there is no map"):
        drawn(plain, None, "pca")
    book = learned()
    with pytest.raises(SettingsError, match="no map is called 'mds'; there are pca"):
        drawn(made(book), book, "mds")
    with pytest.raises(SettingsError, match=r"not all in 0\.\.39"):
        drawn(made(book), book, "plane", codes=(1, 2, 40))
    with pytest.raises(SettingsError, match="three of them"):
        drawn(made(book), book, "plane", codes=(1, 2))
    with pytest.raises(RecordError, match="one line"):
        drawn(made(book), book, "plane", codes=(1, 1, 2))
    with pytest.raises(RecordError, match=r"level 1 is outside 0\.\.0"):
        drawn(made(book), book, "pca", level=1)
    with pytest.raises(SettingsError, match="have a lattice"):
        drawn(made(book), book, "lattice")
    with pytest.raises(RecordError, match="NaN"):
        drawn(made(book), table(np.full_like(book.vectors, np.nan)), "pca")


@pytest.mark.parametrize("tokenizer_id", counted_ids())
def test_every_tokenizer_has_its_maps(tokenizer_id):
    audit, books = load_shipped(tokenizer_id, "val"), load_tokenizer(tokenizer_id).codebooks()
    kinds = {"pca", "plane"} if books[0].codebook_dim > 1 else {"pca"}
    if books[0].rule is not None:
        kinds |= {"lattice"} | ({"bits", "sphere"} if set(books[0].rule.levels) == {2} else set())
    for level, book in enumerate(books):
        for kind in kinds if level == 0 else {"pca"}:
            answer = drawn(audit, book, kind, level=level)
            assert answer["kind"] == kind and len(answer["notes"]) > 0
            assert (answer["latents"] is None) == (kind in ("lattice", "bits")), "a grid has no place between its codes"
        assert len(map_vectors(audit, level, book)[0]) == book.codebook_size + JOINT_LATENTS


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "the table is all zeros"), (2.5, "all 40 codes are one and the same vector")]
)
@pytest.mark.parametrize("kind", ["pca", "umap", "tsne"])
def test_there_is_no_map_of_one_point(kind, value, words):
    book = table(np.full((40, 5), value))
    with pytest.raises(RecordError, match=f"a map would be one point: every token is code 0: {words}"):
        map_vectors(made(book), 0, book, kind) if kind != "pca" else drawn(made(book), book, kind)
