"""What is computed of a level is computed once, and another level is never given it."""

import gc
from dataclasses import replace

import numpy as np

from explorer.analysis.lab.distances import error_of
from explorer.analysis.lab.memory import LevelMemory
from explorer.analysis.lab.reading import read_run
from tests.analysis.lab.made_frames import frame

ASKED = []


def first_latent(level):
    ASKED.append(level)
    return float(level.z_e[0, 0])


def test_a_value_is_computed_once_for_a_level_and_anew_for_another_in_its_place(cloud):
    memory, level = LevelMemory(), frame(10, *cloud).levels[0]
    ASKED.clear()
    values = [memory.of(first_latent, level) for _ in range(3)]
    assert values == 3 * [float(level.z_e[0, 0])] and len(ASKED) == 1
    assert memory.of(error_of, level) == error_of(level), "another function of the same level"
    for shift in range(50):  # an id is free again as soon as its level has gone
        ASKED.clear()
        other = replace(level, z_e=level.z_e + np.float32(shift + 1))
        assert memory.of(first_latent, other) == float(other.z_e[0, 0])
        del other
        gc.collect()


def test_a_level_that_has_gone_is_not_kept(cloud):
    memory = LevelMemory()
    for shift in range(3):
        other = frame(10 + shift, *cloud).levels[0]
        memory.of(error_of, other)
    ASKED.clear()
    del other
    gc.collect()
    assert all(held[0]() is None for held in memory._values.values())


def test_what_is_read_with_a_memory_is_what_is_read_without(cloud):
    class Kept:
        def after(self, step):
            return frames

    frames, memory = [frame(step, *cloud) for step in range(100, 140, 4)], LevelMemory()
    curves = type("None_", (), {"series": lambda self, name: (np.zeros(0, np.int64), np.zeros(0))})()
    for _ in range(2):
        ours, plain = (read_run(curves, Kept(), None, memory=one) for one in (memory, None))
        for name in (
            "reference",
            "reference_of_fewer",
            "most_fitted",
            "held_out_error",
            "evenness",
            "lately",
            "spread",
        ):
            assert getattr(ours, name) == getattr(plain, name), name
