"""The chunks of a PNG, and whether their check sums fit: Pillow does not look at those of the pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from explorer.foundation.errors import MediaError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = (b"IHDR", b"PLTE", b"IDAT", b"acTL", b"fcTL", b"fdAT")  # no picture, or no animation, without them
_PLAIN = {b"IDAT": "its pixels", b"PLTE": "its palette", b"IHDR": "its header"}

Chunk = tuple[bytes, int, int]  # name, where its body begins, how long the body is


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks as they follow each other, to IEND or as far as the file goes; the last one may reach beyond it."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, at + 8, length
        at += 12 + length
        if name == b"IEND":
            return


def check_png(data: bytes) -> tuple[bytes, list[str]]:
    """The file without those of its chunks that are damaged and can be missed, and a note of each.

    A file that ends too early is left to the decoder, which knows how much of it there is. Raises MediaError if the
    check sum of a chunk that makes the picture does not fit.
    """
    notes, kept, last = [], [data[: len(SIGNATURE)]], b""
    for name, at, length in chunks(data):
        last = name
        if at + length + 4 > len(data):
            kept.append(data[at - 8 :])
            break
        if zlib.crc32(data[at - 4 : at + length]) == struct.unpack_from(">I", data, at + length)[0]:
            kept.append(data[at - 8 : at + length + 4])
            continue
        if name == b"IEND":  # all pixels came before it
            kept.append(b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND")))
            notes.append("Damaged: the check sum of its end mark does not fit; its pixels are whole.")
            continue
        if name in _NEEDED or not (name.isalpha() and name[:1].islower()):
            what = _PLAIN.get(name, "its animation" if name in _NEEDED else "its chunks")
            raise MediaError(
                f"This PNG file is damaged: the check sum of {what} does not fit, so some of it is not what it was. "
                "Choose another file."
            )
        notes.append(f"Damaged: the check sum of its chunk {name.decode('ascii')} does not fit, so that is left out.")
    if last != b"IEND":
        notes.append("It ends without its end mark.")
    return (b"".join(kept) if len(notes) > (last != b"IEND") else data), notes


def chunk(data: bytes, wanted: bytes) -> bytes | None:
    """The body of the first chunk of that name before the pixels; None without one."""
    for name, at, length in chunks(data):
        if name == wanted:
            return data[at : at + length]
        if name == b"IDAT":
            return None
    return None
