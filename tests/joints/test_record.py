"""The joint: regions tile, lattices count as by hand, and arrays that do not fit are refused by name."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord

AXES = ((-1.0, 0.0, 1.0), (-0.5, 0.5), (-2.0, -1.0, 1.0, 2.0))


def make_codebook(size: int = 5, dim: int = 2, **changes) -> Codebook:
    vectors = np.arange(size * dim, dtype=np.float32).reshape(size, dim)
    return Codebook(**{"codebook_size": size, "codebook_dim": dim, "metric": "euclidean", "vectors": vectors} | changes)


def make_level(indices=None, codebook: Codebook | None = None, **changes) -> TokenLevel:
    indices = np.array([[0, 1, 2], [2, 4, 0]]) if indices is None else np.asarray(indices)
    codebook = codebook or make_codebook()
    latents = np.zeros((indices.size, codebook.codebook_dim), np.float32)
    layout = TokenLayout("grid2d", (2, 3), (16, 24))
    values = {"indices": indices, "z_e": latents, "z_q": latents, "codebook": codebook, "layout": layout}
    return TokenLevel(**values | changes)


def make_record(**changes) -> TokenRecord:
    media = np.zeros((16, 24, 3), np.float32)
    values = {"media": media, "tokenizer_id": "fake", "levels": (make_level(),), "reconstruction": media, "seconds": {}}
    return TokenRecord(**values | changes)


@pytest.mark.parametrize(
    ("kind", "shape", "media_shape"),
    [
        ("grid2d", (4, 6), (32, 48)),
        ("grid2d", (3, 5), (32, 48)),  # not divided evenly
        ("grid2d", (7, 1), (5, 9)),  # more tokens than pixels along an axis
        ("sequence", (7,), (100,)),
        ("grid3d", (2, 3, 4), (5, 17, 33)),
    ],
)
def test_regions_tile_the_medium_exactly(kind, shape, media_shape):
    layout = TokenLayout(kind, shape, media_shape)
    painted = np.zeros(media_shape, int)
    for position in range(layout.num_tokens):
        painted[layout.region(position)] += 1
    np.testing.assert_array_equal(painted, np.ones(media_shape, int))


def test_regions_are_in_row_major_order():
    layout = TokenLayout("grid2d", (2, 3), (16, 24))
    assert layout.region(4) == (slice(8, 16), slice(8, 16))
    assert TokenLayout("sequence", (3,), (10,)).region(1) == (slice(3, 6),)


@pytest.mark.parametrize("kind", ["set1d", "graph"])
def test_layouts_without_a_place_have_no_region(kind):
    layout = TokenLayout(kind, (4,))
    assert layout.num_tokens == 4 and layout.region(3) is None


@pytest.mark.parametrize("position", [-1, 6])
def test_a_position_outside_is_refused(position):
    with pytest.raises(RecordError, match=rf"position {position} is outside 0\.\.5"):
        TokenLayout("grid2d", (2, 3), (16, 24)).region(position)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hexagon", (3,), (9,)), "hexagon.*grid2d"),
        (("grid2d", (3,), (9, 9)), "2 positive axes"),
        (("grid2d", (3, 0), (9, 9)), "2 positive axes"),
        (("sequence", (3,), ()), "media extents"),
        (("grid2d", (3, 3), (9,)), "media extents"),
        (("grid3d", (1, 2, 3), (0, 8, 8)), "media extents"),
    ],
)
def test_impossible_layouts_are_refused(arguments, message):
    with pytest.raises(RecordError, match=message):
        TokenLayout(*arguments)


@pytest.mark.parametrize("first_slowest", [True, False])
@pytest.mark.parametrize("axes", [AXES, AXES[:1], ((-1.0, 1.0),) * 5])
def test_lattice_lists_its_codes_as_a_brute_force_product_does(axes, first_slowest):
    rule = LatticeRule("lattice", axes, first_slowest)
    # itertools.product counts its last axis fastest.
    expected = np.array(list(itertools.product(*(axes if first_slowest else axes[::-1]))), np.float32)
    expected = expected if first_slowest else expected[:, ::-1]
    indices = np.arange(rule.codebook_size)
    assert rule.codebook_size == len(expected) == math.prod(rule.levels)
    np.testing.assert_array_equal(rule.rows(indices), expected)
    np.testing.assert_array_equal((rule.digits(indices) * rule.radix()).sum(axis=-1), indices)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64, np.int64])
def test_lattice_takes_indices_of_any_shape_and_integer_type(dtype):
    rule = LatticeRule("fsq", AXES, False)
    indices = np.array([[0, 5, 23], [7, 7, 1]], dtype)
    assert rule.digits(indices).shape == rule.rows(indices).shape == (2, 3, 3)
    np.testing.assert_array_equal(rule.digits(indices)[0], [[0, 0, 0], [2, 1, 0], [2, 1, 3]])  # 5 = 2 + 1 * 3
    assert rule.rows(np.array(23)).tolist() == [1.0, 0.5, 2.0]


def test_a_lattice_of_2_to_18_codes_is_never_listed():
    rule = LatticeRule("lfq", ((-1.0, 1.0),) * 18, True)
    book = Codebook(2**18, 18, "implicit", rule=rule)
    row = book.rows(np.array([0b100000000000000001]))[0]
    assert row.tolist() == [1.0] + [-1.0] * 16 + [1.0]


def test_codebook_rows():
    book = make_codebook(counts=np.zeros(5))
    np.testing.assert_array_equal(book.rows(np.array([[4, 0]])), [[[8, 9], [0, 1]]])


RULE = LatticeRule("fsq", AXES, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": None}, "either vectors or a rule"),
        ({"rule": RULE}, "either vectors or a rule"),
        ({"codebook_size": 6}, r"shape \(5, 2\), expected \(6, 2\)"),
        ({"codebook_dim": 3}, r"shape \(5, 2\), expected \(5, 3\)"),
        ({"codebook_size": 0}, "got 0 in 2"),
        ({"metric": "implicit"}, "euclidean, cosine or dot"),
        ({"metric": "manhattan"}, "not manhattan"),
        ({"counts": np.zeros(4)}, r"counts have shape \(4,\), expected \(5,\)"),
        ({"vectors": None, "rule": RULE}, "implicit, not euclidean"),
        ({"vectors": None, "rule": RULE, "metric": "implicit"}, "24 codes in 3 dimensions, expected 5 in 2"),
        ({"vectors": None, "rule": LatticeRule("big", ((-1, 1),) * 64, True), "codebook_size": 2**64}, "2\\^63-1"),
    ],
)
def test_codebooks_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(RecordError, match=message):
        make_codebook(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indices": np.zeros((2, 3))}, "float64, not integers"),
        ({"indices": np.zeros((3, 2), int)}, r"shape \(3, 2\), the layout \(2, 3\)"),
        ({"indices": np.full((2, 3), -1)}, r"from -1 to -1, outside 0\.\.4"),
        ({"indices": np.full((2, 3), 5)}, r"from 5 to 5, outside 0\.\.4"),
        ({"z_e": np.zeros((5, 2))}, r"z_e has shape \(5, 2\).*\(6, 2\)"),
        ({"z_q": np.zeros((6, 3))}, r"z_q has shape \(6, 3\).*\(6, 2\)"),
    ],
)
def test_levels_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(RecordError, match=message):
        make_level(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levels": ()}, "at least one level"),
        ({"levels": (make_level(), make_level())}, "'single' has one level, got 2"),
        ({"reconstruction": np.zeros((16, 16, 3))}, r"\(16, 16, 3\), media \(16, 24, 3\)"),
    ],
)
def test_records_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(RecordError, match=message):
        make_record(**changes)


def test_bits_by_hand():
    record = make_record(levels=(make_level(), make_level(indices=np.full((2, 3), 3))), combination="sum")
    # Level 0: codes 0, 0, 2, 2, 1, 4: two of share 1/3 and two of share 1/6. Level 1: one code, no information.
    empirical = 4 * math.log2(3) + 2 * math.log2(6)
    assert record.num_tokens == 12
    assert record.bits_uniform == pytest.approx(12 * math.log2(5))
    assert record.bits_empirical == pytest.approx(empirical)
    assert record.bits_per_pixel("uniform") == pytest.approx(12 * math.log2(5) / (16 * 24))
    assert record.bits_per_pixel("empirical") == pytest.approx(empirical / (16 * 24))
    assert record.bitrate_bps("uniform") is None


def test_a_single_code_costs_zero_bits_and_not_minus_zero():
    assert str(make_level(indices=np.full((2, 3), 3)).bits_empirical) == "0.0"


def test_bits_of_sound_and_video():
    level = make_level(indices=[0, 1, 2, 3], layout=TokenLayout("sequence", (4,), (800,)))
    sound = np.zeros((800, 1))
    record = make_record(media=sound, reconstruction=sound, levels=(level,), modality="audio", sample_rate_hz=1600.0)
    assert record.bits_per_pixel("uniform") is None
    assert record.bitrate_bps("uniform") == pytest.approx(4 * math.log2(5) / 0.5)
    assert record.bitrate_bps("empirical") == pytest.approx(4 * 2 / 0.5)
    video = np.zeros((2, 8, 8, 3))
    level = make_level(indices=[[[0]], [[1]]], layout=TokenLayout("grid3d", (2, 1, 1), (2, 8, 8)))
    record = make_record(media=video, reconstruction=video, levels=(level,), modality="video")
    assert record.num_pixels == 128 and record.bits_per_pixel("empirical") == pytest.approx(2 / 128)
