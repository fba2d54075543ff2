"""Open a picture file far enough to know what it is, and refuse it before a byte of its pixels is decoded.

Only the formats of FORMATS are ever handed to Pillow: its rarer plugins are a large and little-used surface.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from explorer.config import Limits
from explorer.errors import ExplorerError, MediaError

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
ADVICE = "Save it as PNG or JPEG and try again."
OTHER = "Choose another file."

# Openings of files that people take for pictures, with the words to say so. Searched in the first 1,024 bytes.
_NOT_PICTURES = (
    (re.compile(rb"\A\s*%PDF-"), "a PDF document, not a picture"),
    (re.compile(rb"\A(\xef\xbb\xbf)?\s*(<\?xml.*?)?<svg[\s>]", re.S | re.I), "an SVG drawing, which has no pixels"),
    (re.compile(rb"\A(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)", re.I), "a web page (HTML), not a picture"),
    (re.compile(rb"\A.{4}ftyp(heic|heix|heim|heis|hevc|mif1|msf1)", re.S), "a HEIC photo, which cannot be read here"),
    (re.compile(rb"\A.{4}ftyp(isom|mp4.|qt  |M4V )", re.S), "a video, not a picture"),
    (re.compile(rb"\APK\x03\x04"), "a zip archive, not a picture"),
)
# Openings of the formats that can be read: such a file that does not open is damaged rather than foreign.
_PICTURES = (
    (re.compile(rb"\A\x89PNG"), "PNG"),
    (re.compile(rb"\A\xff\xd8\xff"), "JPEG"),
    (re.compile(rb"\ARIFF.{4}WEBP", re.S), "WebP"),
    (re.compile(rb"\A.{4}ftypavi[fs]", re.S), "AVIF"),
    (re.compile(rb"\AGIF8[79]a"), "GIF"),
    (re.compile(rb"\ABM"), "BMP"),
    (re.compile(rb"\A(II[*+]\0|MM\0[*+])"), "TIFF"),
    (re.compile(rb"\AP[1-6][\s#]"), "PPM"),
)

# What Pillow warns of is refused or said here, in other words: a warning of Python is for nobody who brings a picture.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def in_words(sentence: str) -> Iterator[None]:
    """Whatever a decoder raises inside becomes a MediaError of that one plain sentence.

    Decoders of damaged and hostile data fail in dozens of ways (SyntaxError, struct.error, EOFError, IndexError, ...).
    Too little memory is said as such, and what is in plain words already stays as it is.
    """
    try:
        yield
    except ExplorerError:
        raise
    except MemoryError as error:
        raise MediaError("This machine has not enough memory to decode the file. Make it smaller and try again.") from (
            error
        )
    except Exception as error:
        raise MediaError(sentence) from error


def frame_count(image: Image.Image) -> int:
    """Frames or pages of an opened picture. Raises MediaError if they cannot be counted."""
    with in_words(f"This {image.format} file is damaged or cut short: its frames cannot be counted. {OTHER}"):
        return int(getattr(image, "n_frames", 1))


def read_bytes(path: str | Path, limits: Limits, noun: str = "picture") -> bytes:
    """The bytes of a file on disk. Raises MediaError if there is none, it cannot be read, or it is over the cap.

    noun: what it should be, for the messages.
    """
    name = str(path)[:200]
    if "://" in name or "\0" in name:
        raise MediaError(f"{name!r} is not the name of a file. Download the {noun} first, then give its file.")
    path = Path(path)
    try:
        if not path.exists():
            raise MediaError(f"There is no file {name!r}. Check the name and the folder.")
        if not path.is_file():  # a folder, or a device that would never end
            raise MediaError(f"{name!r} is not a file. Give a {noun} file.")
        check_bytes(path.stat().st_size, limits, noun)
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"{name!r} cannot be read: {error.strerror or 'input/output error'}.") from error


def bytes_of(source: object, limits: Limits, noun: str = "picture") -> bytes:
    """The bytes of a file on disk, or those that were given. Raises MediaError as `read_bytes`, and for other things.

    noun: what it should be, for the messages.
    """
    if isinstance(source, (str, Path)):
        return read_bytes(source, limits, noun)
    if not isinstance(source, (bytes, bytearray, memoryview)):
        raise MediaError(f"A {noun} cannot be made from a {type(source).__name__}. Give a file, bytes or an array.")
    data = bytes(source)
    check_bytes(len(data), limits, noun)
    return data


def check_bytes(size: int, limits: Limits, noun: str = "picture") -> None:
    """Raise MediaError for an empty file, or one over `limits.upload_bytes`."""
    if size == 0:
        raise MediaError(f"The file is empty (0 bytes). Choose another {noun}.")
    if size > limits.upload_bytes:
        raise MediaError(
            f"The file has {size / 2**20:,.1f} MiB, over the cap of {limits.upload_bytes / 2**20:,.1f} MiB. "
            "Make it smaller and try again."
        )


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raise MediaError for a picture without pixels, or with more than `limits.image_pixels`."""
    if width < 1 or height < 1:
        raise MediaError(f"The picture is {width} x {height} pixels: there is nothing in it.")
    if width * height > limits.image_pixels:
        raise MediaError(
            f"The picture has {width:,} x {height:,} = {width * height:,} pixels, over the cap of "
            f"{limits.image_pixels:,}. Make it smaller and try again."
        )


def open_picture(data: bytes, limits: Limits) -> Image.Image:
    """Open (not decode) the picture in `data`; its header is checked against `limits`.

    Raises MediaError for what is not a picture, is damaged, or claims too many pixels.
    """
    check_bytes(len(data), limits)
    try:
        image = Image.open(io.BytesIO(data), formats=_readable(FORMATS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's cap is above ours
        claimed = re.search(r"\d{4,}", str(error))
        count = f"{int(claimed[0]):,}" if claimed else "far too many"
        raise MediaError(
            f"The picture claims {count} pixels, over the cap of {limits.image_pixels:,}. "
            "Make it smaller and try again."
        ) from error
    except Exception as error:  # decoders of hostile headers fail in dozens of ways, not only as unidentified
        raise MediaError(_why_not(data[:1024])) from error
    check_pixels(*image.size, limits)
    return image


def _readable(formats: Iterable[str]) -> tuple[str, ...]:
    """Those of `formats` that this build of Pillow has (AVIF and WebP are optional in it)."""
    Image.init()
    return tuple(name for name in formats if name in Image.OPEN)


def _why_not(head: bytes) -> str:
    """One line for a file that did not open, from its first bytes."""
    for pattern, words in _NOT_PICTURES:
        if pattern.search(head):
            return f"This file is {words}. {ADVICE}"
    for pattern, name in _PICTURES:
        if pattern.search(head):
            return f"This {name} file is damaged or cut short: its header cannot be read. Choose another file."
    return f"This file is not a picture that can be read here (PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF, PPM). {ADVICE}"
