"""Patches, contact sheet and surroundings of a picture whose every pixel tells where it came from."""

import numpy as np
import pytest

from explorer.analysis.codes.exemplars import Patch, contact_sheet, context, patches
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord


def record_of(indices, patch=4, kind="grid2d"):
    """A picture whose red channel is the row and green the column of the pixel, over 100; nothing is lost but blue."""
    indices = np.asarray(indices)
    height, width = indices.shape[0] * patch, indices.shape[-1] * patch
    media = np.zeros((height, width, 3), np.float32)
    media[..., 0], media[..., 1] = np.arange(height)[:, None] / 100, np.arange(width) / 100
    shape = indices.shape if kind == "grid2d" else (indices.size,)
    layout = TokenLayout(kind, shape, (height, width) if kind == "grid2d" else ())
    book = Codebook(9, 2, "euclidean", vectors=np.zeros((9, 2), np.float32))
    zeros = np.zeros((indices.size, 2), np.float32)
    level = TokenLevel(indices.reshape(shape), zeros, zeros, book, layout)
    return TokenRecord(media, "test", (level,), media + np.array([0, 0, 0.5], np.float32), {})


GRID = [[1, 2, 1], [3, 1, 2]]


def test_patches_are_the_pixels_of_the_codes_tokens_in_reading_order():
    found = patches(record_of(GRID), 0, 1, limit=10)
    assert [p.token for p in found] == [0, 2, 4]
    corners = [tuple(np.round(100 * p.pixels[0, 0, :2]).astype(int)) for p in found]
    assert corners == [(0, 0), (0, 8), (4, 4)]
    assert all(p.pixels.shape == (4, 4, 3) for p in found)
    assert found[2].region == (slice(4, 8), slice(4, 8))


def test_patches_are_limited_may_come_from_the_reconstruction_and_may_be_none():
    record = record_of(GRID)
    assert [p.token for p in patches(record, 0, 1, limit=2)] == [0, 2]
    assert patches(record, 0, 1, 1, source="reconstruction")[0].pixels[..., 2].min() == 0.5
    assert patches(record, 0, 8, limit=5) == []
    assert patches(record_of(GRID, kind="set1d"), 0, 1, limit=5) == []


def test_contact_sheet_places_scales_and_separates_cells():
    white, dark = np.ones((2, 2, 3), np.float32), np.zeros((2, 1, 3), np.float32)
    chequer = np.array([[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 1, 1]]], np.float32)
    sheet = contact_sheet([Patch(0, (), white), Patch(1, (), dark), Patch(2, (), chequer)], columns=2, cell_px=4)
    assert sheet.shape == (9, 9, 3) and sheet.dtype == np.uint8
    assert (sheet[:4, :4] == 255).all()
    assert (sheet[4] == 128).all() and (sheet[:, 4] == 128).all()
    assert (sheet[:4, 5:7] == 0).all() and (sheet[:4, 7:] == 128).all()  # half as wide as high
    assert (sheet[5:9, :4] == np.repeat(np.repeat(255 * chequer, 2, axis=0), 2, axis=1)).all()
    assert (contact_sheet([], 3, 2) == 128).all()


@pytest.mark.parametrize(
    ("token", "shape", "box", "corner"),
    [(4, (8, 12, 3), (4, 4, 4, 4), (0, 0)), (0, (8, 8, 3), (0, 0, 4, 4), (0, 0)), (5, (8, 8, 3), (4, 4, 4, 4), (0, 4))],
)
def test_context_is_cut_at_the_edges_and_says_where_the_token_lies(token, shape, box, corner):
    record = record_of(GRID)
    found = context(record, token, margin_tokens=1)
    assert found.pixels.shape == shape and found.box == box
    assert tuple(np.round(100 * found.pixels[0, 0, :2]).astype(int)) == corner
    top, left, height, width = found.box
    inside = found.pixels[top : top + height, left : left + width]
    assert (inside == record.media[record.levels[0].layout.region(token)]).all()


def test_what_is_out_of_range_is_named():
    record = record_of(GRID)
    with pytest.raises(RecordError, match=r"level 1 is outside 0\.\.0"):
        patches(record, 1, 0, 5)
    with pytest.raises(RecordError, match=r"code 9 is outside 0\.\.8"):
        patches(record, 0, 9, 5)
    with pytest.raises(RecordError, match="position 6"):
        context(record, 6, 1)
    with pytest.raises(RecordError, match="set1d"):
        context(record_of(GRID, kind="set1d"), 0, 1)
    with pytest.raises(SettingsError, match="'latents'"):
        context(record, 0, 1, source="latents")
    with pytest.raises(SettingsError, match="not 0 and 4"):
        contact_sheet([], 0, 4)
