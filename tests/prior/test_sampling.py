"""Temperature, top-k and draws: against their definitions, and a draw that a seed makes again."""

import numpy as np
import pytest
from scipy import stats

from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.language import NextToken, PriorFacts, TokenText
from explorer.prior.sampling import HOTTEST, Sampling

P = np.array([0.05, 0.4, 0.0, 0.25, 0.3])


def told(p=P, place=0):
    return NextToken(place, np.asarray(p, np.float64))


def test_entropy_rank_and_bits_are_those_of_scipy():
    assert told().entropy_bits == pytest.approx(stats.entropy(P, base=2), rel=1e-12)
    assert told(np.full(8, 0.125)).entropy_bits == pytest.approx(3.0)
    assert told().bits(3) == pytest.approx(2.0) and [told().rank(code) for code in (1, 4, 3, 0, 2)] == [0, 1, 2, 3, 4]
    assert told().order().tolist() == [1, 4, 3, 0, 2]
    assert told([0.25] * 4).order().tolist() == [0, 1, 2, 3], "of equals the lower number"


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("top_k", [0, 1, 3, 5, 99])
def test_what_is_drawn_from_is_the_power_of_the_most_probable(temperature, top_k):
    kept = sorted(range(5), key=lambda code: -P[code])[: top_k or 5]
    wanted = np.zeros(5)
    wanted[kept] = P[kept] ** (1 / temperature)
    found = Sampling(temperature, top_k).applied(told()).probabilities
    np.testing.assert_allclose(found, wanted / wanted.sum(), rtol=1e-12)


def test_without_temperature_the_most_probable_is_taken():
    assert Sampling(0.0).applied(told()).probabilities.tolist() == [0, 1, 0, 0, 0]
    assert Sampling(0.0).draw(told([0.2, 0.4, 0.4])) == 1


def test_a_temperature_too_small_to_divide_by_is_none():
    found = NextToken(0, np.array([0.2, 0.5, 0.3]))
    assert Sampling(1e-320).applied(found).probabilities.tolist() == [0.0, 1.0, 0.0]


def test_a_draw_is_made_again_by_its_seed_and_place():
    draws = [[Sampling(seed=seed).draw(told(place=place)) for place in range(40)] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert len({Sampling(seed=1).draw(told(place=place)) for place in range(40)}) > 1


def test_draws_come_as_often_as_they_are_probable():
    counts = np.bincount([Sampling(seed=7).draw(told(place=place)) for place in range(6000)], minlength=5)
    assert counts[2] == 0
    seen = P > 0
    assert stats.chisquare(counts[seen], 6000 * P[seen]).pvalue > 0.01


@pytest.mark.parametrize("wrong", [{"temperature": -0.1}, {"temperature": HOTTEST + 0.1}, {"top_k": -1}, {"seed": -1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError):
        Sampling(**wrong)


def test_joints_refuse_what_they_are_not():
    with pytest.raises(RecordError, match="sum to 1"):
        told([0.5, 0.4])
    with pytest.raises(RecordError, match="sum to 1"):
        told([1.5, -0.5])
    with pytest.raises(RecordError, match="float64"):
        NextToken(0, np.array([1.0], np.float32))
    bits = np.ones((2, 2))
    with pytest.raises(RecordError, match="of 3 codes"):
        TokenText(np.array([[0, 1], [2, 3]]), bits, 3)
    with pytest.raises(RecordError, match="has its bits"):
        TokenText(np.array([[0, 1]]), bits, 3)
    with pytest.raises(RecordError, match="finite"):
        TokenText(np.array([[0, 1], [2, 2]]), bits * np.nan, 3)
    with pytest.raises(RecordError, match="counts"):
        PriorFacts("x", 4, 2, 2, 16, 1, "", np.zeros(3, np.int64))
