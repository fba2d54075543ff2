"""The geometry panel's numbers, against scipy and numpy."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_audits import audit_of, counted, lattice, level_of, table
from scipy.spatial.distance import cdist

from explorer.audit.shipped import load_shipped
from explorer.foundation.errors import RecordError
from explorer.tokenizers import load_tokenizer
from explorer.views.codebook.payload import geometry_payload
from explorer.views.kit.wire.encoding import unpack
from tests.shipped import counted_ids


def shown(audit, codebook, level=0):
    """The payload as the browser reads it."""
    return json.loads(json.dumps(geometry_payload(audit, level, codebook), allow_nan=False))


def evenly_apart(codes):
    """How far apart codes would lie that filled their extent evenly: their spread over n^(1/d), d from the entropy of
    the shares of the variance along their axes."""
    squares = np.linalg.svd(codes - codes.mean(0), compute_uv=False) ** 2 / len(codes)
    share = squares / squares.sum()
    share = share[share > 0]
    return np.sqrt(squares.sum()) * len(codes) ** (-1 / np.exp(-(share * np.log(share)).sum()))


@pytest.mark.parametrize("tokenizer_id", counted_ids())
def test_every_tokenizer_against_brute_force(tokenizer_id):
    audit, books = load_shipped(tokenizer_id, "val"), load_tokenizer(tokenizer_id).codebooks()
    number = len(books) - 1
    book, level = books[number], audit.levels[number]
    answer = shown(audit, book, number)
    rows = book.rows(np.arange(book.codebook_size)).astype(np.float64)
    latents, own = level.latents.astype(np.float64), rows[level.latent_codes]
    assert np.allclose(unpack(answer["code_norms"]), np.linalg.norm(rows, axis=1), rtol=1e-5)
    assert np.allclose(unpack(answer["latent_norms"]), np.linalg.norm(latents, axis=1), rtol=1e-5)
    if book.metric == "cosine":
        rows, latents, own = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (rows, latents, own))
    distances = cdist(rows, rows)
    np.fill_diagonal(distances, np.inf)
    assert np.allclose(unpack(answer["nearest"]), distances.min(1), atol=1e-5)
    codes = unpack(answer["nearest_code"])
    assert np.allclose(distances[np.arange(len(rows)), codes], distances.min(1), atol=1e-5)
    away = np.linalg.norm(latents - own, axis=1)
    assert np.allclose(unpack(answer["latent_distance"]), away, atol=1e-5)
    assert answer["scale"] == pytest.approx(np.median(away), rel=1e-5)
    pairs = int((distances <= 0.1 * min(np.median(away), evenly_apart(rows[level.counts > 0]))).sum() // 2)
    assert answer["duplicates_total"] == (0 if book.rule else pairs) and len(answer["duplicates"]) == min(200, pairs)
    expected = np.linalg.svd(rows - rows.mean(0), compute_uv=False) / np.sqrt(len(rows))
    assert np.allclose(answer["singular_values"], expected, rtol=1e-4, atol=1e-5)
    share = expected**2 / (expected**2).sum()
    assert answer["effective_dimension"] == pytest.approx(1 / (share**2).sum(), rel=1e-4)


def test_cosines_as_bytes_in_clustered_order():
    rng = np.random.default_rng(0)
    book = table(rng.normal(size=(700, 6)))
    answer = shown(audit_of(level_of(book, book.vectors[rng.integers(0, 700, 4000)])), book)
    cosine = answer["cosine"]
    values, codes = unpack(cosine["values"]), unpack(cosine["codes"])
    assert cosine["side"] == 384 == len(set(codes.tolist())) and values.shape == (384, 384)
    vectors = book.vectors[codes].astype(np.float64)
    expected = 1 - cdist(vectors, vectors, "cosine")
    assert np.abs(values / 127.5 - 1 - expected).max() < 0.5 / 127.5 + 1e-6
    beside, anywhere = np.diagonal(expected, 1).mean(), expected.mean()
    assert beside > anywhere + 0.3, "neighbours in the order are alike"
    assert "384 (evenly by rank) of" in cosine["words"] and "codes in use" in cosine["words"]


def test_duplicates_are_listed_with_their_counts_and_the_threshold():
    rng = np.random.default_rng(1)
    vectors = 4 * rng.normal(size=(50, 3))
    vectors[9] = vectors[4] + 0.001
    book = table(vectors)
    level = level_of(book, np.repeat(vectors, 30, axis=0) + 0.3 * rng.normal(size=(1500, 3)))
    answer = shown(audit_of(level), book)
    ((a, b, distance, count_a, count_b),) = answer["duplicates"]
    assert (a, b) == (4, 9) and distance == pytest.approx(0.001 * 3**0.5, rel=1e-2)
    assert [count_a, count_b] == level.counts[[4, 9]].tolist() and answer["duplicates_total"] == 1
    assert answer["duplicate_threshold"] == pytest.approx(0.1 * answer["scale"])
    assert (
        "10% of" in answer["duplicate_words"] and "In 1 of 1 pairs both codes are in use" in answer["duplicate_words"]
    )


def test_no_order_is_said_of_no_pairs_and_half_precision_only_of_older_audits():
    rng = np.random.default_rng(2)
    book = table(4 * rng.normal(size=(20, 3)))
    level = level_of(book, np.repeat(book.vectors, 30, axis=0) + 0.3 * rng.normal(size=(600, 3)))
    answer = shown(audit_of(level), book)
    assert answer["duplicates_total"] == 0 and "listed first" not in answer["duplicate_words"]
    assert not any("half precision" in note for note in answer["notes"])
    before = replace(level, latents=level.latents.astype(np.float16).astype(np.float32))
    assert any(note.endswith("tokens, in half precision.") for note in shown(audit_of(before), book)["notes"])


def test_pairs_in_use_come_before_dead_ones():
    rng = np.random.default_rng(4)
    vectors = 4 * rng.normal(size=(400, 3))
    vectors[9] = vectors[4] + 0.001
    vectors[100:] = 100.0  # 300 dead codes in one place
    book = table(vectors)
    level = level_of(book, np.repeat(vectors[:100], 30, axis=0) + 0.3 * rng.normal(size=(3000, 3)))
    answer = shown(audit_of(level), book)
    assert answer["duplicates"][0][:2] == [4, 9] and answer["duplicates_in_use"] == 1
    assert answer["duplicates_total"] == 1 + 300 * 299 // 2 and len(answer["duplicates"]) == 200
    assert all(a >= 100 and count == 0 for a, _, _, count, _ in answer["duplicates"][1:])


def test_a_large_lattice_keeps_the_nearest_of_all_codes():
    book = lattice(8, 8, 8, 8, 8)
    audit = audit_of(level_of(book, np.random.default_rng(2).uniform(-1, 1, (3000, 5))))
    answer = shown(audit, book)
    assert len(unpack(answer["codes"])) == 16_384
    assert np.allclose(unpack(answer["nearest"]), 2 / 7, atol=1e-6) and answer["duplicates"] == []
    assert any("16,384 of 32,768 codes are drawn" in note for note in answer["notes"])


def test_one_code_and_no_codebook():
    book = table([[1.0, 2.0]])
    answer = shown(audit_of(level_of(book, np.random.default_rng(3).normal(size=(300, 2)))), book)
    assert np.isinf(unpack(answer["nearest"])).all() and answer["median"]["nearest"] is None
    assert answer["effective_dimension"] == 0 and answer["cosine"]["side"] == 1
    with pytest.raises(RecordError, match="there is no geometry"):
        shown(audit_of(counted([5, 300])), None)
