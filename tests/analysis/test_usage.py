"""Usage against hand-worked cases, scipy's entropy and a brute-force Gini."""

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.analysis.usage import MAX_COUNTED_CODES, rank_order, usage, usage_of_counts
from explorer.errors import RecordError


def test_hand_worked_case_with_enough_tokens():
    found = usage(np.array([[0, 0], [1, 3]]), codebook_size=4)
    assert found.counts.tolist() == [2, 1, 0, 1]
    assert (found.tokens, found.ceiling, found.used) == (4, 4, 3)
    assert found.usage == 0.75 and found.usage_of_ceiling == 0.75
    assert found.dead.tolist() == [False, False, True, False]
    assert found.unseen is None
    assert found.entropy_bits == pytest.approx(1.5)  # -(1/2 log 1/2 + 2 * 1/4 log 1/4)
    assert found.perplexity == pytest.approx(2**1.5)
    assert found.kl_to_uniform_bits == pytest.approx(0.5)


def test_with_fewer_tokens_than_codes_nothing_is_dead_but_unseen():
    found = usage(np.array([7, 2, 7]), codebook_size=8)
    assert found.dead is None
    assert np.flatnonzero(~found.unseen).tolist() == [2, 7]
    assert found.ceiling == 3 and found.usage == 2 / 8 and found.usage_of_ceiling == 2 / 3


def test_threshold_makes_rare_codes_dead():
    found = usage(np.repeat([0, 1, 2], [5, 2, 1]), codebook_size=3, threshold=2)
    assert found.dead.tolist() == [False, False, True]
    assert found.used == 3  # used means at least one token, whatever the threshold


def test_figures_agree_with_independent_formulas():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 40, 50) * (rng.random(50) < 0.7)
    found = usage_of_counts(counts)
    share = counts / counts.sum()
    assert found.entropy_bits == pytest.approx(entropy(share, base=2))
    assert found.perplexity == pytest.approx(np.exp(entropy(share)))
    assert found.kl_to_uniform_bits == pytest.approx(entropy(share, np.full(50, 1 / 50), base=2))
    pairs = np.abs(counts[:, None] - counts[None, :]).mean()
    assert found.gini == pytest.approx(pairs / (2 * counts.mean()))


def test_extremes_collapsed_and_uniform():
    collapsed = usage(np.zeros(100, int), 10)
    assert (collapsed.perplexity, collapsed.gini) == (1.0, pytest.approx(0.9))
    uniform = usage(np.arange(100) % 10, 10)
    assert uniform.perplexity == pytest.approx(10) and uniform.gini == pytest.approx(0)
    assert uniform.kl_to_uniform_bits == pytest.approx(0)
    single = usage(np.zeros(3, int), 1)
    assert single.usage == 1 and single.kl_to_uniform_bits == 0


def test_rank_order_breaks_ties_by_number():
    assert rank_order(np.array([1, 5, 0, 5, 1])).tolist() == [1, 3, 0, 4, 2]


@pytest.mark.parametrize(
    ("indices", "size", "words"),
    [
        ([], 4, "no tokens"),
        ([4], 4, "outside 0..3"),
        ([-1], 4, "outside 0..3"),
        ([0], MAX_COUNTED_CODES + 1, "too large"),
    ],
)
def test_impossible_input_is_named(indices, size, words):
    with pytest.raises(RecordError, match=words):
        usage(np.array(indices, int), size)


def test_counts_without_tokens_or_below_zero_are_refused():
    for counts in ([0, 0], [3, -1]):
        with pytest.raises(RecordError, match="at least one token"):
            usage_of_counts(np.array(counts))
