"""FAST: its transform against scipy's, its rounding by hand, its merges against a byte-pair encoder of strings."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.fft import dct, idct

from explorer.foundation.errors import SettingsError
from explorer.quantizers.fast import CosineRounding, cosine_matrix
from explorer.quantizers.fast_merges import Merges, learn_merges, merge


@pytest.mark.parametrize("size", [2, 7, 50])
def test_the_transform_is_the_orthonormal_dct_of_scipy(size):
    values = np.random.default_rng(size).normal(size=(3, size)).astype(np.float32)
    found = values @ cosine_matrix(size).numpy().T
    np.testing.assert_allclose(found, dct(values, norm="ortho", axis=1), atol=2e-6)
    np.testing.assert_allclose(found @ cosine_matrix(size).numpy(), values, atol=2e-6)


def test_chunks_are_transformed_apart_scaled_and_rounded():
    values = np.random.default_rng(1).normal(size=(2, 3, 40)).astype(np.float32)  # (B, D, T)
    rounding = CosineRounding(chunk=10, scale=8.0, limit=30)
    coefficients = rounding.transform(torch.from_numpy(values))
    expected = 8 * dct(values.reshape(2, 3, 4, 10).astype(np.float64), norm="ortho", axis=-1)
    np.testing.assert_allclose(coefficients, expected.reshape(2, 3, 40), atol=2e-5)
    indices = rounding.indices_of(coefficients)
    integers = np.clip(np.round(coefficients.numpy()), -30, 30)
    np.testing.assert_array_equal(indices, integers + 30)
    np.testing.assert_array_equal(rounding.rule.rows(indices.numpy())[..., 0], integers)
    decoded = rounding.restore(rounding.integers(indices))
    expected = idct(integers.reshape(2, 3, 4, 10) / 8, norm="ortho", axis=-1).reshape(2, 3, 40)
    np.testing.assert_allclose(decoded, expected, atol=2e-6)


def test_what_is_beyond_the_limit_is_cut_off():
    rounding = CosineRounding(2, 1.0, 3)
    assert rounding.indices_of(torch.tensor([-9.0, -3.4, 0.5, 1.5, 3.4, 99.0])).tolist() == [0, 0, 3, 5, 6, 6]


@pytest.mark.parametrize("options", [(1, 10.0, 8), (10, 0.0, 8), (10, float("inf"), 8), (10, 1.0, 0)])
def test_impossible_settings_are_refused(options):
    with pytest.raises(SettingsError, match="FAST needs a chunk"):
        CosineRounding(*options)


def brute_pairs(sequences):
    return Counter(pair for one in sequences for pair in pairwise(one))


def brute_join(sequence, pair, made):
    out, at = [], 0
    while at < len(sequence):
        if at + 1 < len(sequence) and (sequence[at], sequence[at + 1]) == pair:
            out.append(made)
            at += 2
        else:
            out.append(sequence[at])
            at += 1
    return out


def brute_learn(sequences, alphabet, most):
    sequences, pairs = [list(map(int, one)) for one in sequences], []
    while len(pairs) < most:
        counts = brute_pairs(sequences)
        if not counts or max(counts.values()) < 2:
            break
        pair = min(counts, key=lambda one: (-counts[one], one))
        sequences = [brute_join(one, pair, alphabet + len(pairs)) for one in sequences]
        pairs.append(pair)
    return pairs, sequences


@pytest.mark.parametrize("seed", range(4))
def test_merges_are_those_of_a_plain_byte_pair_encoder(seed):
    rng = np.random.default_rng(seed)
    sequences = [rng.choice(4, rng.integers(1, 60), p=[0.7, 0.1, 0.1, 0.1]) for _ in range(9)]
    merges = learn_merges(sequences, 4, 25)
    pairs, joined = brute_learn(sequences, 4, 25)
    assert [tuple(pair) for pair in merges.pairs.tolist()] == pairs and len(pairs) > 5
    for sequence, pieces in zip(sequences, joined, strict=True):
        found = merge(sequence, merges)
        assert found.tolist() == pieces
        assert [one for piece in found for one in merges.integers_of(piece)] == sequence.tolist()
        assert merges.lengths()[found].sum() == len(sequence)


@pytest.mark.parametrize("length", range(1, 8))
def test_a_run_of_equal_integers_is_joined_from_the_left(length):
    merges = Merges(2, np.array([[0, 0]]))
    assert merge(np.zeros(length, int), merges).tolist() == [2] * (length // 2) + [0] * (length % 2)
    assert merge(np.array([1, 0, 0, 0, 1, 0, 0]), merges).tolist() == [1, 2, 0, 1, 2]


def test_no_merge_reaches_from_one_sequence_to_the_next():
    assert len(learn_merges([np.array([0]), np.array([1]), np.array([0]), np.array([1])], 2, 5).pairs) == 0
