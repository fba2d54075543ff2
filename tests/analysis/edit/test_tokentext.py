"""Tokens as text and back: every order and style, orders against recursions and loops, and what cannot be read."""

import itertools
import re

import numpy as np
import pytest

from explorer.analysis.codes.order import ORDERS, token_order
from explorer.analysis.edit.text import TextForm, TokenTextError, parse_tokens, token_text
from explorer.foundation.errors import RecordError, SettingsError

RNG = np.random.default_rng(0)
SHAPES = [(5,), (1, 1), (4, 4), (3, 5), (8, 2), (2, 3, 4)]


def hilbert_recursive(side):
    """Cells (x, y) of a square along Hilbert's curve, by the recursion of four turned copies."""
    if side == 1:
        return [(0, 0)]
    half, part = side // 2, hilbert_recursive(side // 2)
    first = [(y, x) for x, y in part]
    second = [(x, y + half) for x, y in part]
    third = [(x + half, y + half) for x, y in part]
    last = [(2 * half - 1 - y, half - 1 - x) for x, y in part]
    return first + second + third + last


@pytest.mark.parametrize("side", [1, 2, 4, 16])
def test_hilbert_is_the_recursion(side):
    expected = [y * side + x for x, y in hilbert_recursive(side)]
    mirrored = [x * side + y for x, y in hilbert_recursive(side)]
    assert token_order((side, side), "hilbert").tolist() in (expected, mirrored)


def test_multiscale_is_every_stride_after_the_other():
    for rows, columns in ((8, 8), (5, 7), (1, 6)):
        seen = []
        for stride in (8, 4, 2, 1):
            seen += [
                r * columns + c
                for r in range(0, rows, stride)
                for c in range(0, columns, stride)
                if r * columns + c not in seen
            ]
        assert token_order((rows, columns), "multiscale").tolist() == seen
    assert token_order((6,), "multiscale").tolist() == [0, 4, 2, 1, 3, 5]


def test_raster_and_column_are_numpys():
    grid = np.arange(15).reshape(3, 5)
    assert token_order((3, 5), "raster").tolist() == grid.ravel().tolist()
    assert token_order((3, 5), "column").tolist() == grid.ravel(order="F").tolist()
    frames = np.arange(24).reshape(2, 3, 4)
    assert token_order((2, 3, 4), "column").tolist() == [*frames[0].ravel("F"), *frames[1].ravel("F")]


@pytest.mark.parametrize(("shape", "order"), [*itertools.product(SHAPES, ORDERS)])
def test_every_position_comes_once(shape, order):
    assert sorted(token_order(shape, order).tolist()) == list(range(int(np.prod(shape))))


@pytest.mark.parametrize(
    ("shape", "order", "style", "by"), [*itertools.product(SHAPES, ORDERS, ("numbers", "tags"), ("level", "position"))]
)
def test_what_is_written_is_read_back(shape, order, style, by):
    sizes = (10, 1024, 3)
    indices = [RNG.integers(0, size, shape) for size in sizes]
    for offset, separate in ((0, False), (32_000, True)):
        form = TextForm(style, order, by, offset, separate, "v-tok")
        text = token_text(indices, sizes, form)
        read = parse_tokens(text, [shape] * 3, sizes, form)
        assert all(np.array_equal(a, b) for a, b in zip(read, indices, strict=True))


def test_the_text_by_hand():
    level = np.array([[0, 1, 2], [3, 4, 5]])
    assert token_text([level], [6]) == "0 1 2\n3 4 5"
    assert token_text([level], [6], TextForm(order="column")) == "0 3 1 4 2 5"
    assert (
        token_text([level], [6], TextForm("tags", offset=100))
        == "<img_100><img_101><img_102>\n<img_103><img_104><img_105>"
    )
    both = [level, level[::-1]]
    assert token_text(both, [6, 6]) == "0 1 2\n3 4 5\n\n3 4 5\n0 1 2"
    apart = TextForm("tags", by="position", separate_levels=True)
    assert token_text(both, [6, 6], apart).startswith("<img_0><img_9><img_1><img_10>")


def test_levels_of_different_shapes_go_level_by_level():
    scales = [np.array([[7]]), RNG.integers(0, 9, (2, 2)), RNG.integers(0, 9, (3, 4))]
    shapes, form = [level.shape for level in scales], TextForm(order="hilbert")
    read = parse_tokens(token_text(scales, [9] * 3, form), shapes, [9] * 3, form)
    assert all(np.array_equal(a, b) for a, b in zip(read, scales, strict=True))
    with pytest.raises(RecordError, match="level by level"):
        token_text(scales, [9] * 3, TextForm(by="position"))


@pytest.mark.parametrize("text", ["[[0, 1],\n [2, 3]]", "0,1;2 3", "(0 +1)\t{002\r\n3}"])
def test_lists_of_other_languages_can_be_pasted(text):
    assert parse_tokens(text, [(2, 2)], [4])[0].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("text", "form", "words", "at"),
    [
        ("0 1 2", {}, r"has 3 tokens, but 4 are needed \(2 x 2\): 1 missing", ""),
        ("", {}, "has 0 tokens, but 4 are needed", ""),
        ("0 1 2 3 4 5", {}, "2 too many, from token 5 on", "4 5"),
        ("0 1 9 3", {}, r"Token 3 \(row 2, column 1\) is 9, but must be from 0 to 4", "9"),
        ("0 1 9 3", {"order": "column"}, r"Token 3 \(row 1, column 2\)", "9"),
        ("0 -1 2 3", {}, r"Token 2 \(row 1, column 2\) is -1", "-1"),
        ("0 1.0 2 3", {}, r"Token 2 \(character 3\), '1.0', is not a whole number", "1.0"),
        ("0 one 2 3", {}, "'one', is not a whole number", "one"),
        ("0 \u0661 2 3", {}, "is not a whole number", "\u0661"),
        (f"0 {'9' * 5000} 2 3", {}, "is not a whole number", "9" * 5000),
        ("99999999999999999999 1 2 3", {}, "must be from 0 to 4", "9" * 20),
        ("<img_0> 1 2 3", {}, "looks like a tag", "<img_0>"),
        ("0 1 2 3", {"style": "tags"}, "such as <img_0>. It looks like a plain number", "0"),
        (
            "<img_0><vid_1><img_2><img_3>",
            {"style": "tags"},
            r"Token 2 \(character 8\), '<vid_1>', is not a tag",
            "<vid_1>",
        ),
        (
            "<img_7><img_8><img_9><img_12>",
            {"style": "tags", "offset": 7},
            "is 12, but must be from 7 to 11",
            "<img_12>",
        ),
        ("<img_0><img_1", {"style": "tags"}, "'<', is not a tag", "<"),
        ("<img_0> and <img_1>", {"style": "tags"}, r"Token 2 \(character 9\), 'and'", "and"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, form, words, at):
    with pytest.raises(TokenTextError, match=words) as caught:
        parse_tokens(text, [(2, 2)], [5], TextForm(**form))
    assert text[caught.value.start : caught.value.end].strip() == at


def test_the_level_is_named():
    text = "0 1 2 3  4 9 4 4"
    with pytest.raises(TokenTextError, match=r"Token 6 \(level 2, row 1, column 2\) is 9, but must be from 4 to 7"):
        parse_tokens(text, [(2, 2)] * 2, [4, 4], TextForm(separate_levels=True))
    with pytest.raises(TokenTextError, match=r"Token 6 \(level 2, row 2, column 1\) is 9"):
        parse_tokens(text, [(2, 2)] * 2, [5, 5], TextForm(by="position"))
    with pytest.raises(TokenTextError, match=r"8 are needed \(2 levels of 2 x 2\)"):
        parse_tokens("0", [(2, 2)] * 2, [4, 4])


def test_settings_and_records_that_cannot_be():
    for bad in ({"style": "words"}, {"by": "row"}, {"order": "zigzag"}, {"offset": -1}, {"tag": "<b>"}, {"tag": ""}):
        with pytest.raises(SettingsError):
            TextForm(**bad)
    with pytest.raises(RecordError, match="level 1 must hold codes from 0 to 3"):
        token_text([np.array([4])], [4])
    with pytest.raises(RecordError, match="codebooks"):
        parse_tokens("0", [(1,)], [])
    with pytest.raises(RecordError, match="dimensions"):
        token_order((0, 3), "raster")


def test_text_for_a_large_record_is_linear():
    level = RNG.integers(0, 1024, (128, 128))
    form = TextForm("tags", "hilbert")
    text = token_text([level], [1024], form)
    assert len(re.findall(r"<img_\d+>", text)) == 128 * 128
    assert np.array_equal(parse_tokens(text, [(128, 128)], [1024], form)[0], level)
