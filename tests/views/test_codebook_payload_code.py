"""The page of a code as JSON: what is unknown is null, few tokens are said to be few."""

import json

import numpy as np
import pytest

from explorer.analysis.codes.neighbours import nearest_codes
from explorer.analysis.codes.page import Beside, CodePage, Places
from explorer.joints.record import Codebook, LatticeRule
from explorer.views.codebook.payload_code import CodeView, Decoding, PicturedToken, code_payload, decoded_payload
from explorer.views.kit.wire.encoding import unpack

COUNTS = np.array([5, 0, 2, 1])


def page(**more):
    facts = {
        **{"code": 0, "codebook_size": 4, "tokens": 8, "count": 5, "used": 3, "share": 5 / 8, "even_share": 1 / 4},
        **{"rank": 1, "previous_used": 3, "next_used": 2, "error": 0.25, "exemplars": {}, "places": None},
        **{"beside": {"left": (Beside(2, 3, np.inf),)}},
    }
    return CodePage(**facts | more)


def view(book, **more):
    return CodeView(page(**more), 0, 0, "In use.", book, COUNTS)


def test_a_learned_code_has_its_vector_and_nearest_codes_with_their_counts():
    vectors = np.array([[0, 0], [3, 4], [1, 0], [0, 2]], np.float32)
    book = Codebook(4, 2, "euclidean", vectors, counts=np.array([6, 0, 2, 2], np.float32))
    answer = json.loads(json.dumps(code_payload(view(book)), allow_nan=False))
    assert answer["nearest"] == [[2, 1.0, 2], [3, 2.0, 1], [1, 5.0, 0]]
    assert answer["training"] == "6 of 10 tokens, 60.00%" and answer["norm"] == 0
    assert answer["digits"] is answer["bits"] is None and answer["neighbours"] == {"left": [[2, 3, None]]}
    assert np.array_equal(unpack(answer["vector"]), [0, 0])


def test_a_lattice_code_has_its_digits_or_bits():
    rule = LatticeRule("lfq", ((-1.0, 1.0), (-1.0, 1.0)), True)
    book = Codebook(4, 2, "implicit", rule=rule)
    answer = code_payload(view(book, code=2))
    assert (answer["digits"], answer["digit_levels"], answer["bits"]) == ([1, 0], [2, 2], "10")
    codes, distances = nearest_codes(book, 2, 8)
    assert [near[:2] for near in answer["nearest"]] == [
        [int(c), float(d)] for c, d in zip(codes, distances, strict=True)
    ]


def test_plain_indices_have_no_vector_and_say_so_by_null():
    answer = code_payload(view(None))
    assert answer["nearest"] == [] and answer["vector"] is answer["training"] is answer["digits"] is None


@pytest.mark.parametrize(("chance", "words"), [(0.09, "34% of its 5 tokens"), (0.8, "5 tokens of this code: too few")])
def test_a_position_map_of_few_tokens_is_said_to_say_nothing(chance, words):
    even = np.full((8, 8), 1 / 64, np.float32)
    answer = code_payload(view(None, places=Places(even, even, 0.34, chance)))
    assert answer["positions_expected"].startswith(words)
    assert np.array_equal(unpack(answer["positions"]), even)


def test_pictures_keep_where_their_token_lies():
    pixels = np.zeros((16, 24, 3), np.uint8)
    one = PicturedToken(pixels, (0, 8, 8, 8), "coffee", 3, (0, 3), float("nan"))
    answer = code_payload(CodeView(page(), 0, 0, "", None, COUNTS, pictured={"closest": [one]}, pictured_from="here"))
    (shown,) = answer["exemplars"]["closest"]
    assert (shown["box"], shown["size"], shown["distance"]) == ([0, 8, 8, 8], [16, 24], None)
    decoded = decoded_payload(
        Decoding(np.zeros((24, 24, 3)), [(np.zeros((24, 24, 3)), "left 1 (2)")], (8, 8, 8, 8), {7: pixels[:8, :8]})
    )
    assert decoded["box"] == [8, 8, 8, 8] and list(decoded["thumbnails"]) == ["7"]
