"""Pictures made to fit a tokenizer, and turned back into a file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from explorer.foundation.errors import MediaError, SettingsError
from explorer.media.pictures.image import LoadedImage, fit, load_image, png_bytes, to_pil

RNG = np.random.default_rng(0)
PHOTO = data.astronaut()[:40, :60]  # (40, 60, 3) uint8


def test_fit_leaves_a_fitting_picture_alone():
    loaded = LoadedImage(RNG.random((16, 24, 3)).astype(np.float32))
    assert fit(loaded, 8, 24).notes == ()
    np.testing.assert_array_equal(fit(loaded, 8, 24).pixels, loaded.pixels)


def test_fit_crops_around_the_centre():
    pixels = RNG.random((19, 29, 3)).astype(np.float32)
    fitted = fit(LoadedImage(pixels, ("before",)), 8, 1024)
    np.testing.assert_array_equal(fitted.pixels, pixels[1:17, 2:26])
    assert fitted.notes[0] == "before" and "from 29 x 19 to 24 x 16 pixels" in fitted.notes[1]


def test_fit_pads_a_tiny_picture_by_repeating_its_edge():
    pixels = RNG.random((1, 3, 3)).astype(np.float32)
    fitted = fit(LoadedImage(pixels), 4, 1024)
    for row in range(4):
        np.testing.assert_array_equal(fitted.pixels[row], pixels[0][[0, 1, 2, 2]])
    assert "repeating the edge" in fitted.notes[0]


def test_fit_scales_down_as_pillow_does_and_keeps_the_aspect():
    pixels = load_image(data.astronaut()[:300, :400]).pixels
    fitted = fit(LoadedImage(pixels), 1, 100)
    reference = Image.fromarray(data.astronaut()[:300, :400]).resize((100, 75), Image.Resampling.LANCZOS)
    difference = np.abs(fitted.pixels - np.asarray(reference) / 255)
    assert np.mean(difference < 1.01 / 255) > 0.99  # Pillow's 8-bit path rounds and clips between its two passes
    assert difference.max() < 0.03
    assert "from 400 x 300 to 100 x 75 pixels" in fitted.notes[0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (4097, 3), (37, 61), (1023, 1025), (8, 8)])
@pytest.mark.parametrize("multiple", [1, 8, 16])
def test_fit_always_fits(shape, multiple):
    fitted = fit(LoadedImage(np.full((*shape, 3), 0.25, np.float32)), multiple, 256)
    height, width = fitted.pixels.shape[:2]
    assert height % multiple == width % multiple == 0 and 0 < max(height, width) <= 256
    np.testing.assert_allclose(fitted.pixels, 0.25, atol=1e-6)


def test_fit_refuses_the_impossible():
    loaded = LoadedImage(np.zeros((8, 8, 3), np.float32))
    for multiple, side in ((8, 7), (0, 5)):
        with pytest.raises(SettingsError, match=str(side)):
            fit(loaded, multiple, side)


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.float32)])
def test_a_loaded_image_checks_itself(pixels):
    with pytest.raises(MediaError, match="float32"):
        LoadedImage(pixels)


def test_png_bytes_round_trip_is_exact():
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(PHOTO / 255)))), PHOTO)
    np.testing.assert_array_equal(np.asarray(to_pil(PHOTO)), PHOTO)
    grey = np.float32([[0, 0.5, 1, 2, -1]])
    np.testing.assert_array_equal(np.asarray(to_pil(grey)), [[0, 128, 255, 255, 0]])


@pytest.mark.parametrize("pixels", [np.zeros((4, 4, 2)), np.zeros((0, 3)), np.zeros(3), np.full((2, 2), np.nan)])
def test_what_cannot_be_drawn_is_refused(pixels):
    with pytest.raises(MediaError, match="drawn"):
        to_pil(pixels)
