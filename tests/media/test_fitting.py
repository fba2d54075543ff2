"""A longest side, a square or another filter: against Pillow's own, in words, and stated so that it is made again."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from explorer.foundation.errors import SettingsError
from explorer.media.clips.video import LoadedVideo
from explorer.media.fitting import Fitting, fitting_of
from explorer.media.medium import fit_medium
from explorer.media.pictures.image import FILTERS, LoadedImage
from tests.made_codecs import made

PHOTO = data.astronaut()[:90, :150]  # (90, 150, 3) uint8
LOADED = LoadedImage(PHOTO.astype(np.float32) / 255)
SPEC = replace(made("signs").spec, multiple=8)


def close_in_eight_bits(pixels, expected):
    """Pillow rounds to eight bits after each of its two passes."""
    assert pixels.shape == np.asarray(expected).shape
    assert np.abs(255 * pixels - np.asarray(expected, np.float64)).max() < 2


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("side", [48, 120])
def test_a_crop_is_that_of_pillow(name, side):
    """Down, and up: the shorter side has 90 pixels."""
    fitted = fit_medium(LOADED, SPEC, Fitting(crop_px=side, filter=name))
    close_in_eight_bits(fitted.pixels, ImageOps.fit(Image.fromarray(PHOTO), (side, side), FILTERS[name]))
    assert f"from 150 x 90 to 90 x 90, then scaled from 90 x 90 to {side} x {side} pixels" in fitted.notes[0]
    assert (name in fitted.notes[0]) == (name != "lanczos")


@pytest.mark.parametrize("name", FILTERS)
def test_a_longest_side_is_that_of_pillow(name):
    fitted = fit_medium(LOADED, SPEC, Fitting(80, filter=name))
    close_in_eight_bits(fitted.pixels, Image.fromarray(PHOTO).resize((80, 48), FILTERS[name]))
    assert (f"; {name})" in fitted.notes[0]) == (name != "lanczos")


def test_filters_differ():
    made_by = [fit_medium(LOADED, SPEC, Fitting(crop_px=48, filter=name)).pixels for name in FILTERS]
    assert all(np.abs(a - b).max() > 0.01 for n, a in enumerate(made_by) for b in made_by[:n])


def test_a_number_is_the_longest_side():
    np.testing.assert_array_equal(fit_medium(LOADED, SPEC, 80).pixels, fit_medium(LOADED, SPEC, Fitting(80)).pixels)


def test_frames_of_a_clip_are_cropped_as_pictures():
    spec = replace(SPEC, modality="video", layout="grid3d", time_step=1)
    clip = LoadedVideo(np.stack([LOADED.pixels, LOADED.pixels[:, ::-1]]), 12.0)
    fitted = fit_medium(clip, spec, Fitting(crop_px=48, filter="bicubic"))
    alone = fit_medium(LOADED, SPEC, Fitting(crop_px=48, filter="bicubic"))
    np.testing.assert_array_equal(fitted.frames[0], alone.pixels)
    assert fitted.frames.shape == (2, 48, 48, 3) and fitted.notes == alone.notes


@pytest.mark.parametrize(
    ("fitting", "changed", "words"),
    [
        (Fitting(crop_px=30), {}, "multiples of 8: not 30; 24 is"),
        (Fitting(crop_px=4), {}, "multiples of 8: not 4; 8 is"),
        (Fitting(4), {}, "no room"),
        (Fitting(crop_px=64), {"fixed_size": (128, 128)}, "takes 128 x 128 pixels only"),
        (Fitting(crop_px=64), {"modality": "audio"}, "takes no pictures"),
        (Fitting(filter="box"), {"modality": "audio"}, "takes no pictures"),
    ],
)
def test_what_a_tokenizer_cannot_take_is_said(fitting, changed, words):
    with pytest.raises(SettingsError, match=words):
        fitting.check(replace(SPEC, **changed))


def test_what_it_can_take_passes():
    Fitting(crop_px=128).check(replace(SPEC, fixed_size=(128, 128)))
    Fitting(4).check(replace(SPEC, fixed_size=(128, 128)))  # a side changes nothing there
    Fitting(200).check(replace(SPEC, modality="audio"))


@pytest.mark.parametrize("chosen", [{"side_px": 0}, {"crop_px": -8}, {"filter": "hamming"}])
def test_nonsense_is_refused(chosen):
    with pytest.raises(SettingsError):
        Fitting(**chosen)


@pytest.mark.parametrize("fitting", [Fitting(), Fitting(300), Fitting(300, filter="box"), Fitting(1024, 64, "bicubic")])
def test_what_is_stated_is_read_again(fitting):
    assert fitting_of(fitting.as_settings("image")) == fitting
    assert set(Fitting().as_settings("audio")) == {"longest_side_px"}


def test_older_files_state_the_side_alone():
    assert fitting_of({"longest_side_px": 512, "seed": 0}) == Fitting(512) and fitting_of({}) == Fitting(1024)
    with pytest.raises(SettingsError, match="numbers of pixels"):
        fitting_of({"crop_px": "large"})
