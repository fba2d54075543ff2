"""The order of codes on the heatmap: a Hilbert curve that visits every cell, one step at a time."""

import numpy as np
import pytest
from made_audits import lattice, signs, table

from explorer.analysis.maps.codes import lattice_coordinates
from explorer.analysis.maps.order import hilbert_index, map_order


def walk(n):
    """The first corners of a Hilbert curve over 2^n x 2^n cells, by its grammar: A -> +BF-AFA-FB+, B -> -AF+BFB+FA-."""
    word = "A"
    for _ in range(n):
        word = "".join({"A": "+BF-AFA-FB+", "B": "-AF+BFB+FA-"}.get(letter, letter) for letter in word)
    place, step, path = np.array([0, 0]), np.array([1, 0]), [(0, 0)]
    for letter in word:
        if letter == "F":
            place = place + step
            path.append(tuple(place.tolist()))
        elif letter in "+-":
            step = np.array([-step[1], step[0]]) if letter == "+" else np.array([step[1], -step[0]])
    return np.array(path)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_curve_is_that_of_hilberts_grammar(n):
    path = walk(n)
    path = path - path.min(0)
    found = hilbert_index(path)
    turned = hilbert_index(path[:, ::-1])
    steps = np.arange(4**n)
    assert (found == steps).all() or (turned == steps).all(), "the same curve, at most mirrored along its diagonal"


def test_every_code_comes_once_and_alike_codes_together():
    rng = np.random.default_rng(0)
    codebook = table(rng.normal(size=(2000, 2)))
    order = map_order(codebook)
    assert sorted(order) == list(range(2000))
    steps = np.linalg.norm(np.diff(codebook.vectors[order], axis=0), axis=1).mean()
    by_number = np.linalg.norm(np.diff(codebook.vectors, axis=0), axis=1).mean()
    assert steps < 0.1 * by_number


@pytest.mark.parametrize("codebook", [signs(8), lattice(8, 8)])
def test_on_a_lattice_neighbours_differ_by_one_step(codebook):
    order = map_order(codebook)
    assert sorted(order) == list(range(codebook.codebook_size))
    digits = codebook.rule.digits(order)
    assert np.abs(np.diff(digits, axis=0)).sum(1).max() == 1
    xy = lattice_coordinates(codebook.rule).xy[order]
    assert np.abs(np.diff(xy, axis=0)).sum(1).max() == 1


def test_codes_without_a_place_have_no_order():
    assert map_order(table([[np.nan, 1.0], [2.0, 3.0]])) is None
    assert map_order(table(np.arange(6.0)[:, None])).tolist() in ([*range(6)], [*range(5, -1, -1)])
