"""Odd files of pictures: depths, layouts, palettes, transparency, orientation, damage. Colours: odd_colour_files.py."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import tifffile
from PIL import Image

from tests.media import made_pictures as made
from tests.media.made_pictures import ALPHA, CARD, DEEP, DEEP_GREYS, GREYS, INDEX, encoded, picture, png

EXACT, ROUNDED, SEEN = 0.01, 0.6, 1.01  # levels of 255: nothing, a rounding, Chromium's last level
CUT8 = 1.0  # 16 bits cut to 8
LOSSY = 3.0  # decoders of YCbCr differ so much
GREY, DEEP_GREY, COLOUR8 = "Greyscale", "divided by 65,535.*Greyscale", "16-bit colour read at 8 bits"
ON_WHITE = "Transparent parts laid on white"


@dataclass(frozen=True)
class Odd:
    """by: "ffmpeg:KIND" or "chromium:TYPE", which are given the file, or "LittleCMS", which computes `theirs`.

    within: largest difference allowed, in levels of 255. says: what must be said, as a regular expression; "" for
    nothing. refused: the app must refuse it.
    """

    kind: str
    name: str
    make: Callable[[], bytes]
    by: str
    within: float = EXACT
    says: str = ""
    refused: bool = False
    theirs: Callable[[], np.ndarray | None] | None = None


def _scaled(pixels: np.ndarray, depth: int) -> np.ndarray:
    """8-bit values as those of another depth."""
    return np.round(pixels / 255 * (2**depth - 1)).astype(np.int64)


def _png(name: str, pixels: np.ndarray, colour: int, depth: int, *chunks: bytes, says: str = "", within: float = EXACT,
         interlaced: bool = False, kind: str = "PNG, depth and layout") -> Odd:  # fmt: skip
    return Odd(
        kind, name, partial(png, pixels, colour, depth, *chunks, interlaced=interlaced), "ffmpeg:png", within, says
    )


_PNG = (
    *(_png(f"grey, depth {d}", _scaled(GREYS, d), made.GREY, d, says=GREY, within=ROUNDED) for d in (1, 2, 4, 8)),
    _png("grey, 16 bits", DEEP_GREYS, made.GREY, 16, says=DEEP_GREY),
    _png("grey, 12 bits in 16", np.round(GREYS / 255 * 4095).astype(np.uint16), made.GREY, 16,
         says="largest value, 4,095, becomes 15.9 of 255"),
    _png("RGB, 8 bits", CARD, made.RGB, 8),
    _png("RGB, 16 bits", DEEP, made.RGB, 16, says=COLOUR8, within=CUT8),
    _png("RGB, 12 bits in 16", np.round(CARD / 255 * 4095).astype(np.uint16), made.RGB, 16,
         says=f"{COLOUR8}.*largest value becomes 15 of 255", within=CUT8),
    *(_png(f"palette, depth {d}", INDEX & (2**d - 1), made.INDEXED, d, made.PALETTE) for d in (1, 2, 4, 8)),
    _png("grey and alpha", np.dstack([GREYS, ALPHA]), made.GREY_ALPHA, 8, says=ON_WHITE),
    _png("grey and alpha, 16 bits", np.dstack([DEEP_GREYS, ALPHA * np.uint16(257)]), made.GREY_ALPHA, 16,
         says="16-bit colour read at 8 bits.*laid on white", within=CUT8),
    _png("RGB and alpha", np.dstack([CARD, ALPHA]), made.RGB_ALPHA, 8, says=ON_WHITE),
    _png("RGB and alpha, 16 bits", np.dstack([DEEP, ALPHA * np.uint16(257)]), made.RGB_ALPHA, 16,
         says="16-bit colour read at 8 bits.*laid on white", within=CUT8),
)  # fmt: skip
_interlaced = partial(_png, interlaced=True, kind="PNG, interlaced")
_PNG_INTERLACED = (
    _interlaced("RGB", CARD, made.RGB, 8),
    _interlaced("palette, 4 bits", INDEX % 16, made.INDEXED, 4, made.PALETTE),
    _interlaced("grey, 16 bits", DEEP_GREYS, made.GREY, 16, says=DEEP_GREY),
)
_clear = partial(_png, kind="PNG, a transparent colour")
_PNG_CLEAR = (
    _clear("grey", GREYS, made.GREY, 8, made.chunk(b"tRNS", struct.pack(">H", int(GREYS[0, 20]))), says=ON_WHITE),
    _clear("grey, 16 bits", DEEP_GREYS, made.GREY, 16, made.chunk(b"tRNS", struct.pack(">H", int(DEEP_GREYS[0, 20]))),
           says=ON_WHITE),
    _clear("RGB", CARD, made.RGB, 8, made.chunk(b"tRNS", struct.pack(">3H", *CARD[0, 20].tolist())), says=ON_WHITE),
    _clear("RGB, 16 bits", DEEP, made.RGB, 16, made.chunk(b"tRNS", struct.pack(">3H", *DEEP[0, 20].tolist())),
           says="opaque here", within=300),
    _clear("palette", INDEX, made.INDEXED, 8, made.PALETTE, made.chunk(b"tRNS", bytes([0, 128, 255, 60])),
           says=ON_WHITE),
)  # fmt: skip


_RGB = png(CARD, made.RGB, 8)
_BAD_TEXT = made.chunk(b"tEXt", b"Title\0card")[:-1] + b"?"
_PNG_DAMAGE = tuple(
    Odd("PNG, damaged", name, partial(bytes, data), "ffmpeg:png", EXACT, says, refused)
    for name, data, says, refused in (
        ("a byte of the pixels flipped", _RGB[:60] + bytes([_RGB[60] ^ 4]) + _RGB[61:], "check sum of its pixels",
         True),
        ("a byte of the palette flipped", png(INDEX, made.INDEXED, 8, made.PALETTE[:9] + b"\1" + made.PALETTE[10:]),
         "check sum of its palette", True),
        ("a text beside it damaged", png(CARD, made.RGB, 8, _BAD_TEXT), "chunk tEXt does not fit", False),
        ("no end mark", _RGB[:-12], "without its end mark", False),
        ("cut in the middle", _RGB[: len(_RGB) * 2 // 3], "of its 32 rows can be decoded", True),
        ("bytes behind the end", _RGB + b"more", "", False),
    )
)  # fmt: skip

_JPEG = encoded(picture(), "JPEG", quality=95, subsampling=0)


def _jpeg(kind: str, name: str, data: bytes, says: str = "", within: float = SEEN, refused: bool = False) -> Odd:
    return Odd(kind, name, lambda: data, "chromium:image/jpeg", within, says, refused)


def _turned(orientation: int, file_format: str = "JPEG", **options) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture(), file_format, exif=exif, **options)


_JPEGS = (
    _jpeg("JPEG, layout", "4:4:4", _JPEG),
    _jpeg("JPEG, layout", "4:2:0", encoded(picture(), "JPEG", quality=95, subsampling=2), within=LOSSY),
    _jpeg("JPEG, layout", "progressive", encoded(picture(), "JPEG", quality=95, progressive=True), within=LOSSY),
    _jpeg("JPEG, layout", "grey", encoded(picture(GREYS), "JPEG", quality=95), says=GREY),
    _jpeg("JPEG, layout", "RGB, not YCbCr", encoded(picture(), "JPEG", quality=95, keep_rgb=True)),
    _jpeg("JPEG, layout", "restart marks", encoded(picture(), "JPEG", quality=95, restart_marker_blocks=2),
          within=LOSSY),
    Odd("JPEG, end", "no end mark", partial(bytes, _JPEG[:-2]), "ffmpeg:jpeg", LOSSY, "lacks the end mark"),
    Odd("JPEG, end", "half an end mark", partial(bytes, _JPEG[:-1]), "ffmpeg:jpeg", LOSSY, "lacks the end mark"),
    _jpeg("JPEG, end", "something behind the end", _JPEG + b"a trailer of a phone"),
    _jpeg("JPEG, end", "cut in the middle", _JPEG[:-120], "rows can be decoded", refused=True),
    _jpeg("JPEG, end", "an end mark too early", _JPEG[:-40] + b"\xff\xd9" + _JPEG[-38:], "rows can be decoded",
          refused=True),
    *(_jpeg("JPEG, orientation", str(n), _turned(n, quality=95, subsampling=0), "Turned upright" if n > 1 else "")
      for n in range(1, 9)),
)  # fmt: skip


def _tiff(
    name: str, values: np.ndarray, says: str = "", within: float = EXACT, refused: bool = False, **options
) -> Odd:
    def make() -> bytes:
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, values, **({"photometric": "rgb" if values.ndim == 3 else "minisblack"} | options))
        return buffer.getvalue()

    return Odd("TIFF, layout", name, make, "ffmpeg:tiff", within, says, refused)


_PLANES = np.ascontiguousarray(np.moveaxis(CARD, 2, 0))
_TIFF = (
    _tiff("strips", CARD, rowsperstrip=5),
    replace(_tiff("tiles", CARD, tile=(16, 16)), by="tifffile", theirs=lambda: CARD.astype(float)),
    _tiff("deflate", CARD, compression="zlib"),
    _tiff("deflate, differences", CARD, compression="zlib", predictor=True),
    _tiff("planes", _PLANES, planarconfig="separate"),
    _tiff("planes, 16 bits", np.ascontiguousarray(np.moveaxis(DEEP, 2, 0)), "read at 8 bits", CUT8,
          planarconfig="separate"),
    _tiff("big-endian", CARD, byteorder=">"),
    _tiff("grey from white", GREYS, GREY, photometric="miniswhite"),
    _tiff("grey from white, 16 bits", DEEP_GREYS, DEEP_GREY, photometric="miniswhite"),
    _tiff("grey, 16 bits, big-endian", DEEP_GREYS, DEEP_GREY, byteorder=">"),
    _tiff("black and white", GREYS > 127, GREY),
    _tiff("black and white from white", GREYS > 127, GREY, photometric="miniswhite"),
    _tiff("RGB, 16 bits", DEEP, COLOUR8, CUT8),
    _tiff("RGB, floats", CARD.astype(np.float32) / 255, "float32 read at 8 bits", ROUNDED),
    _tiff("a fourth channel that is no colour", np.dstack([CARD, GREYS]), "one is left out", 300, extrasamples=[0]),
    _tiff("alpha", np.dstack([CARD, ALPHA]), ON_WHITE, extrasamples=[2]),
    _tiff("palette", INDEX, "", photometric="palette",
          colormap=np.pad(made.PATCHES.reshape(-1, 3).T.astype(np.uint16) * 257, ((0, 0), (0, 232)))),
    _tiff("five channels", np.dstack([CARD, GREYS, GREYS]), "5 channels", refused=True, photometric="minisblack",
          planarconfig="contig"),
    _tiff("YCbCr, not compressed", CARD, "YCbCr", refused=True, photometric="ycbcr"),
)  # fmt: skip


def _bmp(name: str, make: Callable[[], bytes], says: str = "", within: float = EXACT) -> Odd:
    return Odd("BMP, layout", name, make, "chromium:image/bmp", within, says)


_BGR = np.ascontiguousarray(CARD[:, :, ::-1])
_BGRA = np.dstack([_BGR, ALPHA])
_BMP_PALETTE = np.pad(made.PATCHES.reshape(-1, 3)[:, ::-1], ((0, 0), (0, 1))).tobytes()
_R, _G, _B = (CARD[:, :, band].astype(np.uint16) for band in range(3))
_565 = (_R >> 3 << 11 | _G >> 2 << 5 | _B >> 3).astype("<u2")
_555 = (_R >> 3 << 10 | _G >> 3 << 5 | _B >> 3).astype("<u2")
_MASKS_565 = struct.pack("<3I", 0xF800, 0x07E0, 0x001F)
_BMP = (
    _bmp("24 bits", lambda: made.bmp(24, made.bmp_rows(_BGR, 24))),
    _bmp("24 bits, from the top", lambda: made.bmp(24, made.bmp_rows(_BGR[::-1], 24), top_down=True)),
    _bmp("32 bits", lambda: made.bmp(32, made.bmp_rows(_BGRA, 32))),
    _bmp("palette, 8 bits", lambda: made.bmp(8, made.bmp_rows(INDEX, 8), _BMP_PALETTE)),
    _bmp("palette, 4 bits", lambda: made.bmp(4, made.bmp_rows(INDEX % 16, 4), _BMP_PALETTE[:64])),
    _bmp("palette, 1 bit", lambda: made.bmp(1, made.bmp_rows(INDEX % 2, 1), _BMP_PALETTE[:8])),
    _bmp("run lengths, 8 bits", lambda: made.bmp(8, _runs(INDEX), _BMP_PALETTE, compression=1)),
    _bmp("16 bits, 5-5-5", lambda: made.bmp(16, made.bmp_rows(_555, 16)), within=SEEN),
    _bmp("16 bits, 5-6-5", lambda: made.bmp(16, made.bmp_rows(_565, 16), compression=3, masks=_MASKS_565), within=SEEN),
)


def _runs(indices: np.ndarray) -> bytes:
    """RLE8: every patch of a row is one run; then an end of line."""
    rows = [
        b"".join(bytes([made.PATCH, row[at]]) for at in range(0, 48, made.PATCH)) + b"\0\0" for row in indices[::-1]
    ]
    return b"".join(rows) + b"\0\1"


_SMALL = INDEX[8:24, 8:32]
_GIF = tuple(
    Odd("GIF, layout", name, partial(bytes, data), "chromium:image/gif", EXACT, says, refused)
    for name, data, says, refused in (
        ("87a", made.gif(made.gif_frame(INDEX), version=b"87a"), "", False),
        ("interlaced", made.gif(made.gif_frame(INDEX, interlaced=True)), "", False),
        ("a palette of its own", made.gif(made.gif_frame(INDEX, palette=made.PATCHES[::-1].tobytes())), "", False),
        ("a transparent colour", made.gif(made.gif_control(transparent=3), made.gif_frame(INDEX)), ON_WHITE, False),
        ("smaller than its screen", made.gif(made.gif_frame(_SMALL, at=(8, 8))), ON_WHITE, False),
        ("no end mark", made.gif(made.gif_frame(INDEX), end=b""), "without its end mark", False),
        ("animated, its first frame", made.gif(made.gif_control(9), made.gif_frame(INDEX), made.gif_control(9),
                                               made.gif_frame(_SMALL)), "first frame of 2", False),
        ("cut in the middle", made.gif(made.gif_frame(INDEX))[:800], "rows can be decoded", True),
    )
)  # fmt: skip


def _plain(name: str, head: str, values: np.ndarray | bytes, says: str = "", within: float = EXACT) -> Odd:
    body = values if isinstance(values, bytes) else values.tobytes()
    kind = {"1": "pbm", "4": "pbm", "2": "pgm", "5": "pgm"}.get(head[1], "ppm")
    return Odd("PPM and kin", name, lambda: head.encode("ascii") + body, f"ffmpeg:{kind}", within, says)


def _text(values: np.ndarray) -> bytes:
    return "\n".join(" ".join(map(str, row)) for row in values.reshape(len(values), -1).tolist()).encode("ascii")


_PPM = (
    _plain("P1, text", "P1\n48 32\n", _text((GREYS < 128).astype(int)), GREY),
    _plain("P2, text", "P2\n# a card\n48 32 255\n", _text(GREYS), GREY),
    _plain("P3, text", "P3\n48 32 255\n", _text(CARD)),
    _plain("P4, bits", "P4\n48 32\n", np.packbits(GREYS < 128, axis=1), GREY),
    _plain("P5, 15 is white", "P5\n48 32 15\n", _scaled(GREYS, 4).astype(np.uint8), GREY, ROUNDED),
    _plain("P5, 1,023 is white", "P5\n48 32 1023\n", _scaled(GREYS, 10).astype(">u2"), DEEP_GREY, ROUNDED),
    _plain("P6", "P6\n48 32 255\n", CARD),
    _plain("P6, 16 bits", "P6\n48 32 65535\n", DEEP.astype(">u2"), COLOUR8, CUT8),
)

_WEBP = tuple(
    Odd("WebP, layout", name, partial(bytes, data), "chromium:image/webp", within, says, refused)
    for name, data, within, says, refused in (
        ("lossless", encoded(picture(), "WEBP", lossless=True), EXACT, "", False),
        ("lossy", encoded(picture(), "WEBP", quality=90), LOSSY, "", False),
        ("alpha", encoded(picture(np.dstack([CARD, ALPHA])), "WEBP", lossless=True, exact=True), SEEN, ON_WHITE, False),
        ("animated, its first frame", encoded(picture(), "WEBP", lossless=True, save_all=True,
                                              append_images=[picture(CARD[::-1].copy())]), EXACT, "first frame", False),
        ("cut", encoded(picture(), "WEBP", lossless=True)[:-40], EXACT, "bytes that it promises", True),
    )
)  # fmt: skip

_HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
_FOREIGN = tuple(
    Odd("no picture, or not what its name says", name, partial(bytes, data), "", EXACT, says, True)
    for name, data, says in (
        ("a head of HEIC and filler", _HEIC_HEAD + bytes(64), "HEIC file is damaged"),
        ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing"),
        ("PDF", b"%PDF-1.7\n", "PDF document"),
        ("nothing", b"", "0 bytes"),
        ("a JPEG that ends in its header", _JPEG[:200], "damaged or cut short"),
        ("12 bits a channel", _JPEG.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c"), "not known here"),
    )
)
PICTURES = (*_PNG, *_PNG_INTERLACED, *_PNG_CLEAR, *_PNG_DAMAGE, *_JPEGS, *_TIFF, *_BMP, *_GIF, *_PPM, *_WEBP, *_FOREIGN)
