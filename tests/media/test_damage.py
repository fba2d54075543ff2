"""Damage is never taken in silence: a picture is whole, or it is said how much of it is there."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.clips.video import load_video
from explorer.media.pictures import jpeg_ends, png_chunks
from explorer.media.pictures.image import load_image

PHOTO = data.astronaut()[:128, :128]


def encoded(file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, format=file_format, **options)
    return buffer.getvalue()


def refusal(file: bytes) -> str:
    with pytest.raises(MediaError) as caught:
        load_image(file)
    return str(caught.value)


def flipped(file: bytes, at: int) -> bytes:
    changed = bytearray(file)
    changed[at] ^= 1
    return bytes(changed)


def place_of(file: bytes, name: bytes) -> int:
    return next(at for found, at, _ in png_chunks.chunks(file) if found == name)


PIXELS = (
    "This PNG file is damaged: the check sum of its pixels does not fit, so some of it is not what it was. "
    "Choose another file."
)


def test_every_flipped_bit_in_the_pixels_of_a_png_is_found():
    file = encoded("PNG")
    start = place_of(file, b"IDAT")
    for offset in range(10, 3000, 131):
        assert refusal(flipped(file, start + offset)) == PIXELS


def test_pixels_that_were_changed_behind_their_check_sum_are_found():
    """They decode, and Pillow alone takes them."""
    file, other = encoded("PNG"), io.BytesIO()
    changed = PHOTO.copy()
    changed[12:] = 255 - changed[12:]
    Image.fromarray(changed).save(other, "PNG")
    broken = bytearray(other.getvalue())
    (length,) = struct.unpack_from(">I", broken, 33)
    broken[41 + length : 45 + length] = file[41 + struct.unpack_from(">I", file, 33)[0] :][:4]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(bytes(broken)))), changed)
    assert refusal(bytes(broken)) == PIXELS


@pytest.mark.parametrize("name", [b"IHDR", b"PLTE", b"IDAT"])
def test_every_chunk_that_makes_the_picture_is_checked(name):
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).quantize(16).save(buffer, "PNG")
    file = buffer.getvalue()
    broken = flipped(file, place_of(file, name) + 7)
    assert "check sum" in refusal(broken)


def test_a_damaged_chunk_beside_the_picture_is_left_out_and_said():
    body = struct.pack(">I", 100_000)
    chunk = struct.pack(">I", 4) + b"gAMA" + body + bytes(4)  # its check sum is not 0
    file = encoded("PNG")
    loaded = load_image(file[:33] + chunk + file[33:])
    np.testing.assert_array_equal(np.round(loaded.pixels * 255), PHOTO)
    assert loaded.notes == ("Damaged: the check sum of its chunk gAMA does not fit, so that is left out.",)


def test_a_png_without_its_end_mark_is_read_and_said():
    loaded = load_image(encoded("PNG")[:-12])
    np.testing.assert_array_equal(np.round(loaded.pixels * 255), PHOTO)
    assert loaded.notes == ("It ends without its end mark.",)


def test_a_png_whose_end_mark_alone_is_damaged_is_read_and_said():
    file = encoded("PNG")
    loaded = load_image(flipped(file, len(file) - 2))
    np.testing.assert_array_equal(np.round(loaded.pixels * 255), PHOTO)
    assert loaded.notes == ("Damaged: the check sum of its end mark does not fit; its pixels are whole.",)


@pytest.mark.parametrize("options", [{}, {"quality": 95, "subsampling": 0}, {"progressive": True}, {"optimize": True}])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_jpeg_without_its_end_mark_is_read_and_said(options, cut):
    file = encoded("JPEG", **options)
    loaded = load_image(file[:-cut])
    np.testing.assert_array_equal(loaded.pixels, load_image(file).pixels)
    assert loaded.notes == ("It lacks the end mark of a JPEG; every pixel of it is there.",)


@pytest.mark.parametrize("options", [{}, {"quality": 95, "subsampling": 0}, {"restart_marker_rows": 1}])
def test_of_a_cut_jpeg_it_is_said_how_many_rows_there_are(options):
    file = encoded("JPEG", **options)
    counted = []
    for share in (0.5, 0.75, 0.98):
        words = refusal(file[: int(len(file) * share)])
        assert words.startswith("This JPEG file is damaged or cut short: ")
        counted.append(int(words.split(": ")[1].split(" of its 128 rows can be decoded")[0]))
    assert counted == sorted(counted) and 20 < counted[0] < 90 and 100 <= counted[2] < 128
    rows = counted[1] // 16 * 16 - 16  # what is said to be there is what was encoded
    whole = np.asarray(Image.open(io.BytesIO(file)))
    padded = np.asarray(Image.open(io.BytesIO(file[: int(len(file) * 0.75)] + jpeg_ends.END)))
    np.testing.assert_array_equal(whole[:rows], padded[:rows])
    assert not np.array_equal(whole, padded)


def test_of_a_progressive_jpeg_the_last_scans_are_missed():
    file = encoded("JPEG", progressive=True)
    assert "last scans are missing" in refusal(file[: int(len(file) * 0.6)])
    last = file.rindex(b"\xff\xda")
    assert "last scans are missing" in refusal(file[:last] + jpeg_ends.END)  # with an end mark, but too early


def test_an_end_mark_in_the_middle_of_a_jpeg_is_not_believed():
    file = encoded("JPEG")
    middle = len(file) * 2 // 3
    broken = file[:middle] + jpeg_ends.END + file[middle + 2 :]
    assert "rows can be decoded" in refusal(broken)
    strange = file[:middle] + b"\xff\x9a" + file[middle + 2 :]  # a marker that nobody has given a meaning
    assert "rows can be decoded" in refusal(strange)


def test_what_stands_behind_a_jpeg_costs_nothing_and_is_not_mentioned():
    file = encoded("JPEG")
    for behind in (b"\0" * 40, b"SEFT trailer of a phone", file, b"\0\0\0\x18ftypmp42"):
        assert load_image(file + behind).notes == ()


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "BMP", "PPM", "TIFF"])
def test_of_other_cut_files_the_rows_are_counted(file_format):
    file = encoded(file_format)
    words = refusal(file[: int(len(file) * 0.6)])
    rows = int(words.split("cut short: ")[1].split(" of its 128 rows can be decoded")[0].replace(",", ""))
    assert 50 < rows < 100


@pytest.mark.parametrize("file_format", ["WEBP", "AVIF"])
def test_of_files_that_say_how_long_they_are_the_bytes_are_counted(file_format):
    file = encoded(file_format)
    words = refusal(file[: len(file) - 100])
    assert f"{len(file) - 100:,} of the {len(file):,} bytes that it promises are there" in words


def test_a_tiff_whose_directory_is_cut_off_says_where_it_should_be():
    file = encoded("TIFF", compression="tiff_lzw")  # libtiff writes it at the end
    at = struct.unpack_from("<I", file, 4)[0]
    assert f"its directory should be at byte {at:,}, and there are 1,000" in refusal(file[:1000])


def test_a_gif_that_was_cut_between_two_frames_says_that_some_may_be_missing():
    frames = [Image.fromarray(PHOTO[:16, :16] + shift) for shift in (0, 40, 80)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=50)
    file = buffer.getvalue()
    at = file.rindex(b"!\xf9\x04")  # where the last frame begins
    assert len(load_video(file).frames) == 3 and load_video(file).notes == ()
    cut = load_video(file[:at])
    assert len(cut.frames) == 2 and "It ends without its end mark: frames may be missing." in cut.notes
    assert load_image(file + b"behind").notes == load_image(file).notes


def test_a_rare_tiff_never_unpacks_to_more_than_it_says():
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((8, 8, 3), np.float32), photometric="rgb", compression="zlib")
    file, bomb = buffer.getvalue(), zlib.compress(bytes(64 * 2**20))
    with tifffile.TiffFile(io.BytesIO(file)) as opened:
        page = opened.pages[0]
        places = [page.tags[name].valueoffset for name in ("StripOffsets", "StripByteCounts")]
        size = 4 if page.tags["StripOffsets"].dtype == 4 else 2
    data = bytearray(file + b"\0" * (len(file) % 2) + bomb)
    for place, value in zip(places, (len(data) - len(bomb), len(bomb)), strict=True):
        data[place : place + size] = value.to_bytes(size, "little")
    assert "unpacks to more than its header says" in refusal(bytes(data))
    with pytest.raises(MediaError, match="over the 0 MiB of a picture at the cap"):
        load_image(tiff_of(np.zeros((8, 8, 3))), Limits(image_pixels=100))


def tiff_of(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, photometric="rgb")
    return buffer.getvalue()
