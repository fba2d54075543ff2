"""Open a picture file far enough to know what it is, and refuse it before a byte of its pixels is decoded.

Only the formats of FORMATS are ever handed to Pillow: its rarer plugins are a large and little-used surface.
"""

from __future__ import annotations

import functools
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from explorer.foundation.config import Limits
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.media.caps import check_bytes as check_bytes
from explorer.media.caps import check_pixels as check_pixels
from explorer.media.pictures import jpeg_ends, png_chunks, tiffs
from explorer.media.pictures.boxes import brands
from explorer.media.pictures.headers import complete_header
from explorer.media.pictures.large import scaled_to_cap
from explorer.media.pictures.rows import what_decodes
from explorer.media.pictures.tiffs import ADVICE
from explorer.media.sniffing import kind_of

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
OTHER = "Choose another file."

# Openings of files that people take for pictures, with the words to say so. Searched in the first 1,024 bytes.
_NOT_PICTURES = (
    (re.compile(rb"\A\s*%PDF-"), "a PDF document, not a picture"),
    (re.compile(rb"\A(\xef\xbb\xbf)?\s*(<\?xml.*?)?<svg[\s>]", re.S | re.I), "an SVG drawing, which has no pixels"),
    (re.compile(rb"\A(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)", re.I), "a web page (HTML), not a picture"),
    (re.compile(rb"\A.{4}ftyp(isom|mp4.|qt  |M4V )", re.S), "a video, not a picture"),
    (re.compile(rb"\APK\x03\x04"), "a zip archive, not a picture"),
)
# Pillow would warn or refuse by a cap of its own; ours is checked before anything is decoded, and may be higher.
Image.MAX_IMAGE_PIXELS = None
PngImagePlugin.MAX_TEXT_CHUNK = 2**23  # of an unpacked profile, too, and those of scanners have a few MiB
# What Pillow warns of is refused or said here, in other words: a warning of Python is for nobody who brings a picture.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def in_words(sentence: str | Callable[[], str]) -> Iterator[None]:
    """Whatever a decoder raises inside becomes a MediaError of that one plain sentence, which a function may make then.

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
        raise MediaError(sentence if isinstance(sentence, str) else sentence()) from error


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


def open_picture(data: bytes, limits: Limits) -> Image.Image:
    """Open (not decode) the picture in `data`; its header is checked against `limits`, and its parts for damage.

    `info["said"]` of it holds what is to be noted, `info["averaged"]` by how much it is to be made smaller once it is
    decoded. Raises MediaError for what is not a picture, is damaged, or claims too many pixels.
    """
    check_bytes(len(data), limits)
    said: list[str] = []
    if data.startswith(png_chunks.SIGNATURE):
        data, said = png_chunks.check_png(data)
    formats = readable_formats(data)
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except Exception as error:  # decoders of hostile headers fail in dozens of ways, not only as unidentified
        if data[:4] in _TIFF:
            return _other_tiff(data, limits)
        raise MediaError(_why_not(data, formats)) from error
    if image.format == "TIFF":
        if tiffs.misread(image):
            return _other_tiff(data, limits)
        said += tiffs.notes_of_tiff(image)
    scale, words = scaled_to_cap(image, limits)
    if image.format in ("JPEG", "MPO"):
        with in_words(lambda: cut_short(data, "JPEG")):
            data, found = jpeg_ends.check_jpeg(data, functools.partial(_decoded_jpeg, size=image.size))
        if found:
            said += found
            image = Image.open(io.BytesIO(data), formats=formats)
            scaled_to_cap(image, limits)
    image = complete_header(image, data)
    image.info["said"] = (*said, *image.info.get("said", ()), *filter(None, [words]))
    image.info["averaged"] = scale
    return image


def _other_tiff(data: bytes, limits: Limits) -> Image.Image:
    with in_words(lambda: _why_not(data, ("TIFF",))):
        return tiffs.open_tiff(data, limits)


def readable_formats(data: bytes) -> tuple[str, ...]:
    """What Pillow may take the file for: those of FORMATS that this build has (AVIF and WebP are optional in it).

    HEIC is read by pillow-heif, which is imported for such files alone. Raises MediaError if it is not installed.
    """
    Image.init()
    if _is_heic(data):
        with in_words(
            "HEIC photos need the package pillow-heif. Install it (pip install pillow-heif), or save as JPEG."
        ):
            from pillow_heif import register_heif_opener

            register_heif_opener()
        return ("HEIF",)
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _is_heic(data: bytes) -> bool:
    """By the brands in its head: those of AVIF beside a general one mean AVIF."""
    kind = kind_of(data)
    return kind is not None and kind.name == "HEIC" and not {b"avif", b"avis"} & set(brands(data))


def _decoded_jpeg(data: bytes, size: tuple[int, int]) -> np.ndarray:
    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    image.draft(None, size)
    return np.asarray(image)


def cut_short(data: bytes, name: str) -> str:
    """The sentence for a file that opened and cannot be decoded to the end: what of it can be."""
    there = what_decodes(data, readable_formats(data)) if data else ""
    return f"This {name} file is damaged or cut short: {there or 'it cannot be decoded to the end'}. {OTHER}"


def _why_not(data: bytes, formats: tuple[str, ...]) -> str:
    """One line for a file that did not open, from its first bytes."""
    head = data[:1024]
    for pattern, words in _NOT_PICTURES:
        if pattern.search(head):
            return f"This file is {words}. {ADVICE}"
    kind = kind_of(data)
    if kind is not None and kind.opener == "pillow":
        there = what_decodes(data, formats)
        why = there or "its header cannot be read, or it is of a kind that is not known here"
        return f"This {kind.name} file is damaged or cut short: {why}. {OTHER}"
    return (
        f"This file is not a picture that can be read here (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF, PPM). {ADVICE}"
    )
