"""Whether a JPEG is whole where it does not end as it should. A JPEG has no check sums: damage inside cannot be seen.

A decoder that runs out of data fills the rest with grey, in silence. So what is missing is found by decoding twice with
different bytes behind the end: all that is there comes out alike.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import MediaError

END = b"\xff\xd9"
_TAILS = (b"\x00" * 64, b"\xa5\x3c\x5a" * 22)
_IN_SCAN = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")  # a marker that ends the data of a scan
_AFTER_SCAN = {0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_COEFFICIENTS = 64

Decode = Callable[[bytes], np.ndarray]  # a JPEG -> (H, W, C)


@dataclass(frozen=True)
class Structure:
    """data_end: where the last scan ends. ended: with the end mark. behind: bytes after that mark. odd: a marker stands
    there that has no place there. lacking: some coefficients of a progressive picture come in no scan in full."""

    data_end: int
    ended: bool
    behind: int
    odd: bool
    lacking: bool


def check_jpeg(data: bytes, decode: Decode) -> tuple[bytes, list[str]]:
    """A JPEG as it is to be decoded, and what is to be said of it. Raises MediaError if not all of it is there.

    Only a file that does not end as it should is decoded here.
    """
    found = structure(data)
    if found is None or (found.ended and not found.odd and not found.behind and not found.lacking):
        return data, []
    if found.lacking:
        raise MediaError(
            "This JPEG file is damaged or cut short: its last scans are missing, and only a coarse version of the "
            "picture can be decoded. Choose another file."
        )
    body = data[: found.data_end]
    first, second = (decode(body + tail + END) for tail in _TAILS)
    same = (first == second).reshape(len(first), -1).all(axis=1)
    if not same.all():
        there = f"{int(np.argmin(same)):,} of its {len(same):,} rows can be decoded"
        raise MediaError(f"This JPEG file is damaged or cut short: {there}. Choose another file.")
    notes = [] if found.ended else ["It lacks the end mark of a JPEG; every pixel of it is there."]
    if found.odd:
        notes = ["Damaged: there is a mark in its data that has no place there, but every pixel is there."]
    return body + END, notes


def structure(data: bytes) -> Structure | None:
    """The markers of a JPEG; None if there is no scan to decode."""
    at, progressive, components = 2, False, 0
    seen: dict[int, set[int]] = {}  # component -> coefficients whose last bit is there
    body_end = 0
    while at + 4 <= len(data) and data[at] == 0xFF:
        code = data[at + 1]
        if code == 0xFF:
            at += 1
            continue
        if code == 0xD9:
            break
        length = struct.unpack_from(">H", data, at + 2)[0]
        if code in _FRAMES:
            progressive, components = code in _PROGRESSIVE, data[at + 9] if at + 9 < len(data) else 0
        start = at + 2 + length
        if code != 0xDA:
            if body_end and code not in _AFTER_SCAN:
                return Structure(body_end, False, 0, True, False)
            at = start
            continue
        _note_scan(data[at + 4 : start], seen)
        found = _IN_SCAN.search(data, start)
        at = body_end = found.start() if found else len(data.rstrip(b"\xff"))
    if not body_end:
        return None
    ended = data[at : at + 2] == END
    behind = len(data[at + 2 :].strip(b"\0")) if ended and data[at + 2 : at + 5] != b"\xff\xd8\xff" else 0
    odd = not ended and at < len(data) - 1
    whole = len(seen) >= components and all(len(one) == _COEFFICIENTS for one in seen.values())
    return Structure(body_end, ended, behind, odd, progressive and not whole)


def _note_scan(header: bytes, seen: dict[int, set[int]]) -> None:
    """Which coefficients of which components a scan completes (ITU-T T.81, B.2.3)."""
    if not header or len(header) < 4 + 2 * header[0]:
        return
    first, last, bits = header[-3], header[-2], header[-1]
    for number in range(header[0]):
        done = seen.setdefault(header[1 + 2 * number], set())
        if bits & 0x0F == 0:
            done.update(range(first, min(last, _COEFFICIENTS - 1) + 1))
