"""Codes without a token: Chao2 by hand, what is never said of few media, and how often `certain` is wrong."""

from dataclasses import replace

import numpy as np
import pytest
from made_audits import counted, table

from explorer.joints.measures.unused import chao2, unused_codes, upper
from tests.analysis.codes.calibration import FAMILIES, drawn, level_of_tokens, table_of


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
