"""Distances against brute force over every pair, in float64, written without the module's formulas."""

from itertools import product

import numpy as np
import pytest

from explorer.analysis.codes import neighbours
from explorer.analysis.codes.neighbours import assign, latent_margins, margins, nearest_codes, nearest_to
from explorer.foundation.errors import RecordError
from explorer.joints.measures.error import quantization_error
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel

METRICS = ["euclidean", "cosine", "dot"]


def brute(x, c, metric):
    """Distance of two vectors, one pair at a time."""
    x, c = np.asarray(x, np.float64), np.asarray(c, np.float64)
    if metric == "euclidean":
        return np.linalg.norm(x - c)
    if metric == "cosine":
        return 1 - x @ c / (np.linalg.norm(x) * np.linalg.norm(c))
    return -(x @ c)


def table(metric, size=37, dim=5, seed=0, offset=0.0):
    vectors = np.random.default_rng(seed).normal(size=(size, dim)).astype(np.float32) + np.float32(offset)
    return Codebook(size, dim, metric, vectors=vectors)


def lattice(name):
    """FSQ with levels 5, 4, 3 (first axis fastest), LFQ with 4 bits, BSQ with 5 bits on the unit sphere."""
    axes = {
        "fsq": tuple(tuple(np.linspace(-1, 1, n)) for n in (5, 4, 3)),
        "lfq": ((-1.0, 1.0),) * 4,
        "bsq": ((-(5**-0.5), 5**-0.5),) * 5,
    }[name]
    rule = LatticeRule(name, axes, first_axis_most_significant=name != "fsq")
    return Codebook(rule.codebook_size, len(axes), "implicit", rule=rule)


def level_of(codebook, z_e, codes=None):
    codes = assign(codebook, z_e) if codes is None else codes
    return TokenLevel(codes, z_e, codebook.rows(codes), codebook, TokenLayout("set1d", (len(z_e),)))


@pytest.mark.parametrize("metric", METRICS)
def test_assign_and_margins_are_brute_force(metric, monkeypatch):
    monkeypatch.setattr(
        neighbours, "CHUNK_BYTES", 7 * (4 * 37 + 32 * 5)
    )  # 7 latents a chunk: the last chunk is a short one
    codebook = table(metric)
    z_e = np.random.default_rng(1).normal(size=(53, 5)).astype(np.float32)
    distances = np.array([[brute(x, c, metric) for c in codebook.vectors] for x in z_e])  # (N, K)
    codes = assign(codebook, z_e)
    assert (codes == distances.argmin(axis=1)).all()
    ordered = np.sort(distances, axis=1)
    assert margins(level_of(codebook, z_e)) == pytest.approx(
        ordered[:, 1] - ordered[:, 0], abs=1e-5
    )  # distances of a few, in float32


@pytest.mark.parametrize("metric", METRICS)
def test_nearest_codes_are_brute_force(metric):
    codebook = table(metric)
    distances = np.array([brute(codebook.vectors[11], c, metric) for c in codebook.vectors])
    expected = [k for k in np.argsort(distances) if k != 11][:6]
    codes, found = nearest_codes(codebook, 11, 6)
    assert codes.tolist() == expected
    assert found == pytest.approx(distances[expected], abs=1e-6)


@pytest.mark.parametrize("name", ["fsq", "lfq", "bsq"])
def test_lattice_is_brute_force_over_all_its_rows(name):
    codebook = lattice(name)
    rows = codebook.rows(np.arange(codebook.codebook_size)).astype(np.float64)
    z_e = np.random.default_rng(2).uniform(-1, 1, size=(80, codebook.codebook_dim)).astype(np.float32)
    distances = np.linalg.norm(z_e[:, None] - rows, axis=-1)
    assert (assign(codebook, z_e) == distances.argmin(axis=1)).all()
    for code in (0, 7, codebook.codebook_size - 1):
        codes, found = nearest_codes(codebook, code, 9)
        expected = np.sort(np.delete(np.linalg.norm(rows - rows[code], axis=1), code))[:9]
        assert found == pytest.approx(expected, abs=1e-6)
        assert code not in codes and len(set(codes.tolist())) == 9


@pytest.mark.parametrize("name", ["fsq", "lfq", "bsq"])
def test_lattice_margin_is_the_smallest_step_along_an_axis_that_changes_the_code(name):
    codebook = lattice(name)
    z_e = np.random.default_rng(3).uniform(-0.9, 0.9, size=(12, codebook.codebook_dim)).astype(np.float32)
    found = margins(level_of(codebook, z_e))
    for latent, margin in zip(z_e, found, strict=True):
        moves = [axis * sign for axis, sign in product(np.eye(len(latent)), (-1, 1))]
        inside = assign(codebook, np.array([latent + m * (margin - 1e-4) for m in moves]))
        outside = assign(codebook, np.array([latent + m * (margin + 1e-4) for m in moves]))
        own = assign(codebook, latent[None])[0]
        assert (inside == own).all()
        assert (outside != own).any()


@pytest.mark.parametrize("name", ["fsq", "lfq", "bsq"])
def test_nearest_to_a_latent_on_a_lattice_is_brute_force(name):
    codebook = lattice(name)
    rows = codebook.rows(np.arange(codebook.codebook_size)).astype(np.float64)
    for latent in np.random.default_rng(5).normal(size=(20, codebook.codebook_dim)):
        distances = np.linalg.norm(rows - latent, axis=1)
        codes, found = nearest_to(codebook, latent, 4)
        assert codes.tolist() == distances.argsort()[:4].tolist()
        assert found == pytest.approx(np.sort(distances)[:4])
        second, _ = nearest_to(codebook, latent, 1, leave_out=int(codes[0]))
        assert second.tolist() == [codes[1]]


def test_margin_is_negative_when_the_assigned_code_is_not_the_nearest():
    codebook = Codebook(2, 1, "euclidean", vectors=np.array([[0.0], [4.0]], np.float32))
    z_e = np.array([[1.0], [1.0], [2.0]], np.float32)
    assert latent_margins(z_e, np.array([0, 1, 0]), codebook).tolist() == [2.0, -2.0, 0.0]
    bits = lattice("lfq")
    wrong = latent_margins(np.full((1, 4), 0.25, np.float32), np.array([0]), bits)
    assert wrong.tolist() == [-0.25]


def test_equal_codes_give_the_lowest_number_and_no_margin():
    codebook = Codebook(3, 2, "euclidean", vectors=np.array([[5, 5], [1, 1], [1, 1]], np.float32))
    level = level_of(codebook, np.array([[1.2, 0.9]], np.float32))
    assert level.indices.tolist() == [1]
    assert margins(level).tolist() == [0.0]


def test_a_single_code_has_an_infinite_margin_and_no_neighbours():
    codebook = table("euclidean", size=1)
    assert margins(level_of(codebook, np.zeros((2, 5), np.float32))).tolist() == [np.inf, np.inf]
    assert [len(part) for part in nearest_codes(codebook, 0, 4)] == [0, 0]


def test_a_common_offset_does_not_change_the_assignment():
    codebook = table("euclidean", size=200, offset=1000.0)
    z_e = (np.random.default_rng(4).normal(size=(100, 5)) + 1000).astype(np.float32)
    exact = np.linalg.norm(z_e[:, None].astype(np.float64) - codebook.vectors, axis=-1)
    assert (assign(codebook, z_e) == exact.argmin(axis=1)).all()


def test_quantization_error_is_squared_distance_and_for_cosine_of_unit_vectors():
    z_e = np.array([[3.0, 4.0]], np.float32)
    plain = Codebook(1, 2, "euclidean", vectors=np.array([[0.0, 1.0]], np.float32))
    assert quantization_error(level_of(plain, z_e, np.array([0]))).tolist() == [18.0]  # 3^2 + 3^2
    cosine = Codebook(1, 2, "cosine", vectors=np.array([[0.0, 2.0]], np.float32))
    assert quantization_error(level_of(cosine, z_e, np.array([0])))[0] == pytest.approx(0.4)  # 2 - 2 * 4/5


def test_a_lattice_too_large_to_list_answers_at_once():
    rule = LatticeRule("bsq", ((-1.0, 1.0),) * 36, first_axis_most_significant=True)
    codebook = Codebook(rule.codebook_size, 36, "implicit", rule=rule)
    code = 2**35 + 12345
    codes, distances = nearest_codes(codebook, code, 36)
    assert sorted(codes.tolist()) == sorted(code ^ (1 << bit) for bit in range(36))
    assert distances == pytest.approx(np.full(36, 2.0))


def test_a_code_out_of_range_is_named():
    with pytest.raises(RecordError, match=r"code 37 is outside 0\.\.36"):
        nearest_codes(table("euclidean"), 37, 3)
