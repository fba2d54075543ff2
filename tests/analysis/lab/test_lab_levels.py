"""A run with several levels: each is judged, and what several of them have is one finding that names them."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.analysis.lab.diagnosis import found_in
from explorer.analysis.lab.levels import settle_on_levels
from explorer.analysis.lab.reading import read_run
from explorer.lab.history import Curves, EventLog, Timeline
from tests.analysis.lab.made_frames import K, frame, titles, told


def stacked(step, *frames):
    """A frame of the levels of several."""
    return replace(frames[0], step=step, levels=tuple(one.levels[0] for one in frames))


@pytest.fixture
def at(cloud):
    """A frame whose levels have so many dead codes each; dead ones lie far from all latents where `far`."""

    def make(step, *dead, far=False):
        made = []
        for count in dead:
            z, vectors = cloud[0], cloud[1].copy()
            if far:
                vectors[K - count :] += 50
            made.append(frame(step, z, vectors, dead=count))
        return stacked(step, *made)

    return make


def test_dead_codes_of_every_level_are_named_in_one_finding(at):
    found = told([at(0, 0, 0, 0, 0), at(500, 3, 12, 0, 5)])
    dead = [one for one in found if "codes dead" in one.title]
    assert [one.title for one in dead] == ["12 of 16 codes dead"]
    assert "12 of 16 codes dead on level 2" in dead[0].text
    assert dead[0].text.endswith(" Level 1: 3 of 16 codes dead. Level 4: 5 of 16 codes dead.")


def test_what_only_a_level_with_fewer_dead_codes_has_is_said_of_that_level(cloud):
    """Level 1 has two dead codes and fits; level 2 has none, and all its codes lie on each other."""
    z, vectors = cloud
    alike = vectors[np.arange(K) % 2] + 1e-6 * np.arange(K)[:, None]
    each = np.arange(len(z)) % K
    now = stacked(500, frame(500, z, vectors, dead=2), frame(500, z, alike, each))
    found = told([replace(now, step=0), now])
    (duplicates,) = (one for one in found if one.title == "Near-duplicate codes")
    assert duplicates.text.startswith("Level 2: 16 of 16 codes in use lie on another")
    assert "2 of 16 codes dead" in titles(found) and "on level 1" in next(o.text for o in found if "dead" in o.title)


def test_the_same_of_several_levels_is_said_once_with_their_numbers(at):
    found = told([at(0, 0, 0, 0), at(500, 8, 8, 8, far=True)])
    (far,) = (one for one in found if one.title == "Codes far from all latents")
    assert far.text.startswith("Level 1: Dead codes (8 of 16) lie ") and far.text.endswith(" Levels 2 and 3 likewise.")


def test_a_run_that_is_well_says_so_of_each_level(at):
    (only,) = told([at(0, 0, 0), at(1000, 0, 1)])
    assert only.level == "good" and "15 of 16 codes in use on level 2" in only.text
    assert " Level 1: 16 of 16 in use, error " in only.text


def test_a_level_that_shows_no_latents_is_not_judged(at):
    now = at(500, 12, 0)
    nothing = replace(now.levels[1], z_e=np.zeros((0, 2), np.float32), indices=np.zeros(0, np.int32))
    frames = [replace(at(0, 0, 0), levels=(now.levels[0], nothing)), replace(now, levels=(now.levels[0], nothing))]
    found = told(frames)
    assert "12 of 16 codes dead" in titles(found) and not any("Level 2" in one.text for one in found)


def test_of_one_level_what_is_said_stays_as_it_is(at):
    timeline = Timeline()
    for one in (at(0, 0), at(500, 12)):
        timeline.add(one)
    run = read_run(Curves(), timeline, EventLog())
    assert run.by_level() == [run]
    assert not any("evel 1" in one.text for one in found_in(run))
    assert settle_on_levels(lambda one: None, [run]) is None
