"""Numbers that stand for codes in a dump: by hand, and back again."""

import numpy as np
import pytest

from explorer.dumps.writing.codes import PlainCodes, Vocabulary, codes_of, dtype_for
from explorer.foundation.errors import RecordError, SettingsError

CASES = {
    "one level": ((7,), [(2, 3)]),
    "levels of one shape": ((4, 3, 9), [(2, 2)] * 3),
    "levels of shapes of their own": ((4, 9), [(2,), (5,)]),
    "one token": ((4, 3), [(1,)] * 2),
}


def levels_of(sizes, shapes, seed=0):
    chance = np.random.default_rng(seed)
    return [chance.integers(0, size, shape) for size, shape in zip(sizes, shapes, strict=True)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("made", [PlainCodes, Vocabulary, lambda sizes: Vocabulary(sizes, 7, True)])
def test_numbers_lead_back_to_the_indices(case, made):
    sizes, shapes = CASES[case]
    codes, levels = made(sizes), levels_of(sizes, shapes)
    numbers = codes.numbers(levels)
    assert int(numbers.max()) <= codes.highest
    for back, level in zip(codes.levels(numbers, shapes), levels, strict=True):
        np.testing.assert_array_equal(back, level)
    assert codes_of(sizes, codes.as_meta()) == codes


def test_plain_codes_by_hand():
    codes = PlainCodes((4, 3))
    levels = [np.array([0, 3]), np.array([2, 1])]
    assert codes.numbers(levels).tolist() == [[0, 3], [2, 1]]
    assert codes.numbers([np.array([0, 3]), np.array([2])]).tolist() == [0, 3, 2]
    assert PlainCodes((4,)).numbers([np.array([[0, 3]])]).tolist() == [[0, 3]]
    assert codes.axes([(2,), (2,)]) == "q,t" and codes.axes([(2,), (1,)]) == "t"
    assert PlainCodes((4,)).axes([(2, 3)]) == "h,w" and codes.axes([(2, 3, 4)] * 2) == "q,t,h,w"


def test_ids_by_hand():
    """Level 1 has ids 100 to 103, level 2 104 to 106; begin is 107, end 108."""
    levels = [np.array([0, 3]), np.array([2, 1])]
    assert Vocabulary((4, 3), 100, True).numbers(levels).tolist() == [107, 100, 106, 103, 105, 108]
    assert Vocabulary((4, 3), 100).numbers(levels).tolist() == [100, 106, 103, 105]
    assert Vocabulary((4, 3)).numbers([np.array([0, 3]), np.array([2])]).tolist() == [0, 3, 6]
    assert Vocabulary((4, 3), 100, True).stop == 109 and Vocabulary((4, 3), 100).stop == 107


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([107, 100, 106, 103, 105], "5 tokens, its shapes tell 6"),
        ([107, 100, 106, 103, 105, 107], "begin with 107 and end with 107, not with the tags 107 and 108"),
        ([107, 104, 106, 103, 105, 108], "level 1 reach from 103 to 104, outside of its own, 100 to 103"),
        ([107, 100, 103, 103, 105, 108], "level 2 reach from 103 to 105, outside of its own, 104 to 106"),
    ],
)
def test_ids_that_are_out_of_place_are_named(ids, words):
    with pytest.raises(RecordError, match=words):
        Vocabulary((4, 3), 100, True).levels(np.array(ids), [(2,), (2,)])


@pytest.mark.parametrize(
    ("codes", "wanted", "expected"),
    [
        (PlainCodes((32768,)), None, "int16"),
        (PlainCodes((32769,)), None, "int32"),
        (PlainCodes((65536,)), "uint16", "uint16"),
        (PlainCodes((2**31 + 1,)), None, "int64"),
        (Vocabulary((1024,), 2**15 - 1024), None, "int16"),
        (Vocabulary((1024,), 2**15 - 1024, True), None, "int32"),
        (Vocabulary((1024,), 128_256, True), None, "int32"),
        (Vocabulary((1024,), 2**63 - 1024), None, "int64"),
    ],
)
def test_the_smallest_type_that_holds_the_highest_number(codes, wanted, expected):
    assert dtype_for(codes, wanted) == expected


@pytest.mark.parametrize(
    ("codes", "wanted", "words"),
    [
        (
            Vocabulary((1024,), 32_000),
            "int16",
            r"id is 33,023, and int16 ends at 32,767\. Give a lower --offset",
        ),
        (PlainCodes((65537,)), "uint16", r"highest code is 65,536, and uint16 ends at 65,535\. Give --dtype int32"),
        (Vocabulary((1024,), 2**63), None, "more than 64 bits hold"),
        (PlainCodes((4,)), "float32", "no --dtype 'float32'"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(codes, wanted, words):
    with pytest.raises(SettingsError, match=words):
        dtype_for(codes, wanted)


def test_an_offset_below_zero_and_a_vocabulary_of_other_codebooks_are_refused():
    with pytest.raises(SettingsError, match="0 or more, not -1"):
        Vocabulary((4,), -1)
    with pytest.raises(RecordError, match="does not fit"):
        codes_of((4, 4), Vocabulary((4, 3), 5).as_meta())
