"""Usage carried on: against samples that were really drawn, the formulas written out, and their limits."""

import math
from dataclasses import replace

import numpy as np
import pytest

from explorer.analysis.codes.growth import abundances, carry_on, forecast, forecast_of, good_toulmin, unmet
from explorer.foundation.errors import RecordError, SettingsError
from tests.analysis.codes.calibration import level_of_tokens


def drawn(tokens, size=1000, seed=0, power=1.0):
    """Counts of `tokens` draws from codes whose chances fall as 1 / rank^power."""
    chance = 1 / np.arange(1, size + 1) ** power
    return np.random.default_rng(seed).multinomial(tokens, chance / chance.sum())


def expected_used(tokens, size=1000, power=1.0):
    """Codes that so many draws use on average: sum of 1 - (1 - p)^n."""
    chance = 1 / np.arange(1, size + 1) ** power
    return float((1 - (1 - chance / chance.sum()) ** tokens).sum())


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_twice_the_tokens_are_foretold(power):
    truth = expected_used(4000, power=power)
    ends = [forecast(drawn(2000, seed=seed, power=power)).used[-1] for seed in range(20)]
    assert abs(np.mean(ends) - truth) < 0.02 * truth, "Chao's estimate on average"
    others = [good_toulmin(drawn(2000, seed=seed, power=power), 1.0) for seed in range(20)]
    assert abs(np.mean([used for used, _ in others]) - truth) < 0.02 * truth, "and Good and Toulmin's"
    assert np.std([used for used, _ in others]) < 1.5 * np.mean([spread for _, spread in others])


def test_the_formulas_by_hand():
    counts = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 5])  # f1 = 3, f2 = 2, N = 12, used 6
    assert abundances(counts).tolist() == [4, 3, 2, 0, 0, 1]
    left = 11 / 12 * 9 / 4
    assert unmet(counts) == pytest.approx(left)
    expected = 6 + left * (1 - (1 - 3 / (12 * left + 3)) ** 12)
    assert carry_on(counts, np.array([0, 12])).tolist() == pytest.approx([6, expected])
    fresh = 0.5 * 3 - 0.25 * 2 + 0.5**5 * 1
    spread = math.sqrt(0.25 * 3 + 0.0625 * 2 + 0.25**5 * 1)
    assert good_toulmin(counts, 0.5) == pytest.approx((6 + fresh, spread))


def test_without_any_code_met_twice_the_other_form_is_taken():
    assert unmet(np.array([0] * 20 + [1] * 4)) == pytest.approx(3 / 4 * 4 * 3 / 2)


def test_never_more_codes_than_there_are_and_never_fewer_than_now():
    counts = np.array([0] * 3 + [1] * 50)
    assert unmet(counts) == 3
    curve = carry_on(counts, np.arange(0, 10_000, 100))
    assert (np.diff(curve) >= 0).all() and curve[0] == 50 and curve[-1] <= 53
    assert good_toulmin(counts, 1.0)[0] == 53


def test_the_trial_on_the_halves_is_what_was_missed():
    rng = np.random.default_rng(3)
    halves = np.stack([rng.multinomial(1500, np.full(1000, 1e-3)) for _ in range(2)])
    ahead = forecast(halves.sum(0), halves)
    by_hand = carry_on(halves[0], np.array([1500]))[0] - np.count_nonzero(halves.sum(0))
    assert ahead.missed == pytest.approx(by_hand) and abs(ahead.missed) < 30
    assert f"{abs(round(ahead.missed))} too" in ahead.words or "right to a code" in ahead.words


def test_it_ends_at_twice_the_tokens_and_says_so():
    ahead = forecast(drawn(2000))
    assert ahead.until == ahead.tokens[-1] == 4000 and ahead.tokens[0] == 2000
    assert "4,000 tokens" in ahead.words and "Not carried further" in ahead.words and "lower bound" in ahead.words
    with pytest.raises(SettingsError, match=r"1\.5 times"):
        good_toulmin(drawn(2000), 1.5)


def test_nothing_is_said_where_there_is_nothing_to_say():
    assert forecast(np.full(10, 50)) is None, "all codes are used"
    assert forecast(np.array([0, 3, 4])) is None, "too few tokens"
    with pytest.raises(RecordError, match="0 or more"):
        forecast(np.array([200, -1]))


def test_media_whose_tokens_are_alike_are_carried_on_by_media():
    """Each medium repeats ten codes a hundred times: twice the media find what the mean over draws says, while tokens
    taken as drawn one by one find nothing more, since none occurs once."""
    truth, by_media, by_tokens = [], [], []
    for seed in range(20):
        codes = np.repeat(np.random.default_rng(seed).integers(0, 300, (60, 10)), 100, axis=1)
        level = level_of_tokens(codes[:30], 300)
        truth.append(len(np.unique(codes)))
        by_media.append(forecast_of(level).used[-1])
        by_tokens.append(forecast(level.counts, level.halves).used[-1])
    assert abs(np.mean(by_media) - np.mean(truth)) < 0.03 * np.mean(truth)
    assert np.mean(by_tokens) < 0.8 * np.mean(truth)
    said = forecast_of(level)
    assert "60,000 tokens (60 media)" in said.words and "over media" in said.words
    few = forecast_of(level_of_tokens(codes[:3], 300))
    assert "drawn one by one" in few.words, "three media say nothing of the fourth"


def test_the_trial_by_media_is_what_was_missed():
    codes = np.random.default_rng(1).integers(0, 400, (32, 20))
    stretches = np.stack([np.bincount(medium, minlength=400) for medium in codes])
    level = replace(level_of_tokens(codes, 400), stretches=stretches)
    half = (stretches[::2] > 0).sum(0)
    by_hand = carry_on(half, np.array([16]), 16)[0] - np.count_nonzero(level.counts)
    assert forecast_of(level).missed == pytest.approx(by_hand) and abs(by_hand) < 20


def test_the_range_begins_at_the_codes_that_are_used_and_a_disagreement_is_said():
    """Series that fall, 20 - 30 - 40 and 60 - 61 - 9: the root of all counts on either side would begin below the
    codes in use. The other estimate, 96, lies within the first range, and about 155 above the second."""
    near = forecast(np.array([0] * 60 + [1] * 20 + [2] * 30 + [10] * 40))
    assert near.second == 90 and near.within == pytest.approx((90, 90 + math.sqrt(90)))
    assert "a lower bound on average; Good and Toulmin's says 90 to 99)" in near.words
    far = forecast(np.array([0] * 60 + [1] * 60 + [2] * 61 + [10] * 9))
    assert far.within == pytest.approx((130, 130 + math.sqrt(130))) and far.used[-1] > 142
    assert "says 130 to 141, so the two disagree)" in far.words
    few = forecast(np.array([0] * 3 + [1] * 100))
    assert few.within[1] == 103, "nor more than there are"
