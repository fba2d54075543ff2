"""How many bytes the header of a plain sound file says there are: decoders read what is there and do not tell.

WAV: Microsoft and IBM, Multimedia Programming Interface 1.0; RF64 and BW64: EBU Tech 3306, ITU-R BS.2088. AIFF: Apple,
Audio Interchange File Format 1.3. AU: Sun, audio.h. CAF: Apple Core Audio Format 1.0. W64: Sony Pictures Digital.
"""

from __future__ import annotations

import struct

# Sizes of programs that write to a pipe and never learn the length: 0, or near the most that fits. ffmpeg writes
# 2^32 - 1, SoX 2^31 - 1 and a little less.
_UNKNOWN = range(2**31 - 2**16, 2**32)


def claimed_bytes(data: bytes) -> int | None:
    """The length of the whole file by its header; 0 if it says none although there is sound; None if it is unknown.

    Of a file that is shorter than its claim something is missing.
    """
    head = data[:4]
    if head in (b"RIFF", b"RIFX"):
        return _riff(data, "<" if head == b"RIFF" else ">")
    if head in (b"RF64", b"BW64"):
        return 8 + struct.unpack("<Q", data[20:28])[0] if data[12:16] == b"ds64" and len(data) >= 28 else None
    if head == b"FORM" and len(data) >= 8:
        size = struct.unpack(">I", data[4:8])[0]
        return 0 if size == 0 or size in _UNKNOWN else 8 + size
    if head == b".snd" and len(data) >= 12:
        start, size = struct.unpack(">II", data[4:12])
        return None if size in _UNKNOWN else start + size if size else 0
    if head == b"riff" and len(data) >= 24:
        return struct.unpack("<Q", data[16:24])[0]
    return _caf(data) if head == b"caff" else None


def contradiction(data: bytes) -> str:
    """Where the header of a plain WAV says two things that cannot both be true: a sentence; "" elsewhere."""
    if data[:4] != b"RIFF" or data[12:16] != b"fmt " or len(data) < 36:
        return ""
    form, channels, rate, bytes_a_second, frame, bits = struct.unpack("<HHIIHH", data[20:36])
    if form not in (1, 3) or not channels:
        return ""
    if frame != channels * -(-bits // 8):
        return (
            f"Its header contradicts itself: {channels} channels of {bits} bits do not make {frame} bytes a sample. If "
            "it sounds wrong, write the file again."
        )
    if bytes_a_second != rate * frame:
        return (
            f"Its header contradicts itself: {rate:,} Hz in frames of {frame} bytes are not {bytes_a_second:,} bytes a "
            "second. It is read at the rate; if it sounds too fast or slow, write the file again."
        )
    return ""


def bytes_behind(data: bytes) -> int:
    """Bytes behind the samples of a WAV that form no chunk: sound, if its header counts too little."""
    if data[:4] not in (b"RIFF", b"RIFX"):
        return 0
    order, at, samples_seen = "<" if data[:4] == b"RIFF" else ">", 12, False
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack(f"{order}I", data[at + 4 : at + 8])[0]
        if samples_seen and (not name.isascii() or not name.decode().isprintable() or at + 8 + size > len(data)):
            return len(data) - at
        samples_seen |= name == b"data"
        at += 8 + size + size % 2
    return 0


def _riff(data: bytes, order: str) -> int | None:
    """Up to the end of the chunk of samples, which is what counts."""
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack(f"{order}I", data[at + 4 : at + 8])[0]
        if name == b"data":
            if size in _UNKNOWN:
                return 0
            return at + 8 + size if size else 0 if at + 8 < len(data) else None
        at += 8 + size + size % 2
    return None


def _caf(data: bytes) -> int | None:
    """Up to the end of the chunk of samples; -1 is its size while the file is written."""
    at = 8
    while at + 12 <= len(data):
        name, size = data[at : at + 4], struct.unpack(">q", data[at + 4 : at + 12])[0]
        if size < 0:
            return None
        if name == b"data":
            return at + 12 + size
        at += 12 + size
    return None
