"""Marks beside each other: cases by hand, the same as of the page's own, and no two too near among many."""

import itertools
import math

import numpy as np

from explorer.compare.dodge import dodge


def test_marks_of_one_rate_stand_beside_each_other():
    """The cases of tests/views/js/compare/compare_model.test.js."""
    assert dodge([(100, 50), (100, 52), (100, 90), (100, 55)], 12.5, (0, 200)) == [100, 114, 100, 88]
    assert dodge([(195, 50)] * 3, 12.5, (0, 200)) == [195, 181, 167]  # no room at the right
    assert dodge([(5, 5), (5, 5)], 12.5, (0, 10)) == [5, 5]  # no room at all
    assert dodge([(50, 50)], 12.5, (0, 200), [(50, 51), (59, 50)], 8) == [42]  # dots stand where they are
    assert dodge([], 12.5, (0, 10)) == []


def test_no_two_of_many_are_too_near_and_what_is_free_stays():
    places = [tuple(place) for place in np.random.default_rng(0).uniform((200, 0), (230, 40), (40, 2))]
    across = dodge(places, 12.5, (0, 620))
    stand = list(zip(across, (y for _, y in places), strict=True))
    assert min(math.dist(a, b) for a, b in itertools.combinations(stand, 2)) >= 12.5
    apart = [(20.0 * n, 10.0) for n in range(9)]
    assert dodge(apart, 12.5, (0, 620)) == [x for x, _ in apart]
