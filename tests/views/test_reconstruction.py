"""The reconstruction's payload and figures, against scikit-image and hand-worked cases."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from skimage.color import rgb2gray

from explorer.foundation.errors import RecordError
from explorer.views.inspect.reconstruction import reconstruction
from explorer.views.inspect.reconstruction.reconstruction import (
    LUMA,
    ReconstructionData,
    absolute_error,
    difference_maps,
    figures,
    level_caption,
    payload,
    signed_luminance,
)

TYPES = {"float32": "<f4", "uint8": "u1", "uint16": "<u2", "uint32": "<u4"}


def unpacked(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["data"]), TYPES[packed["dtype"]]).reshape(packed["shape"])


@pytest.fixture
def data() -> ReconstructionData:
    random = np.random.default_rng(3)
    original = random.random((12, 20, 3), dtype=np.float32)
    noisy = np.clip(original + random.normal(0, 0.1, original.shape), 0, 1).astype(np.float32)
    return ReconstructionData(
        original=original, reconstruction=noisy, num_tokens=15, bits_uniform=150.0, bits_empirical=48.0,
        psnr_db=20.5, ssim=0.81, indices=(np.arange(15).reshape(3, 5),), quantization_error=(np.ones((3, 5)),),
        margin=(np.full((3, 5), 0.5),), seconds={"encode": 0.5, "quantize": 0.001, "decode": 0.25}, device="cuda:0",
    )  # fmt: skip


def test_the_error_maps_come_back_within_half_a_step(data):
    assert not {"error", "signed"} & set(json.loads(payload(data))), "asked for when one of them is opened"
    value = difference_maps(data.original, data.reconstruction)
    error = absolute_error(data.original, data.reconstruction)
    packed = value["error"]
    assert packed["limit"] == pytest.approx(error.max())
    back = (unpacked(packed["data"]).astype(float) - packed["offset"]) * packed["scale"]
    assert np.abs(back - error).max() <= packed["scale"] / 2 + 1e-4
    signed = signed_luminance(data.original, data.reconstruction)
    packed = value["signed"]
    back = (unpacked(packed["data"]).astype(float) - packed["offset"]) * packed["scale"]
    assert np.abs(back - signed).max() <= packed["scale"] / 2 + 1e-4
    assert back.min() < 0 < back.max()


def test_absolute_error_is_counted_in_8_bit_steps():
    black, white = np.zeros((2, 2, 3), np.float32), np.ones((2, 2, 3), np.float32)
    assert np.all(absolute_error(black, white) == 255)
    red = black.copy()
    red[..., 0] = 0.6
    assert absolute_error(black, red) == pytest.approx(np.full((2, 2), 51.0))


def test_luminance_agrees_with_scikit_image_and_brighter_is_positive(data):
    expected = (rgb2gray(data.reconstruction) - rgb2gray(data.original)) * 255
    assert np.abs(signed_luminance(data.original, data.reconstruction) - expected).max() < 0.05
    assert LUMA.sum() == pytest.approx(1)


def test_an_identical_reconstruction_has_a_map_of_zeros_and_no_infinite_figure(data):
    same = replace(data, reconstruction=data.original, psnr_db=float("inf"))
    text = payload(same)
    assert "Infinity" not in text
    value, maps = json.loads(text), difference_maps(same.original, same.reconstruction)
    assert np.all(unpacked(maps["error"]["data"]) == 0)
    assert np.all(unpacked(maps["signed"]["data"]) == maps["signed"]["offset"])
    psnr = next(figure for figure in value["figures"] if figure["id"] == "psnr_db")
    assert (psnr["value"], psnr["text"]) == (None, "identical")


def test_the_figures_of_a_hand_worked_case(data):
    by_id = {figure["id"]: figure for figure in figures(data)}
    pixels = 12 * 20
    assert by_id["bpp_uniform"]["value"] == pytest.approx(150 / pixels)
    assert by_id["bpp_empirical"]["value"] == pytest.approx(48 / pixels)
    assert by_id["compression"]["value"] == pytest.approx(24 * pixels / 150)
    assert (by_id["encode_ms"]["value"], by_id["encode_ms"]["unit"]) == (500, "ms")
    assert by_id["device"]["text"] == "cuda:0"
    assert by_id["tokens"]["value"] == 15


def test_every_figure_has_a_unit_and_one_sentence_that_explains_it(data):
    for figure in figures(data):
        assert figure["explains"].endswith("."), figure["id"]
        assert figure["unit"] or figure["text"], figure["id"]


def test_what_was_not_measured_is_not_invented(data):
    bare = replace(data, psnr_db=None, ssim=float("nan"), seconds={}, bits_uniform=0.0)
    by_id = {figure["id"]: figure for figure in figures(bare)}
    assert "encode_ms" not in by_id
    for name in ("psnr_db", "ssim", "compression"):
        assert by_id[name]["value"] is None
        assert by_id[name]["text"] is None


def test_indices_errors_and_margins_arrive_level_by_level(data):
    levels = replace(
        data, num_levels=2, indices=(np.arange(15).reshape(3, 5), np.full((3, 5), 70_000)),
        quantization_error=(np.zeros((3, 5)), np.ones((3, 5))), margin=(),
    )  # fmt: skip
    value = json.loads(payload(levels))
    assert np.array_equal(unpacked(value["indices"][0]), levels.indices[0])
    assert np.array_equal(unpacked(value["indices"][1]), levels.indices[1])
    assert unpacked(value["quantization_error"][1]).sum() == 15
    assert value["margin"] == []


@pytest.mark.parametrize(
    ("mode", "shown", "words"),
    [
        ("all", None, "Decoded from all 4 levels."),
        ("solo", [2], "Decoded from level 3 of 4 only."),
        ("mute", [0, 2, 3], "Decoded without level 2 of 4."),
        ("mute", [0, 3], "Decoded without levels 2, 3 of 4."),
        ("cumulative", [0], "Decoded from level 1 of 4 only."),
        ("cumulative", [0, 1, 2], "Decoded from levels 1 to 3 of 4."),
        ("cumulative", [0, 1, 2, 3], "Decoded from all 4 levels."),
        ("solo", [], "Decoded with all 4 levels muted."),
    ],
)
def test_the_caption_says_which_levels_are_seen(mode, shown, words):
    assert level_caption(mode, shown, 4) == words


def test_what_is_kept_is_said_beside_the_figures_and_only_where_something_is_left_out(data):
    several = replace(
        data,
        num_levels=4,
        indices=(),
        quantization_error=(),
        margin=(),
        noun="group",
        mode="mute",
        levels_shown=[0, 2, 3],
    )
    caption = "Decoded without group 2 of 4. Tokens, bits and rates are of what is kept."
    assert json.loads(payload(several))["caption"] == caption
    said = {figure["id"]: figure["explains"] for figure in figures(several)}
    assert said["tokens"] == ("Indices that stand for this picture: positions times the 3 of 4 groups that are kept.")
    assert said["decode_ms"].endswith("Of all 4 groups.") and "groups" not in said["psnr_db"]
    whole = replace(several, mode="cumulative", levels_shown=[0, 1, 2, 3])
    assert json.loads(payload(whole))["caption"] == "Decoded from all 4 groups."
    said = {figure["id"]: figure["explains"] for figure in figures(whole)}
    assert said["tokens"].endswith("positions times 4 groups.") and "Of all" not in said["decode_ms"]


def test_the_caption_speaks_of_groups_and_is_silent_for_one_level():
    assert level_caption("solo", [1], 4, "group") == "Decoded from group 2 of 4 only."
    assert level_caption("all", None, 1) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reconstruction": np.zeros((12, 19, 3))}, r"must both be \(H, W, 3\)"),
        ({"num_levels": 2}, "indices has 1 level, expected 2"),
        ({"margin": (np.zeros((3, 4)),)}, "margin of level 0 has shape"),
        ({"margin": (np.zeros(15),)}, r"expected \(rows, columns\)"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(data, change, words):
    with pytest.raises(RecordError, match=words):
        replace(data, **change)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(1, "items", "item"), (2, "items", "items"), (0, "nodes", "nodes"), (1, "dB", "dB"), (None, "words", "words")],
)
def test_a_unit_agrees_with_its_number(value, unit, said):
    assert reconstruction.figure("x", "X", value, unit, 0, "What it is.")["unit"] == said
