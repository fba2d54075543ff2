"""The inspect view's payload against the record it was made from."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.views.inspect.view import MAP_TITLES, CodeMap, Raster, Selection, first_token, grid_shape, payload
from explorer.views.kit.wire.encoding import unpack


def make_record(size=64, codes=16, levels=1, dim=3, layout=None, seed=0):
    rng = np.random.default_rng(seed)
    media = rng.random((size, size, 3), dtype=np.float32)
    layout = layout or TokenLayout("grid2d", (size // 8, size // 8), (size, size))
    made = []
    for _ in range(levels):
        vectors = rng.normal(size=(codes, dim)).astype(np.float32)
        indices = rng.integers(codes, size=layout.shape)
        z_q = vectors[indices.reshape(-1)]
        book = Codebook(codes, dim, "euclidean", vectors=vectors, counts=rng.random(codes).astype(np.float32))
        made.append(TokenLevel(indices, z_q, z_q, book, layout))
    combination = "single" if levels == 1 else "sum"
    return TokenRecord(media, "demo", tuple(made), media, {}, combination=combination, notes=("Scaled.",))


def plane_map(level=0, codes=16, kind="pca", **extra):
    xy = np.random.default_rng(5).normal(size=(codes, 2)).astype(np.float32)
    return CodeMap(level, kind, np.arange(codes), xy, "A caption.", **extra)


def test_arrays_come_back_as_they_were():
    record = make_record(levels=2)
    maps = [plane_map(0), plane_map(1, kind="umap")]
    data = json.loads(payload(record, "RVQ", maps, mode="solo", progress="UMAP: 10%"))
    for sent, level in zip(data["levels"], record.levels, strict=True):
        np.testing.assert_array_equal(unpack(sent["indices"]).reshape(sent["rows"], sent["cols"]), level.indices)
        np.testing.assert_allclose(unpack(sent["training"]["tokens"]), 100 * level.codebook.counts, atol=1e-4)
        assert sent["training"]["averaged"] and "moving average" in sent["training"]["words"]
        assert (sent["K"], sent["D"], sent["metric"]) == (16, 3, "euclidean")
    for sent, code_map in zip(data["maps"], maps, strict=True):
        np.testing.assert_array_equal(unpack(sent["xy"]), code_map.xy)
        assert sent["codes"] is None and sent["title"] == MAP_TITLES[code_map.kind]
    assert (data["mode"], data["progress"], data["notes"], data["placed"]) == ("solo", "UMAP: 10%", ["Scaled."], True)
    picture = Image.open(io.BytesIO(base64.b64decode(data["picture"]["url"].split(",")[1])))
    np.testing.assert_allclose(np.asarray(picture) / 255, record.media, atol=0.5 / 255 + 1e-6)


def test_part_of_a_codebook_lists_its_codes():
    codes = np.array([2, 5, 11])
    data = json.loads(payload(make_record(), "VQ", [CodeMap(0, "pca", codes, np.zeros((3, 2)), "Three of 16.")]))
    assert unpack(data["maps"][0]["codes"]).tolist() == [2, 5, 11]


def test_the_box_of_the_cells_is_sent_and_raster_rows_turn_over():
    codes, xy = np.array([3, 4, 7]), np.zeros((3, 2))
    raster = Raster(np.array([[0, 1], [2, 3]]), (0.0, 1.0, -1.0, 2.0))
    true_plane = CodeMap(0, "plane", codes, xy, "c", box=(-1.0, 4.0, -2.0, 5.0), raster=raster)
    sent = json.loads(payload(make_record(), "VQ", [true_plane]))["maps"][0]
    assert sent["box"] == [-1.0, 4.0, -2.0, 5.0]
    assert unpack(sent["raster"]["codes"]).tolist() == [[2, 3], [0, 1]]
    assert sent["raster"]["extent"] == [0.0, 1.0, -1.0, 2.0]


def test_the_key_names_the_result_not_its_maps():
    record, other = make_record(), make_record(seed=1)
    key = [
        json.loads(text)["key"]
        for text in (
            payload(record, "VQ"),
            payload(record, "VQ", [plane_map()], progress="UMAP: 3%", selected=Selection(0, 4)),
            payload(other, "VQ"),
            payload(record, "VQ-EMA"),
        )
    ]
    assert key[0] == key[1]
    assert len(set(key)) == 3


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (Selection(1, 3), (1, 3, None)),
        (Selection(9, 3, 2), (0, None, None)),
        (Selection(0, 99), (0, None, None)),
        (Selection(0, None, 10_000), (0, None, None)),
        (None, (0, None, None)),
    ],
)
def test_a_selection_from_an_old_link_is_used_as_far_as_it_fits(asked, given):
    sent = json.loads(payload(make_record(levels=2), "RVQ", selected=asked))["selected"]
    assert (sent["level"], sent["code"], sent["token"]) == given


def test_a_selected_token_brings_its_code_and_a_contradiction_keeps_the_code():
    record = make_record()
    code = int(record.levels[0].indices.reshape(-1)[5])
    sent = json.loads(payload(record, "VQ", selected=Selection(0, None, 5)))["selected"]
    assert (sent["code"], sent["token"]) == (code, 5)
    sent = json.loads(payload(record, "VQ", selected=Selection(0, (code + 1) % 16, 5)))["selected"]
    assert (sent["code"], sent["token"]) == ((code + 1) % 16, None)


def test_the_first_token_that_is_open_shows_something():
    """Code 1 has most tokens, all black; of code 2, next in number, the one nearest to the middle is opened."""
    indices = np.array([[1, 1, 1, 1], [2, 1, 2, 0], [1, 1, 2, 3], [1, 1, 4, 3]])
    media = np.zeros((32, 32, 3), np.float32)
    level = make_record(size=32).levels[0]
    level = replace(level, indices=indices)
    assert first_token(level, media) == 5, "of the most used one, where nothing is anywhere"
    media[8:16, 16:24] = np.random.default_rng(0).random((8, 8, 3))  # where the token at row 1, column 2 is
    assert first_token(level, media) == 6
    loose = replace(level, indices=indices.reshape(-1), layout=TokenLayout("set1d", (16,)))
    assert indices.reshape(-1)[first_token(loose, media)] == 1, "without a place nothing is known to be flat"


def test_tokens_without_a_place_wrap_into_a_near_square():
    wrapped = {10: (2, 5), 11: (3, 4), 32: (4, 8), 64: (8, 8)}  # 11 has no divisors, so its last row has a gap
    for tokens, grid in wrapped.items():
        assert grid_shape(make_record(layout=TokenLayout("set1d", (tokens,))).levels[0]) == grid
    record = make_record(layout=TokenLayout("set1d", (11,)))
    data = json.loads(payload(record, "TiTok"))
    assert data["placed"] is False and (data["levels"][0]["rows"], data["levels"][0]["cols"]) == (3, 4)


def test_budget_of_bytes_with_four_levels():
    record = make_record(size=256, codes=1024, levels=4, dim=8)  # noise: the worst picture for PNG
    maps = [plane_map(level, 1024, kind) for level in range(4) for kind in ("pca", "umap")]
    assert len(payload(record, "RVQ", maps)) < 600_000


def test_large_pictures_travel_as_jpeg_and_say_so():
    record = make_record(size=528)
    picture = json.loads(payload(record, "VQ"))["picture"]
    assert picture["url"].startswith("data:image/jpeg;base64,") and "JPEG" in picture["note"]
    assert (picture["width"], picture["height"]) == (528, 528)


def test_user_text_stays_text_in_the_json():
    title = '</script>${alert(1)}{{x}}"'
    assert json.loads(payload(make_record(), title))["title"] == title


def test_what_does_not_fit_is_refused():
    record = make_record()
    with pytest.raises(SettingsError, match="mode 'loud'"):
        payload(record, "VQ", mode="loud")
    with pytest.raises(RecordError, match="level 3"):
        payload(record, "VQ", [plane_map(3)])
    with pytest.raises(RecordError, match="outside"):
        payload(record, "VQ", [CodeMap(0, "pca", np.array([16]), np.zeros((1, 2)), "")])
    with pytest.raises(SettingsError, match="tsne"):
        plane_map(kind="tsne")
    with pytest.raises(RecordError, match="finite"):
        CodeMap(0, "pca", np.arange(2), np.array([[0, np.nan], [1, 1]]), "")
    with pytest.raises(RecordError, match="Voronoi"):
        plane_map(box=(0.0, 1.0, 0.0, 1.0))  # a PCA plane has no true cells
