"""Drawn codes and the lattice grid, checked against the definition by listing everything."""

import numpy as np
import pytest

from explorer.analysis.maps.codes import lattice_coordinates, map_codes
from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook, LatticeRule


def rule_of(levels, first_axis_most_significant=False):
    axes = tuple(tuple(np.linspace(-1, 1, n)) for n in levels)
    return LatticeRule("fsq", axes, first_axis_most_significant)


@pytest.mark.parametrize("slow_first", [False, True])
@pytest.mark.parametrize("levels", [(8, 5, 5, 5), (2,) * 7, (3, 4), (6,)])
def test_every_code_has_its_own_cell_and_neighbours_differ_by_one_step(levels, slow_first):
    rule = rule_of(levels, slow_first)
    xy = lattice_coordinates(rule).xy.astype(int)
    at = {tuple(place): rule.digits(np.array(code)) for code, place in enumerate(xy)}
    assert len(at) == rule.codebook_size
    assert set(at) == {(x, y) for x in range(np.prod(levels[0::2])) for y in range(np.prod(levels[1::2], dtype=int))}
    for (x, y), digits in at.items():
        for beside in ((x + 1, y), (x, y + 1)):
            if beside in at:
                assert np.abs(at[beside] - digits).sum() == 1


def test_chosen_codes_lie_where_they_lie_on_the_whole_grid():
    rule = rule_of((8, 5, 5))
    chosen = np.array([3, 77, 199])
    assert (lattice_coordinates(rule, chosen).xy == lattice_coordinates(rule).xy[chosen]).all()


def test_a_small_codebook_is_drawn_whole_without_a_note():
    drawn = map_codes(Codebook(5, 1, "euclidean", vectors=np.zeros((5, 1))), limit=5)
    assert drawn.codes.tolist() == [0, 1, 2, 3, 4] and drawn.note == ""


def test_used_codes_come_first_then_an_even_sample_of_the_others():
    codebook = Codebook(100, 1, "euclidean", vectors=np.zeros((100, 1)))
    counts = np.zeros(100, int)
    counts[[3, 50, 51, 99]] = 7
    drawn = map_codes(codebook, 20, counts)
    assert len(set(drawn.codes.tolist())) == 20
    assert {3, 50, 51, 99} <= set(drawn.codes.tolist())
    others = [k for k in range(100) if counts[k] == 0]
    expected = {others[i * 96 // 16] for i in range(16)}
    assert set(drawn.codes.tolist()) - {3, 50, 51, 99} == expected
    assert drawn.note == "20 of 100 codes are drawn: 4 used ones and an even sample of 16 others."


def test_more_used_codes_than_room_leaves_the_least_used_out():
    codebook = Codebook(6, 1, "euclidean", vectors=np.zeros((6, 1)))
    drawn = map_codes(codebook, 2, np.array([1, 9, 0, 4, 5, 1]))
    assert drawn.codes.tolist() == [1, 4]
    assert drawn.note == "The 2 most used of 6 codes are drawn; 5 are used."


def test_a_lattice_too_large_to_list_is_sampled():
    rule = rule_of((2,) * 40, True)
    drawn = map_codes(Codebook(rule.codebook_size, 40, "implicit", rule=rule), 1000)
    assert len(drawn.codes) == 1000 and np.unique(np.diff(drawn.codes)).max() <= 2**40 // 1000 + 1


def test_a_limit_without_room_is_named():
    with pytest.raises(SettingsError, match="not 0"):
        map_codes(Codebook(2, 1, "euclidean", vectors=np.zeros((2, 1))), 0)


def test_codes_that_are_not_finite_have_no_place():
    vectors = np.ones((6, 3), np.float32)
    vectors[2, 1], vectors[4] = np.nan, -np.inf
    book = Codebook(6, 3, "euclidean", vectors=vectors)
    drawn = map_codes(book, 10)
    assert drawn.codes.tolist() == [0, 1, 3, 5] and not drawn.sampled
    assert drawn.note == "2 of these 6 codes are NaN or infinite: they have no place and are not drawn."
    few = map_codes(book, 4, np.array([0, 5, 5, 0, 5, 0]))
    assert few.sampled and few.codes.tolist() == [0, 1] and few.note.startswith("4 of 6 codes are drawn")
