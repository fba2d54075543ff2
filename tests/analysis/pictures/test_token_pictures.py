"""What a token stands for, as a picture: cut by hand, and tones whose place in a spectrogram is known."""

import numpy as np
import pytest

from explorer.analysis.pictures.token_pictures import COLUMNS, LONGEST_PX, WHOLE_PX, MediumPictures, sound_tile
from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenLayout
from explorer.media.sounds.spectrogram import MEL_BANDS, mel_filters

RATE = 8000


def chance(*shape):
    return np.random.default_rng(0).random(shape).astype(np.float32)


def test_a_patch_has_one_token_on_each_side_and_fewer_at_the_edge():
    pixels = chance(32, 48, 3)
    pictures, layout = MediumPictures(pixels), TokenLayout("grid2d", (4, 6), (32, 48))
    middle = pictures.around(layout, 8)  # row 1, column 2
    np.testing.assert_array_equal(middle.pixels, np.round(255 * pixels[0:24, 8:32]).astype(np.uint8))
    assert (middle.box, middle.place, middle.where) == ((8, 8, 8, 8), (1, 2), "row 2, column 3")
    corner = pictures.around(layout, 23)
    assert corner.box == (8, 8, 8, 8) and corner.pixels.shape == (16, 16, 3)
    np.testing.assert_array_equal(pictures.alone(layout, 23), np.round(255 * pixels[24:, 40:]).astype(np.uint8))
    with pytest.raises(RecordError, match="no token 24"):
        pictures.around(layout, 24)


def test_a_token_of_a_coarse_scale_is_scaled_down_with_its_box():
    shown = MediumPictures(chance(512, 512, 3)).around(TokenLayout("grid2d", (2, 2), (512, 512)), 3)
    assert shown.pixels.shape == (LONGEST_PX, LONGEST_PX, 3) and shown.box == (96, 96, 96, 96)


def test_a_stretch_of_sound_shows_its_tone_where_it_sounds():
    """Silence, then a tone of 1,000 Hz from 0.5 s on: dark before it, and its band the brightest."""
    t = np.arange(RATE) / RATE
    sound = (np.sin(2 * np.pi * 1000 * t) * (t >= 0.5)).astype(np.float32)[:, None]
    layout = TokenLayout("sequence", (200,), (RATE,))  # 5 ms each
    pictures = MediumPictures(sound, RATE)
    shown = pictures.around(layout, 100)
    assert shown.pixels.shape == (MEL_BANDS, COLUMNS, 3) and shown.where == "0.500 to 0.505 s"
    stretch = pictures.stretch_of(layout, 100)
    assert stretch.stop - stretch.start == RATE // 4
    left = shown.box[1] / COLUMNS * 0.25 + stretch.start / RATE
    assert left == pytest.approx(0.5, abs=0.25 / COLUMNS) and shown.box[0] == 0 and shown.box[2] == MEL_BANDS
    green = shown.pixels[:, :, 1].astype(int)
    filters = mel_filters(MEL_BANDS, round(0.046 * RATE), RATE)
    band = MEL_BANDS - 1 - filters[:, round(1000 * round(0.046 * RATE) / RATE)].argmax()
    assert abs(int(green[:, -12:].mean(1).argmax()) - band) <= 1
    assert green[band, :20].mean() < 30 < 150 < green[band, -12:].mean()


def test_stretches_at_the_ends_stay_within_the_sound():
    sound = np.random.default_rng(1).standard_normal((4000, 2)).astype(np.float32)
    pictures, layout = MediumPictures(sound, RATE), TokenLayout("sequence", (100,), (4000,))
    assert pictures.stretch_of(layout, 0) == slice(0, 2000) and pictures.stretch_of(layout, 99) == slice(2000, 4000)
    assert pictures.around(layout, 0).box[1] == 0
    last = pictures.around(layout, 99).box
    assert last[1] + last[3] == COLUMNS
    coarse = TokenLayout("sequence", (2,), (4000,))  # a token of 0.25 s: three would be more than there is
    assert pictures.stretch_of(coarse, 1) == slice(0, 4000)


def test_a_clip_shows_the_middle_frame_of_the_step():
    frames = np.round(255 * chance(9, 16, 24, 3)).astype(np.uint8)
    layout = TokenLayout("grid3d", (3, 2, 3), (9, 16, 24), first_alone=True)
    shown = MediumPictures(frames).around(layout, 1 * 6 + 1 * 3 + 2)
    assert shown.where == "frame 3 (step 2), row 2, column 3" and shown.box == (8, 8, 8, 8)
    np.testing.assert_array_equal(shown.pixels, frames[2, 0:16, 8:24])


def test_a_token_without_a_place_shows_the_whole_picture():
    shown = MediumPictures(np.full((64, 128, 3), 0.5, np.float32)).around(TokenLayout("set1d", (16,)), 5)
    assert shown.pixels.shape == (WHOLE_PX // 2, WHOLE_PX, 3) and shown.box == (0, 0, 48, 96)
    assert "no place" in shown.where and shown.place is None


def test_silence_is_drawn_as_silence():
    assert sound_tile(np.zeros((800, 1), np.float32), RATE).max(axis=(0, 1)).tolist() == [68, 1, 84]  # viridis at 0
