"""Codes without a token: Chao2 by hand, what is never said of few media, and how often `certain` is wrong."""

from dataclasses import replace

import numpy as np
import pytest
from made_audits import audit_of, counted, table

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.joints.measures.unused import chao2, unused_codes, upper
from explorer.joints.measures.unused_limit import copies, limit, variance_ratio
from tests.analysis.codes.calibration import FAMILIES, drawn, drawn_wide, level_of_tokens, table_of


def test_the_formulas_by_hand():
    occurs = np.array([0, 0, 1, 1, 1, 2, 2, 5])  # Q1 = 3, Q2 = 2, over 10 media
    found, variance = chao2(occurs, 10)
    assert found == pytest.approx(0.9 * 3 * 2 / (2 * 3))
    expected = 0.9 * 3 * 2 / 6 + 0.81 * 3 * 25 / 36 + 0.81 * 9 * 2 * 4 / (4 * 81)
    assert variance == pytest.approx(expected)
    assert upper(found, variance) == pytest.approx(found * np.exp(2.326 * np.sqrt(np.log1p(variance / found**2))))
    assert chao2(np.array([0, 5, 9]), 10) == (0.0, 0.0) and upper(0.0, 0.0) == 0.0


def test_chao2_is_what_more_media_find():
    """The mean over draws against the truth: codes alike, of which 40 media miss some."""
    rng = np.random.default_rng(0)
    missed, expected = [], []
    for _ in range(40):
        present = rng.random((40, 300)) < 0.04
        missed.append((present.sum(0) == 0).sum())
        expected.append(chao2(present.sum(0), 40)[0])
    assert np.mean(expected) == pytest.approx(np.mean(missed), rel=0.1)


def test_no_code_is_dead_at_a_first_look():
    rng = np.random.default_rng(1)
    for media in (1, 3, 9):
        level = level_of_tokens(rng.integers(0, 64, (media, 5000)), 256)
        known = unused_codes(level)
        assert known.dead is None and known.unseen == 192, "192 codes are never used, but this is a first look"
    assert unused_codes(level_of_tokens(rng.integers(0, 64, (12, 5000)), 256)).sure == "likely"
    known = unused_codes(level_of_tokens(rng.integers(0, 64, (40, 5000)), 256))
    assert known.sure == "certain" and 180 <= known.dead <= 192 and known.each_likely_dead


def test_uniform_use_of_two_tokens_a_code_has_no_dead_code():
    """Chance alone leaves 554 of 4,096 without a token."""
    level = level_of_tokens(np.random.default_rng(2).integers(0, 4096, (64, 128)), 4096)
    known = unused_codes(level)
    assert known.none > 500 and known.dead is None


def test_an_audit_that_kept_no_media_is_never_certain():
    codes = np.random.default_rng(3).integers(0, 64, (40, 5000))
    level = level_of_tokens(codes, 256)
    older = replace(level, media=0, occurs=None, stretches=None)
    assert unused_codes(older).sure == "likely" and unused_codes(older).dead == unused_codes(level).dead
    assert unused_codes(counted([500, 0, 300, 0])).sure == "likely", "plain counts of many tokens a code"
    assert unused_codes(counted([5, 0, 3, 0])).sure is None


def test_certain_is_wrong_in_fewer_than_one_of_a_hundred():
    """Over made codebooks of every family, healthy and with dead codes; the real ones are in the script's table."""
    rows = [drawn(seed) for seed in range(222)]
    assert {row.family for row in rows} == set(FAMILIES)
    healthy, broken = table_of(rows)
    assert healthy.codebooks >= 100 and broken.certain >= 10
    assert healthy.wrong_certain < 0.01 * healthy.codebooks
    assert (healthy.wrong_certain + broken.wrong_certain) < 0.01 * (healthy.codebooks + broken.codebooks)


def test_what_training_used_is_not_counted_as_dead_anywhere():
    """The finding said "at least 45", while the tile of the page, the report and --fail-on counted 80."""
    counts = np.r_[np.full(20, 200), np.zeros(80, int)]
    level, vectors = counted(counts), np.eye(100)
    known = unused_codes(level, table(vectors))
    capped = unused_codes(level, table(vectors, counts=np.r_[np.full(55, 30.0), np.zeros(45)]))
    assert known.dead > 60 and (capped.dead, capped.unseen, capped.lasting) == (45, 35, known.lasting)


def rare_codes(size=512, alive=388, media=200, tokens=16, power=0.7):
    """Of 512 codes 124 cannot occur, and of the others many are rare."""
    chance = 1 / np.arange(1, alive + 1) ** power
    return level_of_tokens(np.random.default_rng(0).choice(alive, (media, tokens), p=chance / chance.sum()), size)


def test_most_of_the_codes_that_200_media_lack_are_likely_dead_though_many_codes_are_rare():
    """Twice the rare codes were set aside, more than have no token: of 124 that cannot occur none was called dead."""
    level = rare_codes()
    known = unused_codes(level)
    assert known.none > 124 and known.expected < 10
    assert known.sure == "likely" and 62 < known.dead <= 124 and known.each_likely_dead
    assert known.none - known.dead >= known.most and known.spared == 0 and known.dead + known.unseen == known.none
    fewer = rare_codes(media=19)
    assert unused_codes(fewer).dead is None, "too few media, whatever the shape"


def test_where_rare_codes_are_the_most_nothing_is_known_yet():
    """All of 512 codes can occur, the rarest the most: those that were not met look like the dead."""
    level = rare_codes(alive=512, power=1.0)
    known = unused_codes(level)
    assert known.none > 80 and known.dead is None and known.clump == 0


def test_the_limit_by_hand():
    occurs = np.repeat([0, 1, 2, 3, 9], [50, 3, 9, 19, 40])  # Q1 = 3, Q2 = 9, Q3 = 19, and one added to each
    followed = 3 * 4**3 * 20 / (4 * 10**3)
    assert limit(occurs, 1.0, 0.0) == pytest.approx(followed * np.exp(2.326 * np.sqrt(9 / 4 + 9 / 10 + 1 / 20)))
    assert limit(occurs, 3.0, 0.0) == pytest.approx(followed * np.exp(2.326 * np.sqrt(3 * (9 / 4 + 9 / 10 + 1 / 20))))
    assert limit(occurs, 1.0, 1e6) == 1e6, "never below that of Chao"


def test_codes_that_come_and_go_together_are_fewer_witnesses():
    apart = np.random.default_rng(0).random((2000, 6)) < 0.3  # (b, n)
    assert variance_ratio(apart) == pytest.approx(1, abs=0.1)
    assert variance_ratio(np.repeat(apart, 5, axis=1)) == pytest.approx(5 * variance_ratio(apart))
    assert variance_ratio(np.ones((8, 4), bool)) == 0 and variance_ratio(np.ones((1, 4), bool)) == 0


def test_codes_that_are_another_over_again_are_not_among_those_that_may_follow():
    level = rare_codes()
    vectors = np.random.default_rng(1).normal(size=(512, 3))
    known = unused_codes(level, table(vectors))
    used, none = np.flatnonzero(level.counts), np.flatnonzero(level.counts == 0)
    vectors[none[:7]] = vectors[used[0]]
    vectors[none[7:10]] = vectors[none[7]]  # of three that are equal one could win
    assert copies(level, table(vectors)) == 9 and known.copies == 0
    same = unused_codes(level, table(vectors))
    assert (same.copies, same.lasting, same.most) == (9, known.lasting - 9, known.most)


def test_a_kind_of_content_that_no_medium_showed_makes_nothing_certain():
    """Of 128 codes all can occur, but 13 are of what 229 media did not show: they were dead for certain."""
    rng = np.random.default_rng(5)
    kinds = rng.integers(0, 9, (230, 2))  # of ten kinds with 12 or 13 codes each; each medium shows two
    codes = kinds[np.arange(230)[:, None], rng.integers(0, 2, (230, 64))] + 10 * rng.integers(0, 12, (230, 64))
    known = unused_codes(level_of_tokens(codes, 128))
    assert known.none == 20 and known.sure != "certain", known
    apart = rng.choice(108, (230, 64))
    assert unused_codes(level_of_tokens(apart, 128)).sure == "certain", "codes that come one by one"


def test_what_the_shape_tells_is_wrong_in_one_of_twenty_at_most():
    """Over made codebooks of which the margin says nothing; the script's table has many more."""
    rows = [row for seed in range(180) if (row := drawn_wide(seed)) is not None]
    told = [row for row in rows if row.by_shape]
    assert len(told) >= 10 and len({row.family for row in told}) >= 4
    assert sum(row.wrong for row in told) <= 0.05 * len(told)
    assert all(row.sure == "likely" for row in told), "never certain: rates may have any tail"


def test_how_sure_a_finding_is_belongs_to_what_its_title_claims():
    """The title said "not seen yet (certain)", of the count; and what the shape tells is named with its limit."""
    level, open_yet = rare_codes(), rare_codes(alive=512, power=1.0)
    known, none = unused_codes(level), int((open_yet.counts == 0).sum())
    (told,) = [one for one in diagnose(audit_of(level), [None]) if one.kind == "Dead codes"]
    assert told.title == f"At least {known.dead} of 512 codes are dead" and told.sure == "likely"
    assert f"it is {known.most:,.0f} at most, as codes come one by one here" in told.text
    (unseen,) = [one for one in diagnose(audit_of(open_yet), [None]) if one.kind == "Codes not seen yet"]
    assert unseen.title == f"{none} of 512 codes are not seen yet: they may be dead" and unseen.sure == "possible"
    level = rare_codes(size=390)  # of which 2 cannot occur
    (few,) = [one for one in diagnose(audit_of(level), [None]) if one.kind == "Codes not seen yet"]
    assert few.sure == "possible"
