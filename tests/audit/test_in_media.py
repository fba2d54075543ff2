"""In how many media codes occur, and their counts in stretches, against counting each medium by itself."""

import itertools

import numpy as np
import pytest

from explorer.audit.in_media import InMedia
from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.run import Reading, audit_indices
from explorer.joints.audit_parts import CODES_IN_ORDER, STRETCHES

SIZE = 20


def media(count, seed=0, longest=30):
    random = np.random.default_rng(seed)
    return [random.integers(0, random.integers(1, SIZE + 1), random.integers(1, longest)) for _ in range(count)]


def assert_counted(counted, every):
    table = np.stack([np.bincount(codes, minlength=SIZE) for codes in every])  # (media, K)
    assert counted.media == len(every)
    assert counted.occurs().tolist() == (table > 0).sum(0).tolist()
    kept = counted.stretches()
    stride = 1
    while -(-len(every) // stride) > STRETCHES:
        stride *= 2
    expected = [table[start : start + stride].sum(0) for start in range(0, len(every), stride)]
    assert kept.tolist() == np.array(expected).tolist() and kept.sum() == table.sum()


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 65, 300])
def test_media_one_by_one_and_many_at_once(count):
    every, one, many = media(count), InMedia(SIZE), InMedia(SIZE)
    for codes in every:
        one.add(*np.unique(codes, return_counts=True))
    assert_counted(one, every)
    cuts = sorted({0, count // 3, count // 2, count})
    for start, stop in itertools.pairwise(cuts):
        some = every[start:stop]
        many.add_many(np.concatenate(some), np.array([len(codes) for codes in some]), np.arange(start, stop))
    assert_counted(many, every)


def test_it_goes_on_from_a_state():
    every, whole, part = media(90), InMedia(SIZE), InMedia(SIZE)
    for codes in every[:47]:
        part.add(*np.unique(codes, return_counts=True))
    again = InMedia(SIZE)
    again.restore({name: array.copy() for name, array in part.state().items()})
    for codes in every[47:]:
        again.add(*np.unique(codes, return_counts=True))
    for codes in every:
        whole.add(*np.unique(codes, return_counts=True))
    assert (
        again.stretches().tolist() == whole.stretches().tolist() and again.occurs().tolist() == whole.occurs().tolist()
    )


def test_a_very_large_codebook_keeps_no_stretches():
    counted = InMedia(CODES_IN_ORDER + 1)
    counted.add(np.array([3]), np.array([5]))
    assert counted.stretches() is None and counted.occurs()[3] == 1 and "stretches" not in counted.state()


@pytest.mark.parametrize("shape", [(50, 40), (3, 5000), (500, 4)])
def test_plain_indices_are_counted_by_their_media(tmp_path, shape, monkeypatch):
    codes = np.random.default_rng(2).integers(0, SIZE, shape)
    codes[0] = 3
    np.save(tmp_path / "i.npy", codes)
    monkeypatch.setattr("explorer.audit.indices.blocks.PIECE", 256)  # media that span pieces, and pieces of many media
    level = audit_indices(tmp_path / "i.npy", SIZE, Reading("b,t")).levels[0]
    table = np.stack([np.bincount(medium, minlength=SIZE) for medium in codes])
    assert level.media == len(codes) and level.occurs.tolist() == (table > 0).sum(0).tolist()
    assert level.stretches.sum(0).tolist() == table.sum(0).tolist()


def test_padding_occurs_in_no_medium(tmp_path):
    codes = np.full((40, 10), 4)
    codes[:, 5:] = -1
    np.save(tmp_path / "i.npy", codes)
    level = audit_indices(tmp_path / "i.npy", SIZE, Reading("b,t", Padding((-1,)))).levels[0]
    assert level.occurs.tolist() == [40 if code == 4 else 0 for code in range(SIZE)] and level.counts[4] == 200
