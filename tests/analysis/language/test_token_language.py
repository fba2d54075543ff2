"""Tokens as a language: entropies against scipy and sums over all pairs, the law of ranks against an optimizer."""

import lzma
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

from explorer.analysis.language.statistics import language_of
from explorer.foundation.errors import RecordError
from explorer.joints.measures.language.compression import lzma_bits
from explorer.joints.measures.language.entropies import ENOUGH, entropy_bits, pair_entropy, pairs_along
from explorer.joints.measures.language.ranks import fit_exponent, rank_frequency

COMMA = Path(__file__).resolve().parents[4] / "shared" / "data" / "real" / "commavq" / "tokens.npy"
K = 7


@pytest.fixture(scope="module")
def clip():
    return np.random.default_rng(0).integers(0, K, (5, 3, 4)) // np.array([1, 2, 1, 3])


def test_entropy_is_that_of_scipy():
    counts = np.array([5, 0, 1, 17, 3])
    assert entropy_bits(counts) == pytest.approx(stats.entropy(counts, base=2), rel=1e-12)
    assert entropy_bits([0, 9]) == 0 and entropy_bits(np.full(64, 3)) == pytest.approx(6)
    for wrong in ([], [0, 0], [1, -1]):
        with pytest.raises(RecordError):
            entropy_bits(wrong)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_entropy_of_pairs_is_that_of_a_table(clip, axis):
    pairs = []
    for place in np.ndindex(clip.shape):
        ahead = list(place)
        ahead[axis] += 1
        if ahead[axis] < clip.shape[axis]:
            pairs.append((int(clip[place]), int(clip[tuple(ahead)])))
    first, second = pairs_along(clip, axis)
    assert Counter(zip(first.tolist(), second.tolist(), strict=True)) == Counter(pairs)
    found = pair_entropy(first, second, K)
    told = 0.0  # sum over a of p(a) H(b | a)
    for a in {one for one, _ in pairs}:
        after = [b for one, b in pairs if one == a]
        told += len(after) / len(pairs) * stats.entropy(list(Counter(after).values()), base=2)
    assert found.bits == pytest.approx(told, rel=1e-9)
    assert found.alone == pytest.approx(stats.entropy(list(Counter(b for _, b in pairs).values()), base=2), rel=1e-9)
    assert found.equal == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    assert (found.pairs, found.distinct, found.possible) == (len(pairs), len(set(pairs)), K * K)
    assert found.told == pytest.approx(found.alone - told, rel=1e-9)


def test_too_few_pairs_are_said_and_make_the_entropy_too_low():
    random = np.random.default_rng(4)
    few = pair_entropy(*random.integers(0, 64, (2, 500)), 64)
    assert not few.trusted and "too few" in few.words and "500 pairs counted" in few.words and "4,096" in few.words
    assert few.bits < 4, "the true one is 6 bits: the two are drawn apart"
    many = pair_entropy(*random.integers(0, 64, (2, ENOUGH * 64 * 64)), 64)
    assert many.trusted and "too few" not in many.words and many.bits == pytest.approx(6, abs=0.1)
    with pytest.raises(RecordError):
        pair_entropy(np.zeros(0, int), np.zeros(0, int), 4)


def test_the_exponent_is_the_most_probable_one():
    counts = np.sort(np.random.default_rng(2).geometric(0.05, 60))[::-1]
    ranks = np.arange(1, 61.0)

    def unlikely(s):
        return float((counts * (s * np.log(ranks) + np.log((ranks**-s).sum()))).sum())

    best = optimize.minimize_scalar(unlikely, bounds=(0, 8), method="bounded", options={"xatol": 1e-10})
    assert fit_exponent(counts) == pytest.approx(best.x, abs=1e-6)


@pytest.mark.parametrize("exponent", [0.4, 1.0, 1.6])
def test_a_law_that_is_there_is_found(exponent):
    p = np.arange(1, 201.0) ** -exponent
    found = rank_frequency(np.random.default_rng(5).multinomial(400_000, p / p.sum()))
    assert found.exponent == pytest.approx(exponent, abs=0.02)
    assert found.fitted().sum() == pytest.approx(found.tokens)
    assert (np.diff(found.counts) <= 0).all() and found.codebook_size == 200


def test_codes_alike_or_alone_have_no_slope():
    assert rank_frequency([4, 4, 4]).exponent == pytest.approx(0, abs=1e-9)
    assert rank_frequency([0, 9, 0]).exponent == 0
    with pytest.raises(RecordError):
        rank_frequency([0, 0])


@pytest.mark.parametrize(("size", "kind"), [(200, "<u1"), (1000, "<u2"), (70_000, "<u4")])
def test_real_bits_are_those_of_a_stream_that_opens_again(size, kind):
    tokens = np.random.default_rng(1).integers(0, size, 4000)
    bits = lzma_bits(tokens, size)
    assert np.log2(size) * 0.99 < bits < np.log2(size) * 1.25, "nothing can be won from chance"
    wide = {"<u1": 0, "<u2": 1, "<u4": 2}[kind]
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 2, "lp": wide, "pb": wide}]
    packed = lzma.compress(tokens.astype(kind).tobytes(), lzma.FORMAT_RAW, filters=filters)
    again = np.frombuffer(lzma.decompress(packed, lzma.FORMAT_RAW, filters=filters), kind)
    assert np.array_equal(again, tokens) and bits == pytest.approx(8 * len(packed) / 4000)


def test_what_repeats_costs_next_to_nothing():
    assert lzma_bits(np.tile(np.arange(50), 200), 1024) < 0.15
    far = np.random.default_rng(2).integers(0, 1024, 70_000)
    once, twice = lzma_bits(far, 1024), lzma_bits(np.tile(far, 2), 1024)
    assert twice == pytest.approx(once / 2, rel=1e-3), "it looks back over all that it was given"
    for wrong in (np.zeros(0, int), np.array([5]), np.array([-1])):
        with pytest.raises(RecordError):
            lzma_bits(wrong, 5)


def test_neighbours_are_taken_within_a_grid_alone():
    grids = [np.full((2, 3), 0), np.full((4, 2), 1)]
    found = language_of(grids, 2, "two")
    assert found.left.pairs == 2 * 2 + 4 * 1 and found.above.pairs == 3 + 3 * 2
    assert found.left.equal == found.above.equal == 1.0 and found.before is None
    assert (found.tokens, found.used, found.most, found.named) == (14, 2, 1.0, "two")
    assert found.unigram == pytest.approx(stats.entropy([6, 8], base=2))
    assert language_of([np.zeros((1, 3), int)], 2).above is None
    for wrong in ([], [np.zeros(3, int)], [np.zeros((2, 2), int), np.zeros((1, 2, 2), int)], [np.full((1, 2), 2)]):
        with pytest.raises(RecordError):
            language_of(wrong, 2)


@pytest.mark.skipif(not COMMA.is_file(), reason="the tokens of ../shared/data are not here")
def test_a_minute_of_driving_has_its_known_answers():
    """commaVQ as published: 153,600 tokens, all of 1,024 codes, 9.70 bits, 35.2% as in the frame before."""
    frames = np.load(COMMA, allow_pickle=False).reshape(-1, 8, 16)
    found = language_of([frames], 1024)
    assert (found.tokens, found.used) == (153_600, 1024)
    assert round(found.unigram, 2) == 9.70 and round(found.before.equal, 3) == 0.352
    assert not found.before.trusted and found.packed < 7.5 < found.most
