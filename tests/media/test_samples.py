"""Every sample picture is a file that an installed package ships; sounds and clips are made; none needs a network."""

from __future__ import annotations

import hashlib
import io
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage
import sklearn
from PIL import Image, ImageCms
from skimage.data._registry import registry
from sklearn.datasets import load_sample_image

from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import MediaError, UnknownIdError
from explorer.media import samples
from explorer.media.medium import modality_of, values
from explorer.media.samples import PICTURES, SAMPLES, sample, sample_picture, samples_of


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a sample went to the network")

    monkeypatch.setattr(socket, "socket", refuse)


PROFILED = {"rocket": "Adobe RGB (1998)", "colorwheel": "Color LCD", "page": "Dot Gain 20%"}


def _profile(stored: Image.Image) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(stored.info["icc_profile"]))


@pytest.mark.parametrize("sample_id", PICTURES)
def test_sample_loads_from_inside_its_package(sample_id):
    entry = PICTURES[sample_id]
    folder = Path({"skimage": skimage, "sklearn": sklearn}[entry.package].__file__).parent
    assert entry.id == sample_id and entry.path.is_relative_to(folder) and entry.path.is_file()
    assert all((entry.title, entry.source, entry.licence))
    loaded, stored = entry.load(), Image.open(entry.path)
    expected, off = np.asarray(stored.convert("RGB")) / 255, 1e-6
    if sample_id in PROFILED:  # LittleCMS's tables for 8 bits are off by a level, of greys by up to ten
        made = ImageCms.profileToProfile(stored, _profile(stored), ImageCms.createProfile("sRGB"), outputMode="RGB")
        assert any(f'"{PROFILED[sample_id]}"' in note for note in loaded.notes)
        expected, off = np.asarray(made) / 255, (10 if stored.mode == "L" else 1.01) / 255
    np.testing.assert_allclose(loaded.pixels, expected, atol=off)
    assert min(loaded.width, loaded.height) >= 128 and loaded.pixels.std() > 0.01


@pytest.mark.parametrize("entry", [s for s in PICTURES.values() if s.package == "skimage"], ids=lambda s: s.id)
def test_file_is_the_one_that_scikit_image_lists(entry):
    assert hashlib.sha256(entry.path.read_bytes()).hexdigest() == registry[f"data/{entry.filename}"]


def test_scikit_learn_agrees_on_its_pictures():
    for name in ("china", "flower"):
        np.testing.assert_allclose(PICTURES[name].load().pixels, load_sample_image(f"{name}.jpg") / 255, atol=1e-6)


def test_the_first_is_a_colour_picture():
    pixels = next(iter(PICTURES.values())).load().pixels
    assert np.abs(pixels[:, :, 0] - pixels[:, :, 2]).mean() > 0.02


def test_an_unknown_id_lists_the_valid_ones():
    with pytest.raises(UnknownIdError, match=r"Did you mean 'astronaut'\?.*coffee"):
        sample("astronuat")
    with pytest.raises(UnknownIdError, match=r"no sample picture 'melody'.*coffee"):
        sample_picture("melody")


def test_pictures_come_first_and_every_sample_has_one_modality():
    assert list(SAMPLES)[: len(PICTURES)] == list(PICTURES)
    assert [len(samples_of(one)) for one in ("image", "audio", "video")] == [len(PICTURES), 5, 2]
    assert sample("drums") is SAMPLES["drums"] and sample_picture("coffee") is SAMPLES["coffee"]


@pytest.mark.parametrize("entry", [s for s in SAMPLES.values() if s.modality != "image"], ids=lambda s: s.id)
def test_made_samples_are_the_same_every_time_and_neither_silent_nor_over_range(entry):
    medium = entry.load()
    array = values(medium)
    assert modality_of(medium) == entry.modality and all((entry.title, entry.source, entry.licence))
    np.testing.assert_array_equal(values(entry.load()), array)
    if entry.modality == "graph":  # edges are whole numbers
        assert array.dtype == np.int64 and array.shape[1] == 3
        return
    assert array.dtype == np.float32 and array.std() > 0.05
    if entry.modality != "series":  # those have units
        assert np.abs(array).max() <= 1 and array.min() >= (0 if entry.modality == "video" else -1)
    with pytest.raises(MediaError, match="no file"):
        _ = entry.path


def test_the_sweep_rises_from_40_hz_to_16_khz_by_octaves():
    from scipy.signal import stft

    sound = SAMPLES["sweep"].load()
    hertz, seconds, bins = stft(sound.samples[:, 0], sound.sample_rate_hz, nperseg=4096)
    loudest = hertz[np.abs(bins).argmax(0)]  # (times,)
    inner = (seconds > 0.8) & (seconds < 2.7)  # where a bin is narrow against the tone
    np.testing.assert_allclose(loudest[inner], 40 * 400 ** (seconds[inner] / 3), rtol=0.05)


def test_surf_swells_twice_and_has_no_pitch():
    sound = SAMPLES["surf"].load()
    rate, samples = sound.sample_rate_hz, sound.samples[:, 0]
    loudness = np.sqrt((samples[: 4 * rate].reshape(40, -1) ** 2).mean(1))  # of tenths of a second
    assert {10, 11} & {int(loudness[:20].argmax())} and {28, 29} & {20 + int(loudness[20:].argmax())}
    assert loudness[19:21].max() < 0.5 * loudness[[10, 11, 28, 29]].min()  # between the waves
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    octaves = [spectrum[(hertz >= low) & (hertz < 2 * low)] for low in (250, 500, 1000, 2000, 4000)]
    levels = [float(one.mean()) for one in octaves]
    assert levels == sorted(levels, reverse=True)
    assert all(one.max() < 30 * one.mean() for one in octaves)  # of a tone some bin has hundreds of times the mean


def test_the_first_vowel_has_the_formants_of_its_table():
    sound = SAMPLES["vowels"].load()
    spectrum = np.abs(np.fft.rfft(sound.samples[2400:9600, 0] * np.hanning(7200)))  # 0.1 to 0.4 s
    hertz = np.arange(len(spectrum)) * sound.sample_rate_hz / 7200
    near = spectrum[(hertz > 600) & (hertz < 1250)].max()  # the first two formants of "father"
    assert near > 5 * spectrum[(hertz > 3300) & (hertz < 5000)].max() > 0
    assert near > 100 * spectrum[hertz > 5600].max()


def test_the_panning_view_moves_four_pixels_a_frame():
    frames = SAMPLES["panning"].load().frames
    np.testing.assert_array_equal(frames[1][:, :-4], frames[0][:, 4:])
    assert frames.shape == (25, 192, 192, 3)


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(samples, "find_spec", lambda name: None)
    with pytest.raises(MediaError, match="scikit-image"):
        PICTURES["coffee"].load()


def test_naming_the_samples_imports_neither_package():
    code = (
        "import sys; from explorer.media.samples import PICTURES; print(len(PICTURES)); "
        "[s.path for s in PICTURES.values()]; print(*{'skimage', 'sklearn', 'torch', 'gradio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(PICTURES))]
