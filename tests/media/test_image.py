"""Pictures of every kind go in and come out as a person expects, or are refused in one plain line."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.pictures import image as media_image
from explorer.media.pictures.image import LoadedImage, load_image
from explorer.media.pictures.opening import FORMATS

RNG = np.random.default_rng(0)
PHOTO = data.astronaut()[:40, :60]  # (40, 60, 3) uint8
RAMP16 = np.linspace(0, 65535, 35, dtype=np.uint16).reshape(5, 7)


def encode(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_file(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG written by hand (PNG specification, section 5), so that headers can lie and depths be 16."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def refusal(source, limits: Limits | None = None) -> str:
    """The one line that a refused picture gives."""
    with pytest.raises(MediaError) as caught:
        load_image(source, limits or Limits())
    message = str(caught.value)
    assert message and "\n" not in message and "Traceback" not in message
    assert len(message) < 300
    return message


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "BMP", "TIFF", "PPM"])
def test_lossless_files_give_the_exact_pixels(file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    loaded = load_image(encode(Image.fromarray(PHOTO), file_format, **options))
    assert loaded.pixels.dtype == np.float32 and loaded.pixels.shape == (40, 60, 3)
    np.testing.assert_array_equal(np.round(loaded.pixels * 255).astype(np.uint8), PHOTO)
    assert loaded.notes == ()


@pytest.mark.parametrize("file_format", ["JPEG", "AVIF"])
def test_lossy_files_match_pillows_own_decoding(file_format):
    file = encode(Image.fromarray(PHOTO), file_format, quality=95)
    expected = np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) / 255
    np.testing.assert_allclose(load_image(file).pixels, expected, atol=1e-6)


def test_a_path_its_text_its_bytes_and_its_pillow_picture_are_the_same(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encode(Image.fromarray(PHOTO), "PNG"))
    expected = PHOTO.astype(np.float32) / 255
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), Image.open(path), PHOTO):
        np.testing.assert_allclose(load_image(source).pixels, expected, atol=1e-7)


def test_palette_is_expanded():
    palette = Image.fromarray(PHOTO).quantize(16)
    expected = np.asarray(palette.convert("RGB")) / 255
    np.testing.assert_allclose(load_image(encode(palette, "PNG")).pixels, expected, atol=1e-6)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white_and_said(mode):
    image = Image.fromarray(PHOTO).convert(mode)
    image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 60).astype(np.uint8), (40, 1))))
    rgba = image.convert("RGBA")
    expected = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    loaded = load_image(encode(image, "PNG"))
    np.testing.assert_allclose(loaded.pixels, np.asarray(expected) / 255, atol=1.01 / 255)  # Pillow rounds
    assert "Transparent parts laid on white." in loaded.notes


def test_an_opaque_alpha_channel_changes_nothing_and_is_not_mentioned():
    image = Image.fromarray(PHOTO).convert("RGBA")
    loaded = load_image(image)
    np.testing.assert_allclose(loaded.pixels, PHOTO / 255, atol=1e-6)
    assert loaded.notes == ()


def test_a_transparent_palette_entry_becomes_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    loaded = load_image(encode(image, "PNG", transparency=0))
    np.testing.assert_allclose(loaded.pixels[0], [[1, 1, 1], np.array([200, 100, 50]) / 255], atol=1e-6)


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_16_bit_greyscale_keeps_its_depth(mode):
    file_format = "PNG" if mode == "I;16" else "TIFF"
    image = Image.frombytes(mode, (7, 5), RAMP16.astype(">u2" if mode.endswith("B") else "<u2").tobytes())
    loaded = load_image(encode(image, file_format))
    np.testing.assert_allclose(loaded.pixels[:, :, 1], RAMP16 / 65535, atol=1e-7)
    assert any("65,535" in note for note in loaded.notes)


def test_16_bit_pgm_is_over_65535():
    file = b"P5 7 5 65535\n" + RAMP16.astype(">u2").tobytes()
    np.testing.assert_allclose(load_image(file).pixels[:, :, 0], RAMP16 / 65535, atol=1e-7)


def test_16_bit_colour_is_said_to_be_read_at_8():
    rows = b"".join(b"\0" + RNG.integers(0, 65536, 9).astype(">u2").tobytes() for _ in range(2))
    loaded = load_image(png_file(3, 2, 16, 2, rows))
    exact = np.stack([np.frombuffer(rows[i * 19 + 1 : i * 19 + 19], ">u2").reshape(3, 3) for i in range(2)]) / 65535
    np.testing.assert_allclose(loaded.pixels, exact, atol=1.01 / 255)
    assert loaded.notes == ("16-bit colour read at 8 bits a channel.",)


@pytest.mark.parametrize("values", [np.float32([[-2, 0], [1, 6]]), np.int32([[-100, 500], [1000, 4000]])])
def test_32_bit_greyscale_is_stretched_and_said(values):
    loaded = load_image(encode(Image.fromarray(values), "TIFF"))
    expected = (values - values.min()) / float(values.max() - values.min())
    np.testing.assert_allclose(loaded.pixels[:, :, 2], expected, atol=1e-6)
    assert f"stretched from {values.min():g}..{values.max():g}" in loaded.notes[0]


def test_float_greyscale_within_0_and_1_is_left_alone():
    values = np.float32([[0.25, 0.5], [0.5, 0.75]])
    np.testing.assert_array_equal(load_image(Image.fromarray(values)).pixels[:, :, 0], values)


def test_a_flat_32_bit_picture_is_mid_grey():
    loaded = load_image(Image.fromarray(np.full((3, 3), 7e4, np.float32)))
    assert (loaded.pixels == 0.5).all() and "mid-grey" in loaded.notes[0]


def test_nan_in_a_float_tiff_is_refused():
    values = np.float32([[0, np.nan], [1, 2]])
    assert "NaN" in refusal(encode(Image.fromarray(values), "TIFF"))


def test_cmyk_is_converted_and_said():
    loaded = load_image(encode(Image.fromarray(PHOTO).convert("CMYK"), "TIFF"))
    np.testing.assert_allclose(loaded.pixels, PHOTO / 255, atol=2.01 / 255)
    assert "CMYK" in loaded.notes[0]


@pytest.mark.parametrize("mode", ["L", "1"])
def test_greyscale_is_repeated(mode):
    grey = Image.fromarray(PHOTO).convert(mode)
    loaded = load_image(encode(grey, "PNG"))
    for channel in range(3):
        np.testing.assert_allclose(loaded.pixels[:, :, channel], np.asarray(grey.convert("L")) / 255, atol=1e-6)
    assert loaded.notes == ("Greyscale repeated over red, green and blue.",)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(orientation, file_format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encode(Image.fromarray(PHOTO), file_format, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file)))) / 255
    loaded = load_image(file)
    np.testing.assert_allclose(loaded.pixels, expected, atol=1e-6)
    assert (orientation >= 5) == (loaded.pixels.shape[:2] == (60, 40))
    assert bool(loaded.notes) == (orientation > 1)


def test_broken_exif_does_not_cost_the_picture():
    file = encode(Image.fromarray(PHOTO), "PNG", exif=b"Exif\0\0 not exif at all")
    assert load_image(file).pixels.shape == (40, 60, 3)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_read(file_format):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if file_format == "WEBP" else {}
    loaded = load_image(encode(frames[0], file_format, save_all=True, append_images=frames[1:], **options))
    np.testing.assert_array_equal(loaded.pixels, np.broadcast_to(np.float32([1, 0, 0]), (6, 8, 3)))
    assert "3" in loaded.notes[0] and loaded.notes[0].startswith(("Animated: first frame", "First page"))


def test_one_pixel_is_a_picture():
    loaded = load_image(encode(Image.new("RGB", (1, 1), (255, 0, 51)), "PNG"))
    np.testing.assert_allclose(loaded.pixels, [[[1, 0, 0.2]]], atol=1e-7)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_truncated_file_says_so(file_format, share):
    whole = encode(Image.fromarray(data.astronaut()[:128, :128]), file_format)
    message = refusal(whole[: max(13, int(len(whole) * share))])
    assert "damaged or cut short" in message


def test_a_file_of_zero_bytes(tmp_path):
    (tmp_path / "empty.png").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.png")
    assert "0 bytes" in refusal(b"")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"hello, this is a letter", "not a picture"),
        (bytes(200), "not a picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
        (b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="4"/>', "SVG"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (b"%PDF-1.7\n%abc", "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video"),
        (b"PK\x03\x04\x14\0\0\0", "zip"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a picture"),
    ],
)
def test_what_is_not_a_picture_is_named(content, word):
    assert word in refusal(content)


@pytest.mark.parametrize("file_format", ["ICO", "PCX", "TGA", "SGI", "EPS", "DDS", "JPEG2000"])
def test_formats_outside_the_list_are_not_opened(file_format):
    assert file_format not in FORMATS
    assert "not a picture that can be read here" in refusal(encode(Image.fromarray(PHOTO), file_format))


def test_a_50_megapixel_picture_is_refused_before_it_is_decoded(monkeypatch):
    file = png_file(10_000, 5_000, 8, 2, b"")  # a header that claims it; there are no pixels to decode
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded a refused picture"))
    message = refusal(file)
    assert "50,000,000" in message and "40,000,000" in message


@pytest.mark.parametrize("side", [12_000, 20_000, 400_000])
def test_a_decompression_bomb_is_refused_with_its_size(side):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as a strict server would run
        message = refusal(png_file(side, side, 8, 2, b""))
    assert f"{side * side:,}" in message and "40,000,000" in message


def test_a_header_of_zero_pixels():
    assert "damaged" in refusal(png_file(0, 5, 8, 2, b""))
    assert "nothing in it" in refusal(Image.new("RGB", (0, 0)))


def test_limits_are_the_callers():
    limits = Limits(image_pixels=2399, upload_bytes=100)
    assert "2,400" in refusal(Image.fromarray(PHOTO), limits)
    assert "2,400" in refusal(PHOTO, limits)
    assert "cap of" in refusal(encode(Image.fromarray(PHOTO), "BMP"), limits)


def test_paths_that_lead_nowhere(tmp_path):
    assert "no file" in refusal(tmp_path / "none.png")
    assert "not a file" in refusal(tmp_path)
    assert "not a file" in refusal("/dev/zero")
    assert "Download" in refusal("https://example.org/cat.png")
    assert "NoneType" in refusal(None)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[True, False]]), [[[1, 1, 1], [0, 0, 0]]]),
        (np.array([[[51, 102, 255]]]), [[[0.2, 0.4, 1]]]),
        (np.array([[0.25, 1.0]]), [[[0.25] * 3, [1] * 3]]),
        (np.array([[[0.5]]], np.float16), [[[0.5] * 3]]),
        (np.array([[13107]], np.uint16), [[[0.2] * 3]]),
        (np.array([[[1.0, 0.0, 0.5, 0.5]]]), [[[1, 0.5, 0.75]]]),
        (np.array([[1.00005, -0.00005]]), [[[1] * 3, [0] * 3]]),
    ],
)
def test_arrays(array, expected):
    pixels = load_image(array).pixels
    np.testing.assert_allclose(pixels, expected, atol=1e-6)
    assert pixels.dtype == np.float32 and pixels.flags.c_contiguous


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (np.zeros((0, 4, 3)), "nothing in it"),
        (np.zeros(5), "(5,)"),
        (np.zeros((2, 3, 4, 3)), "(2, 3, 4, 3)"),
        (np.zeros((3, 8, 8)), "channels first"),
        (np.zeros((8, 8, 2)), "(8, 8, 2)"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.full((4, 4, 3), np.inf), "infinite"),
        (np.full((4, 4, 3), 128.0), "0..1"),
        (np.full((4, 4, 3), -3), "0..255"),
        (np.full((4, 4, 3), 1j), "complex"),
        (np.full((4, 4, 3), "a"), "U1"),
        (np.full((4, 4, 3), None), "object"),
    ],
)
def test_arrays_that_are_not_pictures(array, word):
    assert word in refusal(array)


def test_random_damage_never_gives_anything_but_a_picture_or_a_line():
    originals = [encode(Image.fromarray(PHOTO), name) for name in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")]
    outcomes = set()
    for trial in range(150):
        file = bytearray(originals[trial % len(originals)])
        for place in RNG.integers(0, len(file), 6):
            file[place] = RNG.integers(256)
        try:
            outcomes.add(type(media_image.load_image(bytes(file))))
        except MediaError as error:
            outcomes.add(MediaError)
            assert "\n" not in str(error)
    assert outcomes == {LoadedImage, MediaError}
