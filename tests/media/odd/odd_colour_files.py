"""Odd files of pictures whose colours are not plain sRGB: profiles, numbers, inks, Lab, HDR, and AVIF and HEIC."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import tifffile
from PIL import Image

from tests.media import made_icc as icc
from tests.media import made_pictures as made
from tests.media.made_pictures import ALPHA, CARD, DEEP, GREYS, INDEX, INKS, PATCHES, encoded, enlarged, picture, png
from tests.media.odd.odd_picture_files import EXACT, GREY, LOSSY, ON_WHITE, SEEN, Odd
from tests.media.odd.picture_programs import littlecms

BY_PROFILE, BY_NUMBERS, LEFT_OUT = 'from its profile "', "as the file states them", "left out"
TABLES = 2.0  # of a profile of tables, interpolated in 16 bits and then rounded
SRGB_XY = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_XY = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)

P3 = icc.matrix_profile("Display P3", icc.P3, icc.SRGB_CURVE)
ADOBE = icc.matrix_profile("Adobe RGB (1998)", icc.ADOBE, 2.19921875, version=2)
PROPHOTO = icc.matrix_profile("ProPhoto RGB", icc.PROPHOTO, 1.8)
LINEAR = icc.matrix_profile("Linear", icc.SRGB, 1)
LSTAR = icc.matrix_profile("L* RGB", icc.SRGB, icc.LSTAR_CURVE)
PLAIN = icc.matrix_profile("sRGB", icc.SRGB, icc.SRGB_CURVE)
GREY_22, GREY_L, GREY_1 = (
    icc.grey_profile(name, curve) for name, curve in (("Gamma 2.2", 2.2), ("L*", icc.LSTAR_CURVE), ("Linear", 1))
)
PRINT, SCAN = icc.print_profile("A press"), icc.table_profile("A scanner")


def _shown(
    kind: str, name: str, make: Callable[[], bytes], media_type: str, says: str = "", within: float = SEEN
) -> Odd:
    return Odd(kind, name, make, f"chromium:image/{media_type}", within, says)


def _with(profile: bytes, file_format: str = "PNG", pixels: np.ndarray = CARD, **options) -> Callable[[], bytes]:
    return lambda: encoded(picture(pixels), file_format, icc_profile=profile, **options)


def _by_littlecms(profile: bytes | str, patches: np.ndarray) -> Callable[[], np.ndarray | None]:
    """What transicc makes of the patches, in the units of the profile."""

    @cache
    def theirs() -> np.ndarray | None:
        found = littlecms(profile, patches.reshape(-1, patches.shape[-1]))
        return None if found is None else enlarged(found.reshape(*patches.shape[:2], 3))

    return theirs


_MATRIX = (
    *(_shown("ICC profile, matrix", name, _with(profile), "png", BY_PROFILE + name.split(",")[0].replace("(", r"\("))
      for name, profile in (("Display P3", P3), ("Adobe RGB", ADOBE), ("ProPhoto RGB", PROPHOTO), ("Linear", LINEAR))),
    _shown("ICC profile, matrix", "L* RGB", _with(LSTAR), "png", BY_PROFILE),
    _shown("ICC profile, matrix", "sRGB in other words", _with(PLAIN), "png", "", EXACT),
    _shown("ICC profile, in other files", "palette PNG", lambda: png(
        INDEX, made.INDEXED, 8, made.profile_chunk(P3), made.PALETTE), "png", BY_PROFILE),
    _shown("ICC profile, in other files", "PNG with alpha", _with(P3, pixels=np.dstack([CARD, ALPHA])), "png",
           f"{BY_PROFILE}.*{ON_WHITE}", 1.6),
    _shown("ICC profile, in other files", "PNG of 16 bits", lambda: png(
        DEEP, made.RGB, 16, made.profile_chunk(P3)), "png", f"read at 8 bits.*{BY_PROFILE}"),
    _shown("ICC profile, in other files", "JPEG", _with(P3, "JPEG", quality=95, subsampling=0), "jpeg", BY_PROFILE,
           2.01),
    _shown("ICC profile, in other files", "WebP", _with(ADOBE, "WEBP", lossless=True), "webp", BY_PROFILE),
    _shown("ICC profile, in other files", "AVIF", _with(ADOBE, "AVIF", quality=100, subsampling="4:4:4"), "avif",
           BY_PROFILE, 2.01),
    _shown("ICC profile, in other files", "BMP of version 5", lambda: made.bmp(
        24, made.bmp_rows(np.ascontiguousarray(CARD[:, :, ::-1]), 24), profile=P3), "bmp", BY_PROFILE),
    Odd("ICC profile, in other files", "TIFF", _with(ADOBE, "TIFF"), "LittleCMS", SEEN, BY_PROFILE,
        theirs=_by_littlecms(ADOBE, PATCHES)),
    Odd("ICC profile, tables", "RGB to Lab", _with(SCAN), "LittleCMS", TABLES, BY_PROFILE,
        theirs=_by_littlecms(SCAN, PATCHES)),
)  # fmt: skip

_GREY_PATCHES = GREYS[:: made.PATCH, :: made.PATCH, None].astype(float)
_GREY = tuple(
    Odd("ICC profile, grey", name, _with(profile, pixels=GREYS), by, SEEN, f"{GREY}.*{BY_PROFILE}",
        theirs=_by_littlecms(profile, _GREY_PATCHES) if by == "LittleCMS" else None)
    for name, profile, by in (
        ("gamma 2.2", GREY_22, "chromium:image/png"),
        ("L*", GREY_L, "LittleCMS"),
        ("linear", GREY_1, "chromium:image/png"),
        ("of RGB", ADOBE, "chromium:image/png"),
    )
)  # fmt: skip

_INK_PATCHES = INKS[:: made.PATCH, :: made.PATCH]


def _cmyk(file_format: str, profile: bytes | None = PRINT, **options) -> Callable[[], bytes]:
    given = {} if profile is None else {"icc_profile": profile}
    return lambda: encoded(picture(INKS, "CMYK"), file_format, **given, **options)


_CMYK = (
    Odd("CMYK", "TIFF with a profile", _cmyk("TIFF"), "LittleCMS", TABLES, BY_PROFILE,
        theirs=_by_littlecms(PRINT, _INK_PATCHES / 2.55)),
    Odd("CMYK", "JPEG with a profile", _cmyk("JPEG", quality=100, subsampling=0), "LittleCMS", 3.0, BY_PROFILE,
        theirs=_by_littlecms(PRINT, _INK_PATCHES / 2.55)),
    _shown("CMYK", "JPEG without", _cmyk("JPEG", None, quality=100, subsampling=0), "jpeg", "near, not exact", 1.6),
    _shown("CMYK", "JPEG with a profile of RGB", _cmyk("JPEG", P3, quality=100, subsampling=0), "jpeg",
           f"{LEFT_OUT}.*near, not exact", 1.6),
)  # fmt: skip

_HALF_A_PROFILE = b"\xff\xe2" + struct.pack(">H", 16 + 100) + b"ICC_PROFILE\0\1\2" + P3[:100]
_USELESS = (
    _shown("ICC profile, of no use", "of grey, on colours", _with(GREY_22), "png", LEFT_OUT, EXACT),
    _shown("ICC profile, of no use", "of inks, on colours", _with(PRINT), "png", LEFT_OUT, EXACT),
    _shown("ICC profile, of no use", "cut short", _with(P3[:200]), "png", "damaged: left out", EXACT),
    _shown("ICC profile, of no use", "not unpacked", lambda: png(
        CARD, made.RGB, 8, made.chunk(b"iCCP", b"made\0\0no zlib")), "png", "damaged: left out", EXACT),
    _shown("ICC profile, of no use", "of a JPEG, one part of two", lambda: encoded(
        picture(), "JPEG", quality=95, extra=_HALF_A_PROFILE), "jpeg", "damaged: left out", LOSSY),
)  # fmt: skip


def _stating(*chunks: bytes, pixels: np.ndarray = CARD, colour: int = made.RGB, depth: int = 8) -> Callable[[], bytes]:
    return partial(png, pixels, colour, depth, *chunks)


_SRGB_CHUNK = made.chunk(b"sRGB", b"\0")
_PNG_STATES = (
    _shown("PNG, gamma", "1", _stating(made.gamma(1)), "png", BY_NUMBERS),
    _shown("PNG, gamma", "1, grey", _stating(made.gamma(1), pixels=GREYS, colour=made.GREY), "png",
           f"{GREY}.*{BY_NUMBERS}"),
    _shown("PNG, gamma", "1 / 2.2, which is meant as sRGB", _stating(made.gamma(0.45455)), "png", "", EXACT),
    _shown("PNG, gamma", "1 / 1.8", _stating(made.gamma(1 / 1.8)), "png", BY_NUMBERS),
    _shown("PNG, gamma", "1 / 2.2 and primaries of sRGB", _stating(made.gamma(0.45455), made.chromaticities(*SRGB_XY)),
           "png", BY_NUMBERS),
    _shown("PNG, gamma", "1 / 2.2 and primaries of P3", _stating(made.gamma(0.45455), made.chromaticities(*P3_XY)),
           "png", BY_NUMBERS),
    _shown("PNG, gamma", "primaries alone", _stating(made.chromaticities(*P3_XY)), "png", "", EXACT),
    _shown("PNG, gamma", "overruled by sRGB", _stating(_SRGB_CHUNK, made.gamma(1)), "png", "", EXACT),
    _shown("PNG, gamma", "overruled by a profile", _stating(made.profile_chunk(P3), made.gamma(1)), "png", BY_PROFILE),
    _shown("PNG, numbers", "Display P3", _stating(made.numbers(12, 13)), "png", BY_NUMBERS),
    _shown("PNG, numbers", "BT.709", _stating(made.numbers(1, 1)), "png", BY_NUMBERS),
    _shown("PNG, numbers", "BT.2020", _stating(made.numbers(9, 14)), "png", BY_NUMBERS),
    _shown("PNG, numbers", "linear", _stating(made.numbers(1, 8)), "png", BY_NUMBERS),
    _shown("PNG, numbers", "sRGB, over a profile", _stating(made.numbers(1, 13), made.profile_chunk(P3)), "png", "",
           EXACT),
    _shown("PNG, numbers", "of nothing", _stating(made.numbers(99, 13)), "png", "not known here", EXACT),
    _shown("PNG, numbers", "narrow range", _stating(made.numbers(12, 13, full=0)), "png", "narrow range", EXACT),
    _shown("HDR", "PNG, PQ", _stating(made.numbers(9, 16)), "png", r"HDR \(PQ\) tone-mapped", LOSSY),
    _shown("HDR", "PNG, HLG", _stating(made.numbers(9, 18)), "png", r"HDR \(HLG\) tone-mapped", LOSSY),
    _shown("HDR", "PNG, PQ in its profile", _with(icc.numbered_profile("PQ", 9, 16)), "png", r"HDR \(PQ\)", LOSSY),
)  # fmt: skip


def _lab_tiff(photometric: str, bits: int) -> bytes:
    """The patches of _LAB as CIELAB or ICCLAB."""
    top, half = 2**bits - 1, 2 ** (bits - 1)
    step = half / 128
    coded = np.round(_LAB * np.array([top / 100, step, step])).astype(np.int64)
    if photometric == "icclab":
        coded[:, :, 1:] += half
    buffer = io.BytesIO()
    kind = np.uint8 if bits == 8 else np.uint16
    tifffile.imwrite(buffer, enlarged(coded).astype(kind), photometric=photometric)
    return buffer.getvalue()


_LAB = np.random.default_rng(5).integers([20, -40, -40], [90, 41, 41], (made.ROWS, made.COLUMNS, 3)).astype(float)
_LAB[:, :, 0] = np.round(_LAB[:, :, 0] * 2.55) / 2.55  # whole numbers of 8 bits
_LABS = tuple(
    Odd(
        "CIELAB",
        name,
        partial(_lab_tiff, photometric, bits),
        "LittleCMS",
        TABLES,
        says,
        theirs=_by_littlecms("*Lab", _LAB),
    )
    for name, photometric, bits, says in (
        ("TIFF, 8 bits", "cielab", 8, "CIELAB converted"),
        ("TIFF, 16 bits", "cielab", 16, "read at 8 bits.*CIELAB converted"),
        ("TIFF, ICC's kind", "icclab", 8, "CIELAB converted"),
    )
)  # fmt: skip


def heif(file_format: str, pixels: np.ndarray = CARD, colour: tuple[int, int] | None = None, **options) -> bytes:
    """AVIF or HEIC. colour: put in the place of the numbers of H.273 that the encoder states."""
    if file_format == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    data = encoded(picture(pixels), file_format, **options)
    if colour is None:
        return data
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">2H", *colour) + data[at + 4 :]


_whole = {"quality": 100, "subsampling": "4:4:4"}


def _avif(name: str, says: str = "", within: float = 2.01, kind: str = "AVIF", **options) -> Odd:
    return _shown(kind, name, partial(heif, "AVIF", **{**_whole, **options}), "avif", says, within)


def _heic(name: str, says: str = "", within: float = LOSSY, **options) -> Odd:
    large = np.repeat(
        np.repeat(options.pop("pixels", CARD), 2, axis=0), 2, axis=1
    )  # FFmpeg shows blocks of 64 as a whole
    given = {"pixels": large, "quality": -1, "chroma": 444, **options}  # -1: lossless
    return Odd("HEIC", name, partial(heif, "HEIF", **given), "ffmpeg:heic", within, says)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


_AVIF = (
    _avif("plain"),
    _avif("4:2:0", within=LOSSY, subsampling="4:2:0"),
    _avif("grey", pixels=GREYS),
    _avif("alpha", ON_WHITE, pixels=np.dstack([CARD, np.where(ALPHA > 127, 255, 0).astype(np.uint8)])),
    _avif("turned", "Turned upright", exif=_exif(6)),
    _avif("Display P3 in numbers", BY_NUMBERS, colour=(12, 13)),
    _avif("BT.709 in numbers", "", colour=(1, 1)),
    _avif("PQ", r"HDR \(PQ\)", 6.0, "HDR", colour=(9, 16)),
    _avif("HLG", r"HDR \(HLG\)", LOSSY, "HDR", colour=(9, 18)),
    Odd("AVIF", "cut", lambda: heif("AVIF", **_whole)[:-50], "", EXACT, "damaged or cut short", True),
)
_HEIC = (
    _heic("plain"),
    _heic("grey", GREY, pixels=GREYS),
    Odd("HEIC", "a JPEG that is called so", lambda: encoded(picture(), "JPEG", quality=95), "chromium:image/jpeg",
        LOSSY),
    Odd("HEIC", "with Display P3", lambda: heif("HEIF", quality=-1, chroma=444, icc_profile=P3), "LittleCMS", LOSSY,
        BY_PROFILE, theirs=_by_littlecms(P3, PATCHES)),
    Odd("HEIC", "cut", lambda: heif("HEIF", quality=-1)[:-50], "", EXACT, "damaged or cut short", True),
)  # fmt: skip
COLOURS = (*_MATRIX, *_GREY, *_CMYK, *_USELESS, *_PNG_STATES, *_LABS, *_AVIF, *_HEIC)
