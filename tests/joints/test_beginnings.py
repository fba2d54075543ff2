"""Frames of beginnings: what comes back from the file is what went in, each array once, and damage is said."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.files.beginnings import ARRAYS, beginnings_bytes, made_with, read_beginning
from explorer.joints.frame import UNSEEN, Frame, FrameEvent, FrameLevel

RNG = np.random.default_rng(0)


def level(z_e, codes=3):
    dim = z_e.shape[1]
    return FrameLevel(
        z_e=z_e,
        indices=RNG.integers(0, codes, len(z_e), dtype=np.int32),
        vectors=RNG.normal(size=(codes, dim)).astype(np.float32),
        counts=RNG.random(codes, dtype=np.float32),
        silent=np.arange(codes, dtype=np.int32),
        state=np.full(codes, UNSEEN, np.uint8),
        metric="cosine",
        window=20,
        won=np.full((codes, dim), np.nan, np.float32),
    )


def frames():
    z_e, other = RNG.normal(size=(500, 2)).astype(np.float32), RNG.normal(size=(500, 1)).astype(np.float32)
    pictures = RNG.integers(0, 255, (2, 4, 4), dtype=np.uint8)
    return {
        "points": Frame(0, 0, 64, (level(z_e),), {"commitment": 0.25}, {"active_0": 2.0}, z_e, z_e + 1),
        "pictures": Frame(0, 0, 32, (level(z_e), level(other, 5)), {}, {}, pictures, 255 - pictures),
    }


def test_a_beginning_comes_back_as_it_was_but_for_points(tmp_path):
    made = frames()
    path = tmp_path / "beginnings.npz"
    path.write_bytes(beginnings_bytes(made, "a machine"))
    assert made_with(path) == "a machine"
    for name, frame in made.items():
        read = read_beginning(path, name)
        plain = ("step", "latents_seen", "batch_size", "losses", "measures", "events")
        assert [getattr(read, one) for one in plain] == [getattr(frame, one) for one in plain]
        for got, level in zip(read.levels, frame.levels, strict=True):
            assert (got.metric, got.window) == ("cosine", 20)
            for one in ARRAYS:
                np.testing.assert_array_equal(getattr(got, one), getattr(level, one))
                assert getattr(got, one).dtype == getattr(level, one).dtype
    assert read_beginning(path, "points").inputs is None, "as large as the latents"
    np.testing.assert_array_equal(read_beginning(path, "pictures").outputs, made["pictures"].outputs)
    assert read_beginning(path, "another") is None


def test_the_same_latents_are_there_once():
    one = frames()["points"]
    both = {"a": one, "b": replace(one, levels=(replace(one.levels[0], window=30),))}
    assert len(beginnings_bytes(both, "")) < 1.2 * len(beginnings_bytes({"a": one}, ""))


def test_what_has_happened_before_is_no_beginning():
    with pytest.raises(RecordError, match="late"):
        beginnings_bytes({"late": replace(frames()["points"], events=(FrameEvent(0, 0, 1, "split", 2),))}, "")


@pytest.mark.parametrize("damage", ["none", "text", "cut", "other"])
def test_damage_is_said_with_the_file(tmp_path, damage):
    path = tmp_path / "beginnings.npz"
    whole = beginnings_bytes(frames(), "")
    if damage == "other":
        np.savez(path, meta=np.array('{"format": "something else"}'))
    elif damage != "none":
        path.write_bytes(b"no zip" if damage == "text" else whole[: len(whole) // 2])
    for read in (lambda: read_beginning(path, "points"), lambda: made_with(path)):
        with pytest.raises(RecordError, match=r"beginnings\.npz"):
            read()


def test_whatever_byte_is_damaged_nothing_else_is_raised(tmp_path):
    """The page of the lab goes without a beginning then; an error of zlib once left it without its run."""
    path, rng = tmp_path / "beginnings.npz", np.random.default_rng(0)
    whole, refused = beginnings_bytes(frames(), ""), 0
    for place in rng.integers(0, len(whole), 200):
        torn = bytearray(whole)
        torn[place : place + 3] = rng.bytes(3)
        path.write_bytes(torn)
        try:
            made_with(path)
            for name in frames():
                read_beginning(path, name)
        except RecordError as error:
            refused += "beginnings.npz" in str(error)
    assert refused > 150
