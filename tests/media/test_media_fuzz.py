"""Whatever was done to a file, what comes back is a medium or one plain line: no other error, and nothing on stderr."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from explorer.audit.sources import open_source
from explorer.foundation.config import Limits
from explorer.foundation.errors import Cancelled, MediaError
from explorer.media.medium import load_medium
from explorer.media.pictures.opening import in_words
from tests.media.odd.odd_colour_files import heif

ROOT = Path(__file__).resolve().parents[2]
FILES = 240  # of each kind
SLOW = ("rare TIFF",)  # a quarter of them
SMALL = Limits(
    image_pixels=200_000, video_frames=4
)  # what a damaged header may claim costs time, and shows nothing new
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
RNG = np.random.default_rng(0)
FRAMES = [Image.fromarray(RNG.integers(0, 256, (16, 24, 3), dtype=np.uint8)) for _ in range(3)]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # pytest sets aside the filter that is tested below


def encoded(file_format: str, moving: bool = False, **options) -> bytes:
    """Noise, or three frames of it, as a file."""
    if moving:
        options |= {"save_all": True, "append_images": FRAMES[1:], "duration": [40, 80, 120]}
    buffer = io.BytesIO()
    FRAMES[0].save(buffer, format=file_format, **options)
    return buffer.getvalue()


def as_gif() -> bytes:
    return encoded("GIF", moving=True)


def tifffile_bytes(values: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, photometric="rgb", **options)
    return buffer.getvalue()


KINDS = {
    "PNG": lambda: encoded("PNG"),
    "animated PNG": lambda: encoded("PNG", moving=True),
    "JPEG": lambda: encoded("JPEG"),
    "progressive JPEG": lambda: encoded("JPEG", progressive=True),
    "GIF": lambda: encoded("GIF"),
    "animated GIF": as_gif,
    "WebP": lambda: encoded("WEBP"),
    "animated WebP": lambda: encoded("WEBP", moving=True),
    "AVIF": lambda: encoded("AVIF"),
    "BMP": lambda: encoded("BMP"),
    "TIFF": lambda: encoded("TIFF"),
    "packed TIFF": lambda: encoded("TIFF", compression="tiff_lzw"),
    "TIFF of pages": lambda: encoded("TIFF", moving=True),
    "PPM": lambda: encoded("PPM"),
    "HEIC": lambda: heif("HEIF", np.asarray(FRAMES[0]), quality=60),
    "rare TIFF": lambda: tifffile_bytes(np.asarray(FRAMES[0]).astype(np.float32) / 255, compression="zlib"),
}


def damaged(data: bytes, number: int, random: np.random.Generator) -> bytes:
    """By turns cut short, with some bytes of its head changed, and with some bytes changed anywhere."""
    if number % 3 == 0:
        return data[: random.integers(1, len(data))]
    file = bytearray(data)
    reach = min(len(file), 600) if number % 3 == 1 else len(file)
    for place in random.integers(0, reach, random.integers(1, 6)):
        file[place] = random.integers(256)
    return bytes(file)


def outcome(read) -> str:
    """ "read" or "refused"; any other error is the test's failure."""
    try:
        read()
        return "read"
    except MediaError as error:
        message = str(error)
        assert message and "\n" not in message and len(message) < 400
        return "refused"


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_damaged_file_is_a_medium_or_a_line(kind):
    whole, random = KINDS[kind](), np.random.default_rng(1)
    files = [damaged(whole, number, random) for number in range(FILES // (4 if kind in SLOW else 1))]
    found = [outcome(lambda f=file, w=w: load_medium(f, SMALL, w)) for file in files for w in (None, "image", "video")]
    assert {"read", "refused"} == set(found) | {"read"}


def test_a_damaged_zip_is_a_source_or_a_line(tmp_path):
    buffer, random = io.BytesIO(), np.random.default_rng(2)
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, packing in enumerate(
            (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        ):
            archive.writestr(f"{number}.png", encoded("PNG"), compress_type=packing)
    path, found = tmp_path / "some.zip", []

    def read() -> None:
        source = open_source(path, SMALL)
        found.extend(outcome(lambda n=n: source.open(n)) for n in range(len(source)))

    for number in range(FILES):
        path.write_bytes(damaged(buffer.getvalue(), number, random))
        found.append(outcome(read))
    assert set(found) == {"read", "refused"}


@pytest.mark.parametrize(
    "error",
    [
        *(SyntaxError, NotImplementedError, RuntimeError, EOFError, IndexError, KeyError, OSError, ValueError),
        *(TypeError, OverflowError, ZeroDivisionError, RecursionError, AssertionError, Image.DecompressionBombError),
    ],
)
def test_every_error_of_a_decoder_is_the_sentence(error):
    with pytest.raises(MediaError, match=r"^It is damaged\.$") as caught, in_words("It is damaged."):
        raise error("0x7f")
    assert isinstance(caught.value.__cause__, error)


def test_too_little_memory_is_no_damage_and_a_stop_is_a_stop():
    with pytest.raises(MediaError, match="not enough memory"), in_words("It is damaged."):
        raise MemoryError
    with pytest.raises(Cancelled), in_words("It is damaged."):
        raise Cancelled("stopped")
    with pytest.raises(KeyboardInterrupt), in_words("It is damaged."):
        raise KeyboardInterrupt


def test_no_warning_of_python_reaches_a_person(tmp_path):
    """Pillow warns of this header and logs of that one; the line that is printed is ours alone."""
    tiff = bytearray(encoded("TIFF"))
    many = bytes(tiff).index(b"\x15\x01\x03\x00")  # tag 277, samples per pixel, as a little-endian TIFF has it
    tiff[many + 8 : many + 10] = b"\x00\x08"
    (tmp_path / "many.tif").write_bytes(bytes(tiff))
    (tmp_path / "cut.tif").write_bytes(encoded("TIFF")[:-60])
    for name in ("many.tif", "cut.tif"):
        line = [sys.executable, "-c", CODE, str(tmp_path / name)]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), name


CODE = """
import sys
from explorer.foundation.errors import MediaError
from explorer.media.medium import load_medium
try:
    load_medium(sys.argv[1])
except MediaError as error:
    print(error)
"""
