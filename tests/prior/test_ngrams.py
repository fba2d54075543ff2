"""What little memory buys: against sums over every pair, and on a text whose next token is certain."""

import numpy as np
import pytest

from explorer.prior.ngrams import (
    CHOSEN_ON,
    STRENGTHS,
    bigram_bits,
    pairs_above,
    pairs_left,
    shares,
    unigram_bits,
)

K = 6


@pytest.fixture(scope="module")
def texts():
    random = np.random.default_rng(1)
    return random.integers(0, K, (40, 3, 4)), random.integers(0, K, (5, 3, 4))


def test_pairs_are_neighbours_within_a_picture():
    tokens = np.arange(12).reshape(1, 3, 4)
    assert [a.tolist() for a in pairs_left(tokens)] == [[0, 1, 2, 4, 5, 6, 8, 9, 10], [1, 2, 3, 5, 6, 7, 9, 10, 11]]
    assert [a.tolist() for a in pairs_above(tokens)] == [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 8, 9, 10, 11]]


def test_shares_are_counts_and_none_is_impossible(texts):
    counts = [1 + int((texts[0] == code).sum()) for code in range(K)]
    np.testing.assert_allclose(shares(texts[0], K), np.array(counts) / sum(counts), rtol=1e-15)
    p = shares(texts[0], K)
    assert unigram_bits(*texts, K) == pytest.approx(np.mean([-np.log2(p[code]) for code in texts[1].ravel()]))


@pytest.mark.parametrize("pairs", [pairs_left, pairs_above])
def test_bits_of_pairs_are_those_of_a_table_of_all(texts, pairs):
    def table(tokens, strength):
        counts = np.zeros((K, K))
        for a, b in zip(*pairs(tokens), strict=True):
            counts[a, b] += 1
        p = shares(tokens, K)
        return (counts + strength * p) / (counts.sum(1, keepdims=True) + strength)

    def bits(tokens, told, strength):
        p = table(tokens, strength)
        return float(np.mean([-np.log2(p[a, b]) for a, b in zip(*pairs(told), strict=True)]))

    learn, held_out = texts
    choosing = np.arange(len(learn)) % CHOSEN_ON == 0
    best = min(STRENGTHS, key=lambda strength: bits(learn[~choosing], learn[choosing], strength))
    assert bigram_bits(learn, held_out, K, pairs) == pytest.approx(bits(learn, held_out, best), rel=1e-12)


def test_a_text_that_counts_up_is_certain_once_the_token_before_is_known():
    text = (np.arange(400 * 12) % K).reshape(400, 3, 4)
    assert unigram_bits(text, text[:20], K) == pytest.approx(np.log2(K), abs=0.01)
    assert bigram_bits(text, text[:20], K, pairs_left) < 0.05
