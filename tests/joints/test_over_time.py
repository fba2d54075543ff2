"""Tokens over time against counting them one by one, and a case by hand."""

from itertools import pairwise

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.measures.over_time import change_over_time, code_times, reuse_over_time
from explorer.joints.record import Codebook, TokenLayout, TokenLevel


def level_of(indices, size=None):
    indices = np.asarray(indices)
    steps, rows, columns = indices.shape
    size = size or int(indices.max()) + 1
    vectors = np.random.default_rng(0).standard_normal((size, 2)).astype(np.float32)
    layout = TokenLayout("grid3d", indices.shape, (1 + 4 * (steps - 1), 8 * rows, 8 * columns), first_alone=True)
    z = vectors[indices.reshape(-1)]
    return TokenLevel(indices, z, z, Codebook(size, 2, "euclidean", vectors), layout)


BY_HAND = [[[5, 5], [7, 1]], [[5, 2], [7, 1]], [[2, 2], [1, 9]]]  # (T, rows, columns)


def test_a_clip_by_hand():
    level = level_of(BY_HAND, 12)
    change, reuse, times = change_over_time(level), reuse_over_time(level), code_times(level)
    assert change.counts.tolist() == [[1, 1], [1, 1]] and change.pairs == 2
    assert (change.changed, change.possible, change.share) == (4, 8, 0.5)
    assert reuse.codes.tolist() == [3, 4, 3] and reuse.new.tolist() == [3, 1, 1] and reuse.tokens == 4
    assert reuse.known_tokens.tolist() == [0, 3, 3] and reuse.same_tokens.tolist() == [0, 3, 1]
    assert times.codes.tolist() == [1, 5, 7, 2, 9]
    assert times.counts.tolist() == [[1, 1, 1], [2, 1, 0], [1, 1, 0], [0, 1, 2], [0, 0, 1]]


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_counting_one_by_one(seed):
    random = np.random.default_rng(seed)
    indices = random.integers(0, 40, (7, 5, 6)) * (random.random((7, 5, 6)) < 0.7)
    level = level_of(indices, 64)
    change, reuse, times = change_over_time(level), reuse_over_time(level), code_times(level)
    for row, column in np.ndindex(5, 6):
        track = indices[:, row, column].tolist()
        assert change.counts[row, column] == sum(a != b for a, b in pairwise(track))
    assert change.possible == 6 * 30
    seen, before = set(), None
    for step, plane in enumerate(indices):
        tokens = plane.ravel().tolist()
        here = set(tokens)
        assert reuse.codes[step] == len(here) and reuse.new[step] == len(here - seen)
        assert reuse.known_tokens[step] == sum(token in seen for token in tokens)
        same = 0 if before is None else sum(a == b for a, b in zip(tokens, before, strict=True))
        assert reuse.same_tokens[step] == same
        seen, before = seen | here, tokens
    assert reuse.new.sum() == len(seen) == len(times.codes)
    for place, code in enumerate(times.codes):
        assert times.counts[place].tolist() == [int((plane == code).sum()) for plane in indices]
    firsts = [int(np.argmax(row > 0)) for row in times.counts]
    assert firsts == sorted(firsts)


def test_a_single_step_cannot_change_and_a_picture_has_none():
    change, reuse = change_over_time(level_of([[[1, 2]]], 4)), reuse_over_time(level_of([[[1, 2]]], 4))
    assert (change.possible, change.share, change.counts.tolist()) == (0, None, [[0, 0]])
    assert (reuse.codes.tolist(), reuse.new.tolist(), reuse.same_tokens.tolist()) == ([2], [2], [0])
    level = level_of([[[1, 2]]], 4)
    flat = TokenLevel(level.indices[0], level.z_e, level.z_q, level.codebook, TokenLayout("grid2d", (1, 2), (8, 16)))
    for measure in (change_over_time, reuse_over_time, code_times):
        with pytest.raises(RecordError, match="only the tokens of a clip"):
            measure(flat)
