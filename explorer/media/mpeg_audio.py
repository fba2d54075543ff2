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


def after_id3(data: bytes) -> int:
    """Where the ID3v2 tags at the beginning end, 0 without one."""
    at = 0
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:  # 7 bits each
            size = size << 7 | byte & 0x7F
        footer = 10 if data[at + 5] & 0x10 else 0
        at += 10 + size + footer
    return at if at < len(data) else 0


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
    return at is not None and any(name in data[at : at + 200] for name in (b"Xing", b"Info", b"VBRI"))


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
    rate_hz = _RATES_HZ[rate] >> {3: 0, 2: 1, 0: 2}[version]
    bits = 1000 * _KBITS[version == 3, layer][kbit - 1]
    if layer == 1:
        return 4 * (12 * bits // rate_hz + padding)
    samples = 1152 if layer == 2 or version == 3 else 576
    return samples // 8 * bits // rate_hz + padding
