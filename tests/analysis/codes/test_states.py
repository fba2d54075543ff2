"""The states of codes, from counts and vectors written down by hand."""

from dataclasses import replace

import numpy as np
import pytest
from made_audits import counted, lattice, level_of, table

from explorer.analysis.codes import states
from explorer.analysis.codes.states import DEAD, LIVE, NEAR_DUPLICATE, OVER_USED, UNSEEN, code_states, over_used_from
from explorer.audit.shipped import load_shipped
from explorer.foundation.errors import RecordError
from explorer.joints.measures.unused import unused_codes


def test_no_token_is_dead_over_enough_tokens_and_unseen_over_fewer():
    assert code_states(counted([50, 0, 10, 0]), None).state.tolist() == [LIVE, DEAD, LIVE, DEAD]
    assert code_states(counted([5, 0, 1, 0]), None).state.tolist() == [LIVE, UNSEEN, LIVE, UNSEEN]


def test_a_code_that_is_not_finite_is_dead_also_where_others_are_not_seen_yet():
    """More media find no code that is NaN, so that nobody is told to wait for it; one that has tokens is as it was."""
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2)
    vectors[[1, 4]] = np.nan, np.inf
    level = counted([5, 0, 1, 0, 2, 0])  # too few tokens to call a code dead
    known = code_states(level, table(vectors))
    assert known.state.tolist() == [LIVE, DEAD, LIVE, UNSEEN, LIVE, UNSEEN]
    assert known.words.endswith("Dead: 1 code not finite among them, to which no latent is nearest.")
    assert code_states(level, table(np.arange(12).reshape(6, 2))).count(DEAD) == 0
    assert (unused_codes(level).none, unused_codes(level, table(vectors)).none) == (3, 2)


def test_the_collapsed_codebook_that_ships_has_its_dead_codes():
    """Of 1,440 photographs only 282 of its 1,024 codes are ever used. Chao's upper limit alone calls no code dead for
    certain, but most of those without a token, so that none is drawn as if more media were to find it."""
    level = load_shipped("vq-collapsed", "val").levels[0]
    known = unused_codes(level)
    assert known.none // 2 < known.lasting <= 1024 - 282 and known.each_likely_dead
    assert (code_states(level, None).state == DEAD).tolist() == (level.counts == 0).tolist()


def test_ten_fair_shares_are_over_used():
    counts = np.full(100, 10)
    counts[3] += 1000 - counts.sum() + 100  # N = 1,100: a fair share is 11
    known = code_states(counted(counts), None)
    assert known.over_used_from == 110 == over_used_from(1100, 100)
    assert np.flatnonzero(known.state == OVER_USED).tolist() == [3] and known.count(OVER_USED) == 1
    counts[3] -= 1
    counts[4] += 1
    assert code_states(counted(counts), None).count(OVER_USED) == 0
    assert "110 tokens or more of 1,100" in known.words
    assert over_used_from(1000, 4) == 900, "with four codes ten fair shares would be more than all"


def test_two_codes_in_use_side_by_side_are_near_duplicates():
    rng = np.random.default_rng(0)
    vectors = 10 * rng.normal(size=(12, 3))
    vectors[5] = vectors[2] + 0.004
    vectors[9] = vectors[8] + 0.004  # these two are never used
    used = np.array([0, 1, 2, 3, 4, 5, 6, 7, 10, 11])
    codes = rng.permutation(np.tile(used, 400))  # in each of 16 media
    latents = vectors[codes] + 0.1 * rng.normal(size=(4000, 3))
    codebook = table(vectors)
    level = level_of(codebook, latents, codes)
    known = code_states(level, codebook)
    distances = np.linalg.norm(latents - vectors[codes], axis=1)
    assert known.threshold == pytest.approx(0.1 * np.median(distances), rel=1e-3)
    assert np.flatnonzero(known.state == NEAR_DUPLICATE).tolist() == [2, 5]
    assert np.flatnonzero(known.state == DEAD).tolist() == [8, 9], "a dead code is dead, whatever lies beside it"
    assert "10% of the median distance" in known.words


def test_a_codebook_much_smaller_than_its_latents_is_no_heap_of_duplicates():
    """The distance of latents to their codes alone grows with the error: by it all of these codes would be alike."""
    rng = np.random.default_rng(3)
    latents, vectors = rng.normal(size=(5000, 8)), 0.01 * rng.normal(size=(64, 8))
    known = code_states(level_of(table(vectors), latents), table(vectors))
    assert known.count(NEAR_DUPLICATE) == 0 and known.threshold < 0.1 * 0.04
    assert "how far apart" in known.words


def test_of_many_wide_codes_the_most_used_are_compared(monkeypatch):
    monkeypatch.setattr(states, "MOST_WIDE", 10)
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(30, 24))
    vectors[1], vectors[21] = vectors[0] + 1e-4, vectors[20] + 1e-4
    codes = np.concatenate([np.repeat(np.arange(10), 20), np.repeat(np.arange(10, 30), 5)])
    latents = vectors[codes] + 0.1 * rng.normal(size=(len(codes), 24))
    known = code_states(level_of(table(vectors), latents, codes), table(vectors))
    assert np.flatnonzero(known.state == NEAR_DUPLICATE).tolist() == [0, 1]
    assert known.words.endswith("Looked for among the 10 most used of 30 codes in use.")


def test_a_lattice_has_no_duplicates_and_plain_indices_no_vectors():
    codebook = lattice(3, 3)
    latents = np.random.default_rng(1).uniform(-1, 1, (200, 2))
    assert code_states(level_of(codebook, latents), codebook).count(NEAR_DUPLICATE) == 0
    known = code_states(counted([5, 5]), None)
    assert known.threshold is None and "cannot be told" in known.words


def test_without_a_token_there_are_no_states():
    with pytest.raises(RecordError, match="at least one token"):
        code_states(counted([0, 0]), None)


def test_codes_that_training_used_are_unseen_here_and_not_dead():
    """Those that were dead in training already stay dead."""
    level = counted(np.r_[np.full(20, 200), np.zeros(80, int)])

    def known(trained):
        return code_states(level, replace(table(np.eye(100)), counts=trained))

    states = known(np.r_[np.full(90, 30.0), np.zeros(10)])
    assert states.count(UNSEEN) == 70 and (states.state[90:] == DEAD).all()
    assert "training used are unseen here" in states.words
    half = known(np.r_[np.full(55, 30.0), np.zeros(45)])
    assert (half.count(DEAD), half.count(UNSEEN)) == (45, 35), "each by what training knows of it"
    assert code_states(level, table(np.eye(100))).count(DEAD) == 80
