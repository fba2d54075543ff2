"""Marks beside each other: cases by hand, the same as of the page's own, and no two too near among many."""

import itertools
import math
from types import SimpleNamespace

import numpy as np

from explorer.compare.dodge import dodge
from explorer.figures.rates import _beside


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


def test_a_mark_that_is_moved_beside_its_place_is_not_cut_by_the_end_of_the_plot():
    def curve(rate):
        return SimpleNamespace(kind="tokenizer"), [(0, SimpleNamespace(rate=rate, values={"psnr_db": 26.0}))]

    drawn = [(number, *curve(rate)) for number, rate in enumerate((0.135, 0.7, 0.7))]
    across = [math.log10(0.135 / 1.08), math.log10(0.7 * 1.08)]
    (first,), (second,), (third,) = _beside(drawn, "psnr_db", across, [16, 28])
    assert (first, second) == (0.135, 0.7) and third != 0.7
    px = (math.log10(third) - across[0]) / (across[1] - across[0]) * 420
    assert 8 <= px <= 412  # to the left: at the right are 18 px, of which it would take 14 and half of its own size
