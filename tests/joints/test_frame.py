"""Frame: what fits together is counted right, and each way of not fitting is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.frame import DEAD, LIVE, UNSEEN, Frame, FrameEvent, FrameLevel

N, K, D = 6, 4, 3


def level(**other) -> FrameLevel:
    values = {
        "z_e": np.zeros((N, D), np.float32),
        "indices": np.arange(N, dtype=np.int32) % K,
        "vectors": np.ones((K, D), np.float32),
        "counts": np.ones(K, np.float32),
        "silent": np.zeros(K, np.int32),
        "state": np.array([LIVE, DEAD, DEAD, UNSEEN], np.uint8),
        "metric": "euclidean",
        "window": 20,
    }
    return FrameLevel(**(values | other))


def frame(**other) -> Frame:
    values = {"step": 10, "latents_seen": 60, "batch_size": N, "levels": (level(), level())}
    return Frame(**(values | other))


def test_codes_are_counted_by_their_state():
    one = level()
    assert (one.codebook_size, one.dead, one.unseen) == (K, 2, 1)


def test_bytes_are_those_of_all_arrays():
    bytes_of_level = 4 * (N * D + N + K * D + K + K) + K
    assert level().nbytes == bytes_of_level
    assert level(gradient=np.zeros((N, D), np.float32)).nbytes == bytes_of_level + 4 * N * D
    pictures = np.zeros((2, 8, 8, 3), np.uint8)
    assert frame(inputs=pictures, outputs=pictures).nbytes == 2 * bytes_of_level + 2 * pictures.nbytes


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("z_e", (N,), "z_e must have 2 axes"),
        ("vectors", (K,), "vectors must have 2 axes"),
        ("vectors", (K, D + 1), "codes have 4 dimensions and latents 3"),
        ("indices", (N, 1), "indices must have shape"),
        ("counts", (K + 1,), "counts must have shape"),
        ("silent", (K - 1,), "silent must have shape"),
        ("state", (K, 1), "state must have shape"),
        ("gradient", (N, D + 1), "gradient must have shape"),
    ],
)
def test_arrays_of_a_level_must_fit(name, shape, words):
    with pytest.raises(RecordError, match=words):
        level(**{name: np.zeros(shape, np.float32)})


@pytest.mark.parametrize("wrong", [-1, K])
def test_indices_must_name_codes(wrong):
    indices = np.zeros(N, np.int32)
    indices[2] = wrong
    with pytest.raises(RecordError, match=r"outside 0\.\.3"):
        level(indices=indices)


def test_a_state_must_be_one_of_the_three():
    with pytest.raises(RecordError, match="states of codes are 0, 1 or 2, got 3"):
        level(state=np.array([0, 1, 2, 3], np.uint8))


def test_a_level_may_show_no_latents():
    empty = level(z_e=np.zeros((0, D), np.float32), indices=np.zeros(0, np.int32))
    assert empty.nbytes < level().nbytes


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"step": -1}, "step -1"),
        ({"latents_seen": -1}, "-1 latents"),
        ({"batch_size": 0}, "batches of 0"),
        ({"levels": ()}, "at least one level"),
        ({"inputs": np.zeros((N, 2))}, "both inputs and outputs"),
        ({"outputs": np.zeros((N, 2))}, "both inputs and outputs"),
        ({"inputs": np.zeros((N, 2)), "outputs": np.zeros((N, 3))}, "outputs must have shape"),
        ({"inputs": np.zeros((N + 1, 2)), "outputs": np.zeros((N + 1, 2))}, "inputs must have shape"),
        (
            {"levels": (level(), level(z_e=np.zeros((2, D)), indices=np.zeros(2, np.int32)))},
            r"levels show \[6, 2\] latents",
        ),
    ],
)
def test_parts_of_a_frame_must_fit(other, words):
    with pytest.raises(RecordError, match=words):
        frame(**other)


def test_points_pictures_and_events_are_taken():
    points = np.zeros((N, 2), np.float32)
    event = FrameEvent(10, 0, 1, "split", 3, died_again=True)
    whole = frame(inputs=points, outputs=points, events=(event,), losses={"commitment": 0.5})
    assert whole.events == (event,) and whole.losses["commitment"] == 0.5
    grey = np.zeros((8, 8, 8), np.uint8)
    assert frame(inputs=grey, outputs=grey).inputs is grey


def test_a_sample_of_a_codebook_names_its_codes():
    one = level(numbers=np.array([1, 5, 6, 9], np.int32), whole=10)
    assert one.sampled and not level().sampled and one.codebook_size == K
    with pytest.raises(RecordError, match="codes 1 to 10 are not all of 10"):
        level(numbers=np.array([1, 5, 6, 10], np.int32), whole=10)
    with pytest.raises(RecordError, match="numbers must have shape"):
        level(numbers=np.array([1, 5], np.int32), whole=10)


def test_a_level_may_show_no_latents_but_not_fewer():
    none = level(z_e=np.zeros((0, D), np.float32), indices=np.zeros(0, np.int32))
    assert frame(levels=(none, level())).levels[0].z_e.shape == (0, D)
    with pytest.raises(RecordError, match="levels show"):
        frame(levels=(level(z_e=np.zeros((2, D), np.float32), indices=np.zeros(2, np.int32)), level()))
