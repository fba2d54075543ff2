"""Colours are what the file says they are: profiles, gamma, numbers and HDR become sRGB, or it is said why not.

The right values are of Chromium's canvas, which odd_pictures.py asks again, or follow from the definitions.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from explorer.media.clips.video import load_video
from explorer.media.pictures import light, profiles
from explorer.media.pictures.image import load_image
from tests.media import made_icc

TWO = np.array([[[234, 51, 35], [200, 100, 50]]], np.uint8)
RED = [[234, 51, 35], [200, 100, 50]]
PROFILE_P3 = made_icc.matrix_profile("Display P3", made_icc.P3, made_icc.SRGB_CURVE)


def encoded(pixels, file_format: str = "PNG", mode: str | None = None, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8), mode).save(buffer, format=file_format, **options)
    return buffer.getvalue()


def with_chunk(data: bytes, name: bytes, body: bytes) -> bytes:
    """A PNG with one chunk more behind its header."""
    made = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data[:33] + made + data[33:]


def levels(data: bytes) -> list:
    return np.round(load_image(data).pixels[0] * 255).astype(int).tolist()


def test_display_p3_becomes_srgb_and_is_named():
    for file_format in ("PNG", "TIFF"):
        file = encoded(TWO, file_format, icc_profile=PROFILE_P3)
        assert levels(file) == [[255, 0, 0], [215, 93, 31]]
        assert load_image(file).notes == (
            'Colours converted from its profile "Display P3" to sRGB; what lies outside is clipped.',
        )


def test_a_profile_that_means_srgb_changes_nothing_and_is_not_mentioned():
    file = encoded(TWO, icc_profile=made_icc.matrix_profile("sRGB", made_icc.SRGB, made_icc.SRGB_CURVE))
    assert levels(file) == RED and load_image(file).notes == ()


@pytest.mark.parametrize(
    ("chunks", "expected", "words"),
    [
        ({b"gAMA": struct.pack(">I", 100_000)}, [[246, 124, 104], [229, 168, 122]], "gamma 1"),
        ({b"gAMA": struct.pack(">I", 45_455)}, RED, ""),  # what writers of sRGB mean
        ({b"sRGB": b"\0", b"gAMA": struct.pack(">I", 100_000)}, RED, ""),
        ({b"cICP": bytes([12, 13, 0, 1])}, [[255, 0, 0], [215, 93, 31]], "Display P3"),
        ({b"cICP": bytes([1, 8, 0, 1])}, [[246, 124, 104], [229, 168, 122]], "linear light"),
        ({b"cICP": bytes([12, 13, 0, 0])}, RED, "narrow range"),
        ({b"cICP": bytes([99, 13, 0, 1])}, RED, "not known here (99 and 13"),
        ({b"iCCP": b"p\0\0" + zlib.compress(PROFILE_P3)}, [[255, 0, 0], [215, 93, 31]], '"Display P3"'),
        ({b"iCCP": b"p\0\0" + zlib.compress(PROFILE_P3), b"cICP": bytes([1, 13, 0, 1])}, RED, ""),
        ({b"iCCP": b"p\0\0no profile"}, RED, "profile is damaged"),
        ({b"iCCP": b"p\0\0" + zlib.compress(PROFILE_P3[:150])}, RED, "profile is damaged"),
    ],
)
def test_what_a_png_states(chunks, expected, words):
    file = encoded(TWO)
    for name, body in reversed(chunks.items()):
        file = with_chunk(file, name, body)
    assert levels(file) == expected
    assert len(load_image(file).notes) == bool(words) and words in " ".join(load_image(file).notes)


def test_a_profile_for_other_pictures_is_left_out_and_said():
    for profile in (made_icc.grey_profile("Grey", 1.0), made_icc.print_profile("Print")):
        file = encoded(TWO, icc_profile=profile)
        assert levels(file) == RED and "is not for a picture of this kind" in load_image(file).notes[0]


def test_a_grey_picture_with_a_profile_keeps_each_of_its_greys():
    ramp = np.arange(256, dtype=np.uint8)[None]
    file = encoded(ramp, icc_profile=made_icc.grey_profile("Linear", 1.0))
    expected = light.srgb_from_light(np.arange(256, dtype=np.float32) / 255) * 255
    np.testing.assert_allclose(load_image(file).pixels[0, :, 0] * 255, expected, atol=0.51)
    deep = Image.frombytes("I;16", (256, 1), (np.arange(256) * 257).astype("<u2").tobytes())
    buffer = io.BytesIO()
    deep.save(buffer, "PNG", icc_profile=made_icc.grey_profile("Linear", 1.0))
    loaded = load_image(buffer.getvalue())
    np.testing.assert_allclose(loaded.pixels[0, :, 2] * 255, expected, atol=0.51)
    assert '"Linear"' in loaded.notes[-1]


def test_lab_becomes_srgb():
    """The red of sRGB is L* 54.3, a* 80.8, b* 69.9 of D50, as in files; one step of 8 bits is up to 5 levels."""
    lab = Image.frombytes("LAB", (2, 1), bytes([138, 81, 70, 255, 0, 0]))
    buffer = io.BytesIO()
    lab.save(buffer, "TIFF")
    loaded = load_image(buffer.getvalue())
    np.testing.assert_allclose(loaded.pixels[0] * 255, [[255, 0, 0], [255, 255, 255]], atol=5.01)
    assert loaded.notes == ("CIELAB converted to sRGB; what lies outside is clipped.",)


def test_hdr_is_tone_mapped_and_said():
    """203 cd/m2 is half of all light, 188 of 255; 1,000 and more are white. PQ of both: 148.1 and 191.8 of 255."""
    pixels = np.repeat(np.array([[0, 148, 192, 255]], np.uint8)[:, :, None], 3, axis=2)
    file = with_chunk(encoded(pixels), b"cICP", bytes([9, 16, 0, 1]))
    np.testing.assert_allclose(np.array(levels(file))[:, 1], [0, 188, 255, 255], atol=1)
    assert "HDR (PQ) tone-mapped to SDR" in load_image(file).notes[-1]


@pytest.mark.parametrize("transfer", light.CURVES)
def test_every_curve_goes_from_black_to_white(transfer):
    stored = np.repeat(np.linspace(0, 1, 101, dtype=np.float32)[:, None], 3, axis=1)[None]
    shown = light.to_srgb(stored, light.light_of_numbers(1, transfer))
    assert (np.diff(shown[0, :, 0]) > -1e-6).all()
    np.testing.assert_allclose(shown[0, [0, -1], 1], [0, 1], atol=1e-5)


@pytest.mark.parametrize("primaries", light.PRIMARIES)
def test_white_stays_white_in_all_primaries(primaries):
    matrix = light.matrix_to_srgb(light.PRIMARIES[primaries][1])
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-9)
    if primaries == 9:  # ITU-R BT.2087, table 1 of annex 2, is of the same white
        np.testing.assert_allclose(matrix[0], [1.6605, -0.5876, -0.0728], atol=1e-4)


def test_hopeless_primaries_are_left_out():
    assert not light.usable((0.0,) * 8) and not light.usable((0.3, 0.3) * 4) and light.usable(light.SRGB)
    assert not light.usable((float("nan"), *light.SRGB[1:])) and not light.usable(light.SRGB[:6])


def test_alpha_is_laid_on_white_after_colours_are_converted():
    rgba = np.dstack([TWO, np.array([[255, 0]], np.uint8)])
    file = encoded(rgba, icc_profile=PROFILE_P3)
    assert levels(file) == [[255, 0, 0], [255, 255, 255]] and len(load_image(file).notes) == 2


def test_a_transform_is_made_once_for_a_data_set():
    profiles._transform.cache_clear()
    for _ in range(3):
        load_image(encoded(TWO, icc_profile=PROFILE_P3))
    assert profiles._transform.cache_info().misses == 1


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_frames_of_an_animation_have_their_colours_too(file_format):
    frames = [Image.fromarray(np.full((8, 8, 3), colour, np.uint8)) for colour in ((234, 51, 35), (200, 100, 50))]
    options = {"lossless": True} if file_format == "WEBP" else {}
    buffer = io.BytesIO()
    frames[0].save(buffer, file_format, save_all=True, append_images=frames[1:], duration=100, icc_profile=PROFILE_P3,
                   **options)  # fmt: skip
    clip = load_video(buffer.getvalue())
    np.testing.assert_allclose(clip.frames[:, 0, 0] * 255, [[255, 0, 0], [215, 93, 31]], atol=1.01)
    assert sum("Display P3" in note for note in clip.notes) == 1


def test_a_profile_of_a_few_mebibytes_is_no_damage():
    """Pillow's own cap is one; a scanner's profile has more."""
    padded = bytearray(PROFILE_P3 + np.random.default_rng(0).bytes(3 * 2**20))
    padded[:4] = struct.pack(">I", len(padded))
    file = with_chunk(encoded(TWO), b"iCCP", b"p\0\0" + zlib.compress(bytes(padded)))
    assert levels(file) == [[255, 0, 0], [215, 93, 31]]
