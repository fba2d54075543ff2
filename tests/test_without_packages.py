"""What the app says where an optional package is not installed: its name, what it is for, and what else to do."""

import io
import struct
import sys

import numpy as np
import pytest
from PIL import Image

from explorer.analysis.maps.projection import umap
from explorer.foundation.errors import CheckpointError, ExplorerError, MediaError
from explorer.media.pictures.image import load_image
from explorer.media.sounds.audio import load_audio
from explorer.media.writing import mp4_bytes
from explorer.public.transformers.building import library_class


def heic():
    """The head of a HEIC photo."""
    return struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + b"\x00" * 200


def floating_tiff():
    """Three channels of 32 bits, which Pillow cannot read."""
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.linspace(0, 1, 8 * 8 * 3, dtype=np.float32).reshape(8, 8, 3), photometric="rgb")
    return buffer.getvalue()


def wav():
    """A header that says WAV, with 64-bit floats: Python's own reader takes 8 to 32 bits only."""
    samples = np.sin(np.arange(800) / 9).astype("<f8").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 3, 1, 8000, 64000, 8, 64,
                       b"data", len(samples))  # fmt: skip
    return head + samples


CASES = {
    "pillow_heif": (lambda: load_image(heic()), MediaError, "pillow-heif"),
    "av": (lambda: mp4_bytes(np.zeros((2, 8, 8, 3), np.float32), 4), MediaError, "av"),
    "transformers": (lambda: library_class("models.mimi:MimiModel"), CheckpointError, "transformers"),
    "umap": (lambda: umap(np.random.default_rng(0).normal(size=(40, 5))), ExplorerError, "umap-learn"),
}


@pytest.mark.parametrize("package", CASES)
def test_a_missing_package_is_named_with_how_to_get_it(package, monkeypatch):
    use, kind, name = CASES[package]
    for name_of in [package, *(other for other in sys.modules if other.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name_of, None)  # as if it were not installed
    with pytest.raises(kind) as said:
        use()
    assert f"pip install {name}" in str(said.value) and "\n" not in str(said.value)


def test_a_tiff_of_a_rare_kind_is_not_called_damaged_for_want_of_a_package(monkeypatch):
    data = floating_tiff()
    assert load_image(data).pixels.shape == (8, 8, 3)
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(MediaError) as said:
        load_image(data)
    assert "pip install tifffile" in str(said.value) and "damaged" not in str(said.value)


def test_a_sound_is_read_by_the_other_reader_where_one_is_missing(monkeypatch):
    both = load_audio(wav()).samples
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert np.abs(load_audio(wav()).samples - both).max() < 1e-6 and np.abs(both).max() > 0.9
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MediaError, match=r"pip install (soundfile|av)"):
        load_audio(wav())


def test_pictures_need_none_of_them(monkeypatch):
    for package in (*CASES, "soundfile", "tifffile"):
        monkeypatch.setitem(sys.modules, package, None)
    buffer = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(buffer, "PNG")
    assert np.array_equal(np.round(load_image(buffer.getvalue()).pixels * 255), np.arange(48).reshape(4, 4, 3))
