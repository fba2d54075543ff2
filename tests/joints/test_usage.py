"""Usage against hand-worked cases, scipy's entropy and a brute-force Gini."""

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.foundation.errors import RecordError
from explorer.joints.measures.usage import MAX_COUNTED_CODES, in_use, rank_order, training_usage, usage, usage_of_counts
from explorer.joints.record import Codebook
from explorer.tokenizers import load_tokenizer


def test_hand_worked_case_with_enough_tokens():
    found = usage(np.array([[0, 0], [1, 3]]), codebook_size=4)
    assert found.counts.tolist() == [2, 1, 0, 1]
    assert (found.tokens, found.ceiling, found.used) == (4, 4, 3)
    assert found.usage == 0.75 and found.usage_of_ceiling == 0.75
    assert found.entropy_bits == pytest.approx(1.5)  # -(1/2 log 1/2 + 2 * 1/4 log 1/4)
    assert found.perplexity == pytest.approx(2**1.5)
    assert found.kl_to_uniform_bits == pytest.approx(0.5)


def test_fewer_tokens_than_codes_can_use_no_more_than_they_are():
    found = usage(np.array([7, 2, 7]), codebook_size=8)
    assert found.ceiling == 3 and found.usage == 2 / 8 and found.usage_of_ceiling == 2 / 3


def test_the_threshold_says_what_is_in_use():
    found = usage(np.repeat([0, 1, 2], [5, 2, 1]), codebook_size=3, threshold=2)
    assert found.used == 2, "one threshold for what is used and what is not"


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


def averaged(steps, decay, start):
    """The moving average as a checkpoint keeps it: n <- decay n + (1 - decay) tokens. steps: (T, K) tokens."""
    kept = np.full(len(steps[0]), start, np.float64)
    for tokens in steps:
        kept = decay * kept + (1 - decay) * tokens
    return kept


def book_with(counts, decay=None):
    counts = np.asarray(counts, np.float32)
    vectors = np.zeros((len(counts), 1), np.float32)
    return Codebook(len(counts), 1, "euclidean", vectors=vectors, counts=counts, counts_decay=decay)


@pytest.mark.parametrize("decay", [0.99, 0.8])
def test_a_moving_average_is_told_in_tokens_of_what_it_remembers(decay):
    rng = np.random.default_rng(0)
    steps = np.zeros((6000, 5))
    steps[:, 0] = 600
    steps[:, 1] = rng.poisson(424, 6000)
    steps[:20, 2] = 1  # alive at the start only, and never 0 since
    steps[-1, 3] = 1  # chosen once, in the newest step
    known = training_usage(book_with(averaged(steps, decay, 1.0), decay))
    assert known.steps == pytest.approx(1 / (1 - decay))
    assert known.tokens[0] == pytest.approx(600 / (1 - decay), rel=1e-4)
    assert known.tokens[3] == 1
    assert known.used.tolist() == [True, True, False, True, False]
    assert f"decay {decay:g}" in known.words and known.words_of(2).startswith("0 of the last")


def test_whole_counts_are_counts_and_unknown_averages_say_what_is_assumed():
    plain = training_usage(book_with([0, 3, 1, 60]))
    assert plain.tokens.tolist() == [0, 3, 1, 60] and plain.used.tolist() == [False, True, True, True]
    assert plain.words == "the codes of 64 tokens of training, counted" and plain.words_of(1) == "3 of 64 tokens, 4.69%"
    unknown = training_usage(book_with([0.5, 1e-20]))
    assert unknown.words_of(0) == "50 of the last 50 tokens or so, 100.00%"
    assert training_usage(book_with([0.5, 0.004], 0.99)).words_of(1).startswith("fewer than 1 of the last 50 tokens")
    assert unknown.tokens[0] == pytest.approx(50) and "decay 0.99 is assumed" in unknown.words
    assert training_usage(Codebook(2, 1, "euclidean", vectors=np.zeros((2, 1)))) is None


def test_used_codes_have_one_threshold():
    counts = np.array([0, 1, 4, 5, 90])
    for threshold in (1, 5):
        known = usage_of_counts(counts, threshold)
        assert known.used == in_use(counts, threshold).sum()


@pytest.mark.parametrize(("tokenizer_id", "low", "high"), [("vq-collapsed", 0.14, 0.19), ("vq-ema", 0.42, 0.48)])
def test_training_of_the_zoo_agrees_with_its_card(tokenizer_id, low, high):
    """By averages above 0 all 1,024 codes of both were "used"."""
    tokenizer = load_tokenizer(tokenizer_id)
    known = training_usage(tokenizer.codebooks()[0])
    assert low < known.used.mean() < high and (tokenizer.codebooks()[0].counts > 0).all()
    assert abs(known.used.mean() - tokenizer.spec.measured["usage_1"]) < 0.02
    assert known.tokens.sum() == pytest.approx(102_400, rel=0.01)
