"""Where the frames of MPEG audio (layers I, II and III) begin, and what stands before them: ID3 tags, or rests.

Headers: ISO/IEC 11172-3, 2.4.1.3, and 13818-3 for the low rates; 2.5 halves those once more. ID3v2: id3.org, 2.4.0.
"""

from __future__ import annotations

SEARCHED_BYTES = 2**16  # how far behind the tags the first frame may begin: rests of a stream that was cut into
CHAIN = 3  # headers that must follow each other, since two bytes alone are soon found in anything
_RATES_HZ = (44_100, 48_000, 32_000)
_KBITS = {  # (version 1, layer) -> kbit/s of the indices 1..14
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def after_id3(data: bytes, start: int = 0) -> int:
    """Where the ID3v2 tags that begin at `start` end; `start` without one."""
    at = start
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:  # 7 bits each
            size = size << 7 | byte & 0x7F
        footer = 10 if data[at + 5] & 0x10 else 0
        at += 10 + size + footer
    return at if at < len(data) else start


def first_frame(data: bytes, start: int = 0) -> int | None:
    """Where CHAIN frames in a row begin (or frames to the end of the data), from `start` on; None if nowhere near."""
    at = data.find(b"\xff", start)
    while 0 <= at < start + SEARCHED_BYTES:
        if _chained(data, at):
            return at
        at = data.find(b"\xff", at + 1)
    return None


def states_its_length(data: bytes) -> bool:
    """Whether the first frame counts all frames, as LAME (Xing, Info) and Fraunhofer's encoder (VBRI) have it do."""
    at = first_frame(data, after_id3(data))
    return at is not None and _counts_frames(data, at)


def joined_at(data: bytes) -> tuple[int, ...]:
    """Where each of the files begins that were joined into one, each with a first frame that counts its frames.

    (0,) of a single one. Decoders take the first count for all, and lose what comes later.
    """
    starts, first = [0], first_frame(data, after_id3(data))
    at, broken = first, None
    while at is not None:
        length = _frame_bytes(data[at : at + 4])
        if length is None:  # tags between the files, or damage
            broken = at if broken is None else broken
            at = first_frame(data, max(at + 1, after_id3(data, at)))
            continue
        if at != first and _counts_frames(data, at):
            starts.append(at if broken is None else broken)
        broken = None
        at = at + length if at + length < len(data) else None
    return tuple(starts)


def counted_seconds(data: bytes) -> float:
    """How long all frames are together, by their headers alone; 0 without one."""
    seconds, at = 0.0, first_frame(data, after_id3(data))
    while at is not None:
        header = data[at : at + 4]
        length = _frame_bytes(header)
        if length is None:
            at = first_frame(data, max(at + 1, after_id3(data, at)))
            continue
        samples, rate_hz = _frame_samples(header)
        seconds += samples / rate_hz
        at = at + length if at + length < len(data) else None
    return seconds


def _counts_frames(data: bytes, at: int) -> bool:
    """Whether the frame there holds no sound but a count, which stands behind its header and 9, 17 or 32 bytes."""
    frame = data[at : at + min(40, _frame_bytes(data[at : at + 4]) or 0)]
    return any(name in frame for name in (b"Xing", b"Info", b"VBRI"))


def _chained(data: bytes, at: int) -> bool:
    for number in range(CHAIN):
        length = _frame_bytes(data[at : at + 4])
        if length is None:
            return False
        at += length
        if at >= len(data):
            return number > 0 or at == len(data)
    return True


def _frame_bytes(header: bytes) -> int | None:
    """The length of the frame with this header, None if it is none (or of "free" format, which does not say)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    kbit, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or kbit in (0, 15) or rate == 3:
        return None
    samples, rate_hz = _frame_samples(header)
    bits = 1000 * _KBITS[version == 3, layer][kbit - 1]
    if layer == 1:
        return 4 * (12 * bits // rate_hz + padding)
    return samples // 8 * bits // rate_hz + padding


def _frame_samples(header: bytes) -> tuple[int, int]:
    """Samples of each channel in a frame with that valid header, and how many there are in a second."""
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate_hz = _RATES_HZ[header[2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[version]
    return 384 if layer == 1 else 1152 if layer == 2 or version == 3 else 576, rate_hz
