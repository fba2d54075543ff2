"""HEIC, the photos of phones: read by what they hold, whatever they are called; without its package the rest works."""

from __future__ import annotations

import builtins
import io
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image
from skimage import data

from explorer.audit.sources import open_source
from explorer.foundation.errors import MediaError
from explorer.media.medium import load_medium
from explorer.media.pictures.image import load_image
from tests.media import made_icc
from tests.media.odd.odd_colour_files import heif

PHOTO = data.astronaut()[:64, :96]
FILLER = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def test_a_photo_of_a_phone_is_read_upright_and_in_its_colours():
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = made_icc.matrix_profile("Display P3", made_icc.P3, made_icc.SRGB_CURVE)
    plain = load_image(heif("HEIF", PHOTO, quality=-1, chroma=444))
    np.testing.assert_allclose(plain.pixels * 255, PHOTO, atol=2)
    assert plain.notes == ()
    phone = load_image(heif("HEIF", PHOTO, quality=-1, chroma=444, icc_profile=profile, exif=exif.tobytes()))
    buffer = io.BytesIO()
    Image.fromarray(np.rot90(PHOTO, -1)).save(buffer, "PNG", icc_profile=profile)
    np.testing.assert_allclose(phone.pixels * 255, load_image(buffer.getvalue()).pixels * 255, atol=6)
    assert any("Display P3" in note for note in phone.notes)


def test_a_file_is_what_it_holds_and_not_what_it_is_called(tmp_path):
    (tmp_path / "filler.jpg").write_bytes(FILLER)
    with pytest.raises(MediaError, match="This HEIC file is damaged"):
        load_image(tmp_path / "filler.jpg")
    (tmp_path / "photo.HEIC").write_bytes(jpeg())
    np.testing.assert_array_equal(load_image(tmp_path / "photo.HEIC").pixels, load_image(jpeg()).pixels)
    assert load_medium(heif("HEIF", PHOTO)).pixels.shape == (64, 96, 3)


def test_in_a_zip_three_are_read_and_one_is_listed(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, "PNG")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for name, content in (("1.png", buffer.getvalue()), ("2.png", buffer.getvalue()), ("filler.jpg", FILLER)):
            archive.writestr(name, content)
        archive.writestr("photo.HEIC", jpeg())
    source, read, listed = open_source(tmp_path / "photos.zip"), [], []
    for number, name in enumerate(source.names):
        try:
            source.open(number)
            read.append(name)
        except MediaError as error:
            listed.append((name, str(error)))
    assert read == ["1.png", "2.png", "photo.HEIC"]
    assert [name for name, _ in listed] == ["filler.jpg"] and "HEIC" in listed[0][1]


def test_without_the_package_only_heic_is_missing(monkeypatch):
    file, real = heif("HEIF", PHOTO), builtins.__import__

    def refuse(name, *arguments, **options):
        if name.partition(".")[0] == "pillow_heif":
            raise ModuleNotFoundError("No module named 'pillow_heif'", name="pillow_heif")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.delitem(sys.modules, "pillow_heif")
    with pytest.raises(MediaError, match=r"pillow-heif\. Install it \(pip install pillow-heif\)"):
        load_image(file)
    assert load_image(jpeg()).pixels.shape == (64, 96, 3)
