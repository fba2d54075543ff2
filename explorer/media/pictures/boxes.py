"""Boxes of AVIF and HEIC files (ISO/IEC 14496-12 and 23008-12): how they state colours, and whether they are whole."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Box = tuple[bytes, int, int]  # name, where its body begins, where it ends as it claims
_FULL = 4  # bytes of version and flags at the head of some boxes


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that follow each other from `start` to `end`."""
    end = len(data) if end is None else min(end, len(data))
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and start + 16 <= end:
            size, body = struct.unpack_from(">Q", data, start + 8)[0], start + 16
        if size == 0:
            size = end - start
        if start + size < body:
            return
        yield name, body, start + size
        start += size


def missing_bytes(data: bytes) -> int:
    """By how much the last box reaches beyond the end of the file; 0 for a whole one."""
    return max(0, max((end for _, _, end in boxes(data)), default=0) - len(data))


def brands(data: bytes) -> list[bytes]:
    """What the file says that it is: its main brand, then those that it suits."""
    _, at, end = next((box for box in boxes(data[:1024]) if box[0] == b"ftyp"), (b"", 0, 0))
    found = [data[place : place + 4] for place in range(at, min(end, len(data)) - 3, 4)]
    return found[:1] + found[2:]  # between them is a version


def bits(data: bytes) -> int:
    """Bits a channel of the main picture; 8 where it does not say."""
    try:
        return max((max(data[at + 5 : end]) for name, at, end in _main_properties(data) if name == b"pixi"), default=8)
    except (struct.error, IndexError, ValueError):
        return 8


def coded_colour(data: bytes) -> tuple[int, int, bool] | None:
    """(primaries, transfer, full range) of H.273 that the main picture states; None where it states none."""
    try:
        found = [data[at:end] for name, at, end in _main_properties(data) if name == b"colr"]
        stated = next((body for body in found if body[:4] == b"nclx"), None)
        if stated is None:
            return None
        primaries, transfer, _, flags = struct.unpack_from(">3HB", stated, 4)
        return primaries, transfer, bool(flags & 0x80)
    except (struct.error, IndexError):
        return None


def _main_properties(data: bytes) -> Iterator[Box]:
    """Of all properties (ipco) those that belong (ipma) to the main picture (pitm)."""
    meta = _inside(data, boxes(data), b"meta", _FULL)
    products = list(_inside(data, meta, b"iprp"))
    held = list(_inside(data, products, b"ipco"))
    at = next((at for name, at, _ in meta if name == b"pitm"), None)
    if at is None:
        return
    main = struct.unpack_from(">I" if data[at] else ">H", data, at + _FULL)[0]
    for _, at, end in (box for box in products if box[0] == b"ipma"):
        for number in _associated(data[at:end], main):
            if 0 < number <= len(held):
                yield held[number - 1]


def _inside(data: bytes, among: Iterator[Box] | list[Box], name: bytes, skip: int = 0) -> list[Box]:
    return next((list(boxes(data, at + skip, end)) for found, at, end in among if found == name), [])


def _associated(ipma: bytes, item: int) -> list[int]:
    """The numbers, from 1, of the properties that an ipma box gives to an item."""
    wide, at = ipma[3] & 1, _FULL + 4
    for _ in range(struct.unpack_from(">I", ipma, _FULL)[0]):
        form = ">I" if ipma[0] else ">H"
        found, count = struct.unpack_from(form, ipma, at)[0], ipma[at + struct.calcsize(form)]
        at += struct.calcsize(form) + 1
        if found == item:
            numbers = struct.unpack_from(f">{count}{'H' if wide else 'B'}", ipma, at)
            return [number & (0x7FFF if wide else 0x7F) for number in numbers]
        at += count * (2 if wide else 1)
    return []
