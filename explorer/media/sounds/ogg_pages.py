"""The pages of an Ogg file: where joined streams begin, and which pages are damaged or missing (RFC 3533)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

_FIRST, _LAST = 2, 4  # flags of a page: of its stream
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class OggLinks:
    """starts: where each of the streams that were joined begins, in bytes. damaged, pages: pages that fail their
    checksum, of all. ended: the last stream has its last page."""

    starts: tuple[int, ...]
    pages: int
    damaged: int
    ended: bool


def ogg_links(data: bytes) -> OggLinks:
    """Walks over all pages; bytes between pages are passed over."""
    starts, pages, damaged, flags = [], 0, 0, 0
    at = data.find(b"OggS")
    while at >= 0:
        length = _page_bytes(data, at)
        if length is None:
            break
        begins = data[at + 5] & _FIRST
        if begins and not (starts and flags & _FIRST):  # streams that play together begin page beside page
            starts.append(at)
        flags = data[at + 5]
        pages += 1
        damaged += _checksum(data[at : at + length]) != int.from_bytes(data[at + 22 : at + 26], "little")
        at = data.find(b"OggS", at + length)
    return OggLinks(tuple(starts), pages, damaged, bool(flags & _LAST))


def _page_bytes(data: bytes, at: int) -> int | None:
    """The length of the page that begins there; None if the data end before it does."""
    if at + 27 > len(data):
        return None
    segments = data[at + 26]
    length = 27 + segments + sum(data[at + 27 : at + 27 + segments])
    return length if at + length <= len(data) else None


def _checksum(page: bytes) -> int:
    """CRC-32 with 0x04C11DB7 from the highest bit on, beginning with 0, the field itself taken as 0 (RFC 3533, 6).

    zlib computes that polynomial from the lowest bit on: of mirrored bytes it gives the mirrored result.
    """
    blank = page[:22] + b"\0\0\0\0" + page[26:]
    mirrored = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
