"""What a file is, from its first bytes: a picture, a sound, or a container of streams. Names and endings may lie.

Only what is listed here is ever handed to a decoder, and FFmpeg is told the container: left to guess, it would also
follow play lists to other files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 1024


@dataclass(frozen=True)
class Kind:
    """name: as people say it. opener: who reads it. container: FFmpeg's name of the container, for opener "ffmpeg"."""

    name: str
    opener: Literal["pillow", "soundfile", "ffmpeg"]
    container: str = ""


_OPENINGS = (
    (rb"\A\x89PNG", Kind("PNG", "pillow")),
    (rb"\A\xff\xd8\xff", Kind("JPEG", "pillow")),
    (rb"\ARIFF.{4}WEBP", Kind("WebP", "pillow")),
    (rb"\A.{4}ftypavi[fs]", Kind("AVIF", "pillow")),
    (rb"\A.{4}ftyp(hei[cxms]|hevc|mif1|msf1)", Kind("HEIC", "pillow")),
    (rb"\AGIF8[79]a", Kind("GIF", "pillow")),
    (rb"\ABM", Kind("BMP", "pillow")),
    (rb"\A(II[*+]\0|MM\0[*+])", Kind("TIFF", "pillow")),
    (rb"\AP[1-6][\s#]", Kind("PPM", "pillow")),
    (rb"\AR(IFF|F64).{4}WAVE", Kind("WAV", "soundfile")),
    (rb"\AfLaC", Kind("FLAC", "soundfile")),
    (rb"\AFORM.{4}AIF[FC]", Kind("AIFF", "soundfile")),
    (rb"\AOggS.*?\x80theora", Kind("Ogg video", "ffmpeg", "ogg")),
    (rb"\AOggS", Kind("Ogg", "soundfile")),
    (rb"\A(ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff])", Kind("MP3", "soundfile")),
    (rb"\A\xff[\xf0\xf1\xf8\xf9]", Kind("AAC", "ffmpeg", "aac")),
    (rb"\A.{4}ftypM4[AB]", Kind("M4A", "ffmpeg", "mov")),
    (rb"\A.{4}(ftyp|moov|mdat|wide)", Kind("MP4 or QuickTime", "ffmpeg", "mov")),
    (rb"\A\x1a\x45\xdf\xa3", Kind("Matroska or WebM", "ffmpeg", "matroska")),
    (rb"\ARIFF.{4}AVI ", Kind("AVI", "ffmpeg", "avi")),
)
_KINDS = tuple((re.compile(pattern, re.S), kind) for pattern, kind in _OPENINGS)


def kind_of(data: bytes) -> Kind | None:
    """The kind of a file with this content; None for one that nothing here reads."""
    head = bytes(data[:HEAD_BYTES])
    return next((kind for pattern, kind in _KINDS if pattern.search(head)), None)
