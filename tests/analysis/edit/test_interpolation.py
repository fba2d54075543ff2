"""Paths through a codebook against the nearest code at every step, tried one by one."""

import numpy as np
import pytest

from explorer.analysis.edit.interpolation import interpolate_codes, interpolate_tokens
from explorer.analysis.edit.tokens import Bench, EditedTokens
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import Codebook, LatticeRule

RNG = np.random.default_rng(0)
COARSE, FINE = (RNG.normal(size=(32, 3), scale=scale).astype(np.float32) for scale in (1, 0.2))


def book(vectors):
    return Codebook(len(vectors), vectors.shape[1], "euclidean", vectors)


def tokens(*levels):
    return EditedTokens(tuple(levels), tuple(np.ones(level.shape, bool) for level in levels))


def is_nearest(vectors, code, point):
    """Half-way the two ends are equally near, so rounding may choose either."""
    distances = np.square(vectors - point).sum(1)
    return distances[code] <= distances.min() + 1e-5


def test_codes_along_a_line_are_the_nearest_ones():
    found = interpolate_codes(book(COARSE), 3, 17, 9)
    points = [(1 - t) * COARSE[3] + t * COARSE[17] for t in np.linspace(0, 1, 9)]
    assert all(is_nearest(COARSE, code, point) for code, point in zip(found, points, strict=True))
    assert (found[0], found[-1]) == (3, 17) and len(set(found.tolist())) > 2


def test_codes_of_a_lattice_change_one_axis_after_another():
    rule = LatticeRule("fsq", ((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0)), False)
    found = interpolate_codes(Codebook(9, 2, "implicit", rule=rule), 0, 2, 5)  # along the first axis alone
    assert found[0] == 0 and found[-1] == 2 and sorted(found) == found.tolist() and set(found) == {0, 1, 2}


def test_equal_vectors_keep_the_number_of_the_ends():
    twice = np.concatenate([COARSE[:4], COARSE[:4]])
    assert interpolate_codes(book(twice), 5, 7, 3)[[0, -1]].tolist() == [5, 7]


@pytest.mark.parametrize("combination", ["single", "sum", "concatenate"])
def test_grids_walk_position_by_position(combination):
    books = (book(COARSE),) if combination == "single" else (book(COARSE), book(FINE))
    ends = [tokens(*(RNG.integers(0, 32, (3, 4)) for _ in books)) for _ in range(2)]
    path = interpolate_tokens(*ends, Bench(books, combination), 5)
    assert path[0] is ends[0] and path[-1] is ends[1] and len(path) == 5
    for t, step in zip(np.linspace(0, 1, 5)[1:-1], path[1:-1], strict=True):
        for place in np.ndindex(3, 4):
            a, b = ([one.indices[q][place] for q in range(len(books))] for one in ends)
            vectors = [(1 - t) * k.vectors[i] + t * k.vectors[j] for k, i, j in zip(books, a, b, strict=True)]
            codes = [level[place] for level in step.indices]
            if combination == "sum":
                vectors = [sum(vectors), sum(vectors) - COARSE[codes[0]]]
            for one, code, wanted in zip(books, codes, vectors, strict=True):
                assert is_nearest(one.vectors, code, wanted)
        assert step.whole and step.indices[0].shape == (3, 4)


def test_what_has_no_path():
    bench, one = Bench((book(COARSE),)), tokens(np.zeros((2, 2), int))
    with pytest.raises(RecordError, match="one shape"):
        interpolate_tokens(one, tokens(np.zeros((2, 3), int)), bench, 3)
    for steps in (1, 121):
        with pytest.raises(SettingsError, match="from 2 to 120"):
            interpolate_tokens(one, one, bench, steps)
    with pytest.raises(RecordError, match="code 32"):
        interpolate_codes(book(COARSE), 0, 32, 3)
    scales = tokens(np.zeros((1, 1), int), np.zeros((2, 2), int))
    with pytest.raises(RecordError, match="no common path"):
        interpolate_tokens(scales, scales, Bench((book(COARSE), book(FINE)), "sum"), 3)
