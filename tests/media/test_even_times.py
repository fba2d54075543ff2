"""Frames shown for uneven times come to even steps as a plain look at the screen finds them."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.media.clips.even_times import USUAL_RATE, even_times


@pytest.mark.parametrize("seed", range(8))
def test_each_step_shows_what_is_on_the_screen_in_its_middle(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.choice([0.04, 0.04, 0.1, 0.25], 12) * rng.uniform(0.95, 1.05, 12)
    starts = 3.0 + np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    even = even_times(list(starts), lengths[-1], 49)
    assert len(even.frames) <= 49 and len(even.notes) == 1
    for number, frame in enumerate(even.frames):
        middle = 3.0 + (number + 0.5) / even.rate
        assert starts[frame] < middle + 2e-3  # the rate is rounded to 0.001
        assert frame == 11 or starts[frame + 1] > middle - 2e-3


def test_even_times_are_kept_with_the_rate_of_the_header():
    starts = [round(n / 29.97, 3) for n in range(49)]  # in milliseconds, as Matroska has them
    even = even_times(starts, 0.033, 49, 30_000 / 1_001)
    assert (even.frames == np.arange(49)).all() and even.rate == 29.97 and even.notes == ()


@pytest.mark.parametrize("starts", [[None] * 4, [0.0, 0.1, 0.1, 0.2], [0.0, None, 0.2, 0.3]])
def test_times_that_nobody_knows_are_even_at_the_rate_of_the_header_or_said(starts):
    assert (even_times(starts, 0.1, 49, 10.0).rate, even_times(starts, 0.1, 49, 10.0).notes) == (10.0, ())
    unsaid = even_times(starts, 0.0, 49)
    assert unsaid.rate == USUAL_RATE and "does not say how fast" in unsaid.notes[0]


def test_a_long_hold_is_repeated_up_to_the_cap():
    even = even_times([0.0, 0.1, 0.2], 60.0, 49)
    assert list(even.frames) == [0, 1] + [2] * 47 and even.rate == 10
