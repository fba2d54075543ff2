"""Every sample lies inside an installed package, is the file that the package ships, and loads with no network."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage
import sklearn
from PIL import Image
from skimage.data._registry import registry
from sklearn.datasets import load_sample_image

from explorer.config import REPOSITORY
from explorer.errors import MediaError, UnknownIdError
from explorer.media import samples
from explorer.media.samples import SAMPLES, sample


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a sample went to the network")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("sample_id", SAMPLES)
def test_sample_loads_from_inside_its_package(sample_id):
    entry = SAMPLES[sample_id]
    folder = Path({"skimage": skimage, "sklearn": sklearn}[entry.package].__file__).parent
    assert entry.id == sample_id and entry.path.is_relative_to(folder) and entry.path.is_file()
    assert all((entry.title, entry.source, entry.licence))
    loaded = entry.load()
    expected = np.asarray(Image.open(entry.path).convert("RGB")) / 255
    np.testing.assert_allclose(loaded.pixels, expected, atol=1e-6)
    assert min(loaded.width, loaded.height) >= 128 and loaded.pixels.std() > 0.01


@pytest.mark.parametrize("entry", [s for s in SAMPLES.values() if s.package == "skimage"], ids=lambda s: s.id)
def test_file_is_the_one_that_scikit_image_lists(entry):
    assert hashlib.sha256(entry.path.read_bytes()).hexdigest() == registry[f"data/{entry.filename}"]


def test_scikit_learn_agrees_on_its_pictures():
    for name in ("china", "flower"):
        np.testing.assert_allclose(SAMPLES[name].load().pixels, load_sample_image(f"{name}.jpg") / 255, atol=1e-6)


def test_the_first_is_a_colour_picture():
    pixels = next(iter(SAMPLES.values())).load().pixels
    assert np.abs(pixels[:, :, 0] - pixels[:, :, 2]).mean() > 0.02


def test_an_unknown_id_lists_the_valid_ones():
    with pytest.raises(UnknownIdError, match=r"Did you mean 'astronaut'\?.*coffee"):
        sample("astronuat")


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(samples, "find_spec", lambda name: None)
    with pytest.raises(MediaError, match="scikit-image"):
        SAMPLES["coffee"].load()


def test_naming_the_samples_imports_neither_package():
    code = (
        "import sys; from explorer.media.samples import SAMPLES; print(len(SAMPLES)); "
        "[s.path for s in SAMPLES.values()]; print(*{'skimage', 'sklearn', 'torch', 'gradio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(SAMPLES))]
