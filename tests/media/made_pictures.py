"""Picture files written by hand, so that headers may say anything; and the card that most odd files show.

The card is 48 x 32 pixels: 24 patches of 8 x 8 (a block of JPEG), no two alike, so that turned, mirrored, shifted and
miscoloured ones are all told from it.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

PATCH, ROWS, COLUMNS = 8, 4, 6
_COLOURS = """
    e4 1a 1c  ff 7f 00  ff e0 40  4d af 4a  1b 5e 20  00 cf d0
    37 7e b8  10 20 90  98 4e a3  f7 81 bf  a6 56 28  ea 33 23
    00 00 00  20 20 20  48 48 48  80 80 80  bc bc bc  ff ff ff
    c8 64 32  64 c8 32  32 64 c8  f0 c8 a0  30 18 10  10 30 18
"""
PATCHES = np.array([int(word, 16) for word in _COLOURS.split()], np.uint8).reshape(ROWS, COLUMNS, 3)


def enlarged(patches: np.ndarray) -> np.ndarray:
    """(4, 6, C) or (4, 6) -> every value as a patch."""
    return np.repeat(np.repeat(patches, PATCH, axis=0), PATCH, axis=1)


CARD = enlarged(PATCHES)  # (32, 48, 3)
GREYS = enlarged(np.linspace(0, 255, ROWS * COLUMNS).round().astype(np.uint8).reshape(ROWS, COLUMNS))  # (32, 48)
ALPHA = enlarged(np.linspace(255, 0, ROWS * COLUMNS).round().astype(np.uint8).reshape(ROWS, COLUMNS))
INDEX = enlarged(np.arange(ROWS * COLUMNS, dtype=np.uint8).reshape(ROWS, COLUMNS))  # into PATCHES as a palette
DEEP = (CARD.astype(np.uint16) * 257) ^ 0x3C  # 16 bits; the lower ones are not those of 8
DEEP_GREYS = (GREYS.astype(np.uint16) * 257) ^ 0x3C
INKS = enlarged(np.random.default_rng(4).integers(0, 256, (ROWS, COLUMNS, 4), dtype=np.uint8))  # CMYK
INKS[:PATCH, : 2 * PATCH] = 0
INKS[:PATCH, PATCH : 2 * PATCH, 3] = 255


def picture(pixels: np.ndarray = CARD, mode: str | None = None) -> Image.Image:
    return Image.fromarray(pixels) if mode is None else Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    """What Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(pixels: np.ndarray, colour: int, depth: int, *chunks: bytes, interlaced: bool = False) -> bytes:
    """PNG specification, third edition: pixels (H, W) or (H, W, C) as integers, most significant bits first."""
    height, width = pixels.shape[:2]
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = b""
    for top, left, down, across in passes:
        part = pixels[top::down, left::across]
        if part.size:
            rows += b"".join(b"\0" + _packed(row, depth) for row in part)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body


# Where each pass begins and its steps: top, left, down, across (PNG, section 8.1).
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
PALETTE = chunk(b"PLTE", PATCHES.tobytes())
RGB, GREY, INDEXED, GREY_ALPHA, RGB_ALPHA = 2, 0, 3, 4, 6


def _packed(row: np.ndarray, depth: int) -> bytes:
    values = row.reshape(-1)
    if depth >= 8:
        return values.astype(">u2" if depth == 16 else np.uint8).tobytes()
    bits = (values[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def chromaticities(*xy: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(one * 100_000) for one in xy)))


def numbers(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def profile_chunk(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"made\0\0" + zlib.compress(profile))


def bmp(bits: int, body: bytes, palette: bytes = b"", compression: int = 0, masks: bytes = b"", top_down: bool = False,
        profile: bytes = b"") -> bytes:  # fmt: skip
    """A BMP of the card's size. profile: makes it one of version 5 that carries it."""
    size = 124 if profile else 40
    offset = 14 + size + (0 if profile else len(masks)) + len(palette)
    head = struct.pack("<IiiHHIIiiII", size, 48, -32 if top_down else 32, 1, bits, compression, len(body), 2835, 2835,
                       len(palette) // 4, 0)  # fmt: skip
    if profile:
        head += masks.ljust(16, b"\0") + b"DEBM" + bytes(48) + struct.pack("<4I", 4, size + len(body), len(profile), 0)
    else:
        head += masks
    total = offset + len(body) + len(profile)
    return b"BM" + struct.pack("<IHHI", total, 0, 0, offset) + head + palette + body + profile


def bmp_rows(pixels: np.ndarray, bits: int) -> bytes:
    """Rows from the bottom, each padded to four bytes. pixels: (H, W) or (H, W, C) in the order of the file."""
    rows = [_packed(row, bits) if bits < 8 else row.tobytes() for row in pixels[::-1]]
    return b"".join(row + bytes(-len(row) % 4) for row in rows)


def gif(*blocks: bytes, palette: bytes = PATCHES.tobytes(), size: tuple[int, int] = (48, 32), version: bytes = b"89a",
        end: bytes = b";") -> bytes:  # fmt: skip
    """A GIF of these blocks. palette: global, padded to 32 colours; b"" for none."""
    flags = 0x84 if palette else 0
    return (
        b"GIF"
        + version
        + struct.pack("<HHBBB", *size, flags, 0, 0)
        + palette.ljust(96 * bool(palette), b"\0")
        + (b"".join(blocks) + end)
    )


def gif_control(hundredths: int = 0, transparent: int | None = None, disposal: int = 0) -> bytes:
    flags = disposal << 2 | (transparent is not None)
    return b"!\xf9\x04" + struct.pack("<BHB", flags, hundredths, transparent or 0) + b"\0"


def gif_frame(
    indices: np.ndarray, at: tuple[int, int] = (0, 0), palette: bytes = b"", interlaced: bool = False
) -> bytes:
    """An image block whose LZW data never grows its table: a clear code before every second index."""
    height, width = indices.shape
    if interlaced:
        order = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)]
        indices = indices[order]
    flags = (0x84 if palette else 0) | (0x40 if interlaced else 0)
    codes: list[int] = []
    for number, index in enumerate(indices.reshape(-1).tolist()):
        if number % 16 == 0:
            codes.append(32)
        codes.append(index)
    bits = np.array([*codes, 33], np.int64)[:, None] >> np.arange(6) & 1  # 5 bits a colour, so 6 a code
    data = np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little").tobytes()
    parts = b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))
    head = b"," + struct.pack("<HHHHB", *at, width, height, flags) + palette.ljust(96 * bool(palette), b"\0")
    return head + b"\x05" + parts + b"\0"
