"""Agreement of two halves, against scipy."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import rankdata, spearmanr

from explorer.analysis.agreement import agreement, ranks
from explorer.errors import RecordError


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
    assert all(k.stable and "is stable" in k.words for k in known)


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
