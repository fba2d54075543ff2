"""The code card's payload: what reaches the browser, read back independently of how it was written."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer.foundation.errors import RecordError
from explorer.views.inspect.card.card import PATCHES_SHOWN, CodeCardData, Context, NearCode, payload


def decoded(url: str) -> np.ndarray:
    head, data = url.split(",", 1)
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def read(**facts) -> dict:
    required = {"code": 7, "codebook_size": 16, "num_tokens": 20, "used_codes": 5}
    return json.loads(payload(CodeCardData(**{**required, **facts})))


def test_a_card_of_the_bare_code_leaves_everything_else_out():
    card = read()
    assert (card["code"], card["codebook_size"], card["num_tokens"], card["used_codes"]) == (7, 16, 20, 5)
    assert card["tokens"] == card["patches"] == card["nearest"] == []
    for name in ("alone", "context", "vector", "digits", "second", "distance", "rank"):
        assert card[name] is None, name
    assert card["token"] == -1


def test_numpy_numbers_and_positions_arrive_as_plain_numbers():
    card = read(code=np.int64(7), tokens=np.flatnonzero(np.array([0, 1, 0, 1])), rank=np.int32(2), grid=(4, 5), token=3)
    assert (card["code"], card["tokens"], card["rank"], card["grid"], card["token"]) == (7, [1, 3], 2, [4, 5], 3)


def test_patches_keep_their_order_and_pixels_and_are_capped():
    levels = np.linspace(0, 1, PATCHES_SHOWN + 5, dtype=np.float32)
    patches = np.broadcast_to(levels[:, None, None, None], (len(levels), 2, 3, 3))
    card = read(num_tokens=100, tokens=range(len(levels)), patches=patches)
    assert len(card["patches"]) == PATCHES_SHOWN
    assert len(card["tokens"]) == PATCHES_SHOWN + 5, "the card needs all of them to say how many there are"
    for index in (0, 17, PATCHES_SHOWN - 1):
        pixels = decoded(card["patches"][index])
        assert pixels.shape == (2, 3, 3)
        assert np.all(pixels == round(float(levels[index]) * 255))


def test_the_context_carries_both_crops_and_the_token_inside():
    original = np.zeros((24, 16, 3), np.float32)
    context = Context(original=original, reconstruction=original + 1, box=(8, 4, 8, 8))
    sent = read(context=context)["context"]
    assert (sent["box"], sent["size"]) == ([8, 4, 8, 8], [24, 16])
    assert decoded(sent["original"]).max() == 0
    assert decoded(sent["reconstruction"]).min() == 255


def test_the_vector_comes_back_bit_for_bit():
    vector = np.random.default_rng(0).normal(size=33)
    packed = read(vector=vector)["vector"]
    assert packed["shape"] == [33]
    back = np.frombuffer(base64.b64decode(packed["data"]), dtype="<f4")
    assert np.array_equal(back, vector.astype(np.float32))


def test_neighbours_and_the_second_code():
    near = [NearCode(3, np.float32(0.5), count=2), NearCode(4, 0.75, thumbnail=np.ones((2, 2, 3), np.float32))]
    card = read(nearest=near, distance=0.25, second=near[1], metric="cosine")
    assert [(n["code"], n["distance"], n["count"]) for n in card["nearest"]] == [(3, 0.5, 2), (4, 0.75, None)]
    assert card["nearest"][0]["thumbnail"] is None
    assert decoded(card["nearest"][1]["thumbnail"]).min() == 255
    assert card["second"]["code"] == 4
    assert card["distance_name"] == "cosine distance"


def test_numbers_that_are_not_finite_become_null_and_never_break_the_json():
    near = NearCode(3, float("nan"))
    text = payload(
        CodeCardData(code=0, codebook_size=1, num_tokens=1, used_codes=1, distance=np.inf, second=near, nearest=[near])
    )
    assert "NaN" not in text and "Infinity" not in text
    card = json.loads(text)
    assert card["distance"] is None
    assert card["nearest"][0]["distance"] is None


def test_digits_of_an_implicit_code():
    card = read(digits=np.array([1, 0, 4]), digit_levels=(2, 2, 5), vector=[1, -1, 0.5], metric="implicit")
    assert (card["digits"], card["digit_levels"]) == ([1, 0, 4], [2, 2, 5])
    assert card["distance_name"] == "Euclidean distance"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"code": 16}, r"code 16 is outside 0\.\.15"),
        ({"tokens": range(21)}, "21 tokens of only 20"),
        ({"tokens": [1], "patches": np.zeros((2, 4, 4, 3))}, "2 patches for 1 token$"),
        ({"digits": [1]}, "come together"),
        ({"digits": [1], "digit_levels": [2, 2]}, "1 digits for 2 axes"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(facts, words):
    with pytest.raises(RecordError, match=words):
        read(**facts)
