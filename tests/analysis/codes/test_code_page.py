"""The page of a code, against counts made anew from the tokens themselves."""

import numpy as np
import pytest
from scipy.stats import binom

from explorer.analysis.codes.page import (
    chance_unevenness,
    code_page,
    duplicates_of,
    neighbourhoods,
    state_words,
    used_neighbours,
)
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import Exemplars, LevelAudit, Neighbours
from explorer.joints.record import Codebook

K, ROWS, COLUMNS, MEDIA = 6, 16, 16, 3


@pytest.fixture(scope="module")
def grids():
    """Three media of 16 x 16 tokens: code 5 is never used, code 3 stands in the upper half alone."""
    grids = np.random.default_rng(0).choice([0, 0, 0, 1, 2, 4], size=(MEDIA, ROWS, COLUMNS))
    grids[:, :8, ::4] = 3
    return grids


@pytest.fixture(scope="module")
def audit(grids):
    counts = np.bincount(grids.ravel(), minlength=K)
    halves = np.stack([np.bincount(grids[0::2].ravel(), minlength=K), np.bincount(grids[1].ravel(), minlength=K)])
    eighths = np.zeros((K, 8, 8), np.uint32)
    for row in range(ROWS):
        for column in range(COLUMNS):
            np.add.at(eighths, (grids[:, row, column], row // 2, column // 2), 1)
    shape = (K, 3, 4)
    medium, token = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
    distance = np.full(shape, np.nan, np.float32)
    medium[3, 0, :2], token[3, 0, :2], distance[3, 0, :2] = [0, 2], [4, 8], [0.25, 0.5]
    level = LevelAudit(
        "", K, counts, halves, np.array([[768, 5]]), np.ones((3, 3)), eighths, beside(grids),
        Exemplars(medium, token, distance), np.where(counts > 0, 0.5, np.nan),
    )  # fmt: skip
    return Audit("three", "vq-ema", "grid2d", ("a", "b", "c"), (), (level,), None, MEDIA, 1.0)


def pairs_of(grids, side):
    """(code, its neighbour on that side) of all tokens that have one."""
    ahead, behind = grids[:, :, 1:], grids[:, :, :-1]
    upper, lower = grids[:, :-1], grids[:, 1:]
    here, there = {"left": (ahead, behind), "right": (behind, ahead), "above": (lower, upper), "below": (upper, lower)}[
        side
    ]
    return np.stack([here.ravel(), there.ravel()], axis=1)


def beside(grids):
    code, count = np.full((K, 4, 6), -1, np.int32), np.zeros((K, 4, 6), np.int64)
    for number, side in enumerate(("left", "right", "above", "below")):
        pairs = pairs_of(grids, side)
        for c in range(K):
            found, times = np.unique(pairs[pairs[:, 0] == c, 1], return_counts=True)
            order = np.argsort(-times, kind="stable")[:6]
            code[c, number, : len(order)], count[c, number, : len(order)] = found[order], times[order]
    return Neighbours(code, count, MEDIA * ROWS * (COLUMNS - 1), False)


def test_the_figures_are_those_of_the_tokens(audit, grids):
    for code in range(K):
        page = code_page(audit, 0, code)
        assert page.count == np.count_nonzero(grids == code)
        assert page.share == pytest.approx(page.count / grids.size) and page.tokens == grids.size
        bigger = sum(np.count_nonzero(grids == other) > page.count for other in range(K))
        assert page.rank == (bigger + 1 if page.count else None)
        assert page.used == 5 and page.even_share == pytest.approx(1 / 6)
    assert code_page(audit, 0, 0).rank == 1 and code_page(audit, 0, 5).error is None
    assert code_page(audit, 0, 1).error == 0.5


def test_what_stands_beside_a_code_is_counted_and_compared_with_chance(audit, grids):
    page = code_page(audit, 0, 3)
    for side in ("left", "right", "above", "below"):
        pairs = pairs_of(grids, side)
        first = page.beside[side][0]
        assert first.count == np.count_nonzero((pairs == (3, first.code)).all(axis=1))
        rest = {b.code: b.count for b in page.beside[side]}
        assert max(rest.values()) == first.count
        chance = 720 * (page.count / 768) * (np.count_nonzero(grids == first.code) / 768)
        assert first.lift == pytest.approx(first.count / chance)
    assert page.beside["above"][0].code == 3 and page.beside["above"][0].lift > 4


def test_the_position_map_tells_a_placed_code_from_one_that_falls_anywhere(audit):
    placed, anywhere = code_page(audit, 0, 3).places, code_page(audit, 0, 0).places
    assert placed.share.sum() == pytest.approx(1) and placed.expected == pytest.approx(np.full((8, 8), 1 / 64))
    assert placed.share[4:].sum() == 0 and placed.unevenness == pytest.approx(0.75)
    assert placed.unevenness > 2 * placed.by_chance and anywhere.unevenness < 2 * anywhere.by_chance
    assert code_page(audit, 0, 5).places is None


@pytest.mark.parametrize("tokens", [1, 7, 64, 640, 100_000])
def test_unevenness_by_chance_is_the_mean_over_all_outcomes(tokens):
    expected = np.array([0.5, 0.3, 0.15, 0.05])
    outcomes = np.arange(tokens + 1)
    by_hand = sum((binom.pmf(outcomes, tokens, p) * abs(outcomes / tokens - p)).sum() for p in expected) / 2
    assert chance_unevenness(expected, tokens) == pytest.approx(by_hand, rel=1e-6)


def test_next_and_previous_go_round_the_used_codes():
    counts = np.array([0, 3, 0, 1, 2, 0])
    assert used_neighbours(counts, 3) == (1, 4)
    assert used_neighbours(counts, 0) == (4, 1) and used_neighbours(counts, 5) == (4, 1)
    assert used_neighbours(counts, 4) == (3, 1) and used_neighbours(counts, 1) == (4, 3)
    assert used_neighbours(np.array([0, 3]), 1) == (None, None) and used_neighbours(np.array([0, 3]), 0) == (1, 1)


def test_surroundings_have_the_commonest_code_on_each_side(audit):
    kept = audit.levels[0].neighbours
    first, second, _ = neighbourhoods(kept, 3)
    for number, (row, column) in enumerate([(1, 0), (1, 2), (0, 1), (2, 1)]):
        one, two = kept.code[3, number, :2]
        assert first[row, column] == one and second[row, column] == (3 if two < 0 else two)
    assert first[1, 1] == second[1, 1] == 3
    assert first[0, 0] == kept.code[first[0, 1], 0, 0] and first[2, 2] == kept.code[first[2, 1], 1, 0]
    assert neighbourhoods(kept, 5) == [] and neighbourhoods(None, 3) == []


def test_exemplars_come_without_their_empty_slots(audit):
    found = code_page(audit, 0, 3).exemplars
    assert [(e.medium, e.token, e.distance) for e in found["closest"]] == [(0, 4, 0.25), (2, 8, 0.5)]
    assert found["random"] == found["farthest"] == ()


def test_the_state_is_said_with_its_denominator(audit):
    page = code_page(audit, 0, 3)
    assert state_words(1, code_page(audit, 0, 5)).startswith("Likely dead: not one of 768 tokens counted, K = 6")
    assert state_words(2, code_page(audit, 0, 5)).startswith("Not seen yet: 768 tokens counted, K = 6")
    assert "code 4, 2" in state_words(3, page, [4, 2])
    assert state_words(4, page, (), 500).endswith("Over-used begins at 500 tokens.")
    assert f"{page.count / 768 * 6:.2f} times its even share" in state_words(0, page)


def test_what_is_not_there_is_said(audit):
    with pytest.raises(RecordError, match="from 0 to 5"):
        code_page(audit, 0, 6)
    with pytest.raises(RecordError, match="level 1"):
        code_page(audit, 1, 0)


def test_duplicates_are_the_codes_in_use_within_the_threshold():
    vectors = np.array([[0, 0], [0.1, 0], [0.05, 0], [5, 5], [0, 0.2]], np.float32)
    book, counts = Codebook(5, 2, "euclidean", vectors), np.array([1, 1, 0, 1, 1])
    assert duplicates_of(counts, book, 0, 0.15) == [1]
    assert duplicates_of(counts, book, 0, 0.25) == [1, 4]
    assert duplicates_of(counts, book, 2, 0.15) == [] and duplicates_of(counts, book, 0, None) == []
    turned = Codebook(3, 2, "cosine", np.array([[1, 0], [9, 0.1], [0, 1]], np.float32))
    assert duplicates_of(np.ones(3, int), turned, 0, 0.05) == [1], "lengths do not count for the cosine"
