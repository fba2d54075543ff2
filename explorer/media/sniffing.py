"""What a file is, from its first bytes: a picture, a sound, or a container of streams. Names and endings may lie.

Only what is listed here is ever handed to a decoder, and FFmpeg is told the container: left to guess, it would also
follow play lists to other files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from explorer.media.sounds.mpeg_audio import after_id3, first_frame

HEAD_BYTES = 1024


@dataclass(frozen=True)
class Kind:
    """name: as people say it. opener: who reads it first. container: FFmpeg's name of it; "" where only Pillow reads.

    Sounds of opener "soundfile" have a container too: FFmpeg is asked where libsndfile cannot or must guess.
    """

    name: str
    opener: Literal["pillow", "soundfile", "ffmpeg"]
    container: str = ""


MP3 = Kind("MP3", "soundfile", "mp3")
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
    (rb"\AOggS.*?\x80theora", Kind("Ogg video", "ffmpeg", "ogg")),
    (rb"\A.{4}(ftyp|moov|mdat|wide|free|skip)", Kind("MP4 or QuickTime", "ffmpeg", "mov")),
    (rb"\A\x1a\x45\xdf\xa3", Kind("Matroska or WebM", "ffmpeg", "matroska")),
    (rb"\ARIFF.{4}AVI ", Kind("AVI", "ffmpeg", "avi")),
    (rb"\A\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind("WMA or WMV", "ffmpeg", "asf")),
    (rb"\AFLV\x01", Kind("FLV", "ffmpeg", "flv")),
    (rb"\AG.{187}G.{187}G", Kind("MPEG transport stream", "ffmpeg", "mpegts")),
    (rb"\A\0\0\x01\xba", Kind("MPEG program stream", "ffmpeg", "mpeg")),
    (rb"\AYUV4MPEG2 ", Kind("Y4M", "ffmpeg", "yuv4mpegpipe")),
)
_SOUNDS = (  # these may stand behind an ID3 tag, too
    (rb"\A(RIF[FX]|RF64|BW64).{4}WAVE", Kind("WAV", "soundfile", "wav")),
    (rb"\AfLaC", Kind("FLAC", "soundfile", "flac")),
    (rb"\AFORM.{4}AIF[FC]", Kind("AIFF", "soundfile", "aiff")),
    (rb"\AOggS", Kind("Ogg", "soundfile", "ogg")),
    (rb"\A\.snd", Kind("AU", "soundfile", "au")),
    (rb"\Acaff", Kind("CAF", "soundfile", "caf")),
    (rb"\Ariff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", Kind("W64", "soundfile", "w64")),
    (rb"\ACreative Voice File\x1a", Kind("VOC", "ffmpeg", "voc")),
    (rb"\A#!AMR", Kind("AMR", "ffmpeg", "amr")),
    (rb"\A\xff[\xf0\xf1\xf8\xf9]", Kind("AAC", "ffmpeg", "aac")),
    (rb"\A\x56[\xe0-\xff]", Kind("AAC", "ffmpeg", "loas")),
    (rb"\A.{4}ftypM4[AB]", Kind("M4A", "ffmpeg", "mov")),
    (rb"\A\x0bw...[\x00-\x57]", Kind("AC-3", "ffmpeg", "ac3")),  # bsid, the five upper bits of the sixth byte, to 10
    (rb"\A\x0bw", Kind("E-AC-3", "ffmpeg", "eac3")),
    (rb"\A\x7f\xfe\x80\x01", Kind("DTS", "ffmpeg", "dts")),
    (rb"\Awvpk", Kind("WavPack", "ffmpeg", "wv")),
    (rb"\ATTA1", Kind("TTA", "ffmpeg", "tta")),
)


def _compiled(openings: tuple[tuple[bytes, Kind], ...]) -> tuple[tuple[re.Pattern[bytes], Kind], ...]:
    return tuple((re.compile(pattern, re.S), kind) for pattern, kind in openings)


_SOUND_KINDS = _compiled(_SOUNDS)
_KINDS = _compiled(_OPENINGS)


def kind_of(data: bytes) -> Kind | None:
    """The kind of a file with this content; None for one that nothing here reads."""
    start = after_id3(data)
    head, behind = bytes(data[:HEAD_BYTES]), bytes(data[start : start + HEAD_BYTES])
    kind = _matching(_SOUND_KINDS, behind) if b"\x80theora" not in behind else None
    if kind is None and start == 0:
        kind = _matching(_KINDS, head)
    if kind is not None:
        return kind
    return MP3 if first_frame(data, start) is not None else None


def _matching(kinds: tuple[tuple[re.Pattern[bytes], Kind], ...], head: bytes) -> Kind | None:
    return next((kind for pattern, kind in kinds if pattern.search(head)), None)
