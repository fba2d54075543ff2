"""Agreement of two halves, against scipy."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import rankdata, spearmanr

from explorer.analysis.codes.agreement import agreement, ranks
from explorer.foundation.errors import RecordError


def halves_of(seed, chance, tokens=(3000, 2600)):
    rng = np.random.default_rng(seed)
    return np.stack([rng.multinomial(n, chance) for n in tokens])


def test_all_figures_agree_with_scipy():
    chance = np.random.default_rng(0).dirichlet(np.full(300, 0.4))
    halves = halves_of(1, chance)
    known = agreement(halves)
    assert known.tokens == (3000, 2600)
    assert known.used == tuple(int((half > 0).sum()) for half in halves)
    assert known.rank_correlation == pytest.approx(spearmanr(halves[0], halves[1]).statistic)
    assert known.js_bits == pytest.approx(jensenshannon(halves[0], halves[1], base=2) ** 2)
    a, b = (set(np.flatnonzero(half)) for half in halves)
    assert known.overlap == pytest.approx(len(a & b) / len(a | b))
    share = halves[0][halves[0] > 0] / 3000
    assert known.perplexity[0] == pytest.approx(np.exp(-(share * np.log(share)).sum()))
    assert (ranks(halves[0]) == rankdata(halves[0])).all()


def test_chance_alone_gives_the_divergence_that_is_called_chance():
    chance = np.full(200, 1 / 200)
    known = [agreement(halves_of(seed, chance, (8000, 8000))) for seed in range(30)]
    assert np.mean([k.js_bits for k in known]) == pytest.approx(np.mean([k.js_chance for k in known]), rel=0.05)
    assert all(k.stable and "is stable" not in k.words for k in known)


def test_how_far_the_halves_agree_is_said():
    """8 codes alike in one half; in the other 2 of 8 have half the tokens of the rest: perplexity 7.74, 3.2% less."""
    share = np.array([1] * 2 + [2] * 6) / 14
    less = np.exp(-(share * np.log(share)).sum()) / 8
    assert 0.03 < 1 - less < 0.04
    known = agreement(np.array([[100] * 8, [50] * 2 + [100] * 6]))
    assert known.stable and known.words.endswith("The halves agree within 4% in perplexity.")


def dealt_anew(halves, seed, times=40):
    """The same tokens dealt to halves of the same sizes at random, by numpy's own generator: (times, 2, K)."""
    pooled, first = halves.sum(axis=0), int(halves[0].sum())
    dealt = np.random.default_rng(seed).multivariate_hypergeometric(pooled, first, times, method="marginals")
    return np.stack([dealt, pooled - dealt], axis=1)


def uniform(size, tokens):
    return halves_of(0, np.full(size, 1 / size), tokens)


def steep(size, tokens):
    share = 1 / np.arange(1, size + 1)
    return halves_of(1, share / share.sum(), tokens)


@pytest.mark.parametrize(
    "halves",
    [
        uniform(16384, (16384, 16384)), uniform(16384, (900, 300)), uniform(4, (30, 30)), steep(1000, (400, 4000)),
        steep(1000, (300_000, 200_000)), np.array([[1, 0], [0, 1]]), np.array([[7, 3, 0], [2, 1, 1]]),
    ],
    ids=["K = N", "few tokens", "few codes", "steep", "many tokens", "two tokens", "by hand"],
)  # fmt: skip
def test_chance_is_the_mean_of_the_same_tokens_dealt_anew(halves):
    known, dealt = agreement(halves), dealt_anew(halves, 2)
    bits = np.array([jensenshannon(a, b, base=2) ** 2 for a, b in dealt])
    error = bits.std() / np.sqrt(len(bits))
    assert known.js_chance == pytest.approx(bits.mean(), abs=4 * error + 1e-12)
    assert known.js_chance <= 1
    share = halves[1].sum() / halves.sum()
    count = halves.sum(axis=0)
    away = np.abs(np.concatenate([dealt[:, 1], halves[1:]]) - count * share)
    outside = (away > 2 * np.sqrt(count * share * (1 - share))).sum(axis=1)
    error = outside[:-1].std() / np.sqrt(len(dealt))
    assert known.outside_chance == pytest.approx(outside[:-1].mean(), abs=4 * error + 1e-9)
    assert known.outside == outside[-1]


def test_chance_of_a_token_a_code_is_not_the_limit_for_many_tokens():
    assert agreement(uniform(16384, (16384, 16384))).js_chance == pytest.approx(0.42, abs=0.005)  # the limit: 0.31


def test_chance_never_exceeds_the_one_bit_that_is_the_most():
    rare = np.zeros((2, 100_000), int)
    rare[0, ::2], rare[1, 1] = 1, 1
    known = agreement(rare)
    assert known.js_bits == pytest.approx(1) and 0.99 < known.js_chance <= 1  # the limit: 9,017 bits
    assert agreement(np.array([[5, 5], [6, 4]])).js_chance < 0.1


def test_halves_of_different_kinds_are_not_stable():
    flat, steep = np.full(200, 1 / 200), 1 / np.arange(1, 201) ** 2
    halves = np.stack([halves_of(0, flat)[0], halves_of(0, steep / steep.sum())[1]])
    known = agreement(halves)
    assert not known.stable and "not stable yet" in known.words and known.js_bits > 5 * known.js_chance


def test_halves_without_a_common_code():
    known = agreement(np.array([[5, 5, 0, 0], [0, 0, 5, 5]]))
    assert known.js_bits == pytest.approx(1) and known.overlap == 0 and known.rank_correlation == pytest.approx(-1)


def test_an_empty_half_says_nothing_and_wrong_shapes_are_named():
    assert agreement(np.array([[1, 2], [0, 0]])) is None
    assert agreement(np.array([[3, 3], [1, 2]])).rank_correlation is None, "one half uses all codes alike"
    with pytest.raises(RecordError, match=r"\(2, K\)"):
        agreement(np.zeros((3, 4), int))
