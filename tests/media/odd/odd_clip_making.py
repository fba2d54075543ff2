"""How odd clips are made: by the ffmpeg program, by Pillow or by hand."""

from __future__ import annotations

import io
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.media.samples import SAMPLES
from tests.media.ffmpeg_program import film_files, written

NEAR, SCALED, LOSSY = 1.1, 4.0, 2.5  # levels of 255: rounding of 8 bits; two filters; two versions of a lossy decoder


@dataclass(frozen=True)
class Odd:
    """suffix: of the file. says: what must be said, as a regular expression; "" for nothing.

    told, options: of the program, where it must be told what a player does. expected: instead of its frames, where it
    cannot read them; by: who says so. columns: the first that is compared, and in what steps.
    refused: the app must refuse it.
    """

    kind: str
    name: str
    suffix: str
    make: Callable[[], bytes]
    tolerance: float = NEAR
    says: str = ""
    told: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    expected: Callable[[], np.ndarray] | None = None
    by: str = ""
    columns: tuple[int, int] = (0, 1)
    refused: bool = False


@cache
def frames(count: int = 7) -> np.ndarray:
    """(F, 64, 80, 3) uint8, smooth and moving."""
    whole = SAMPLES["shapes"].load().frames[np.arange(count) % 25, 32:96, 48:128]
    return np.round(whole * 255).astype(np.uint8)


class NotMade(Exception):
    """A file that the program is still to make; it makes many at a time."""


_made: dict[tuple, bytes] = {}
_SOURCES: dict[str, Callable[[], np.ndarray]] = {
    "": frames,
    "one": lambda: frames(1),
    "some": lambda: frames(20),
    "many": lambda: frames(80),
    "odd": lambda: frames()[:, :37, :51],
    "patches": lambda: patches(),
    "high": lambda: np.broadcast_to(frames(2)[:, :1, :16], (2, 720, 16, 3)),
}


def film(suffix: str, *options: str, source: str = "") -> bytes:
    """A film of the frames of that source. Raises NotMade until `make_all` was told of it."""
    key = (source, suffix, options)
    if key not in _made:
        raise NotMade(key)
    return _made[key]


def make_all(cases: Sequence[Odd]) -> None:
    """Has the program make what the cases need, with one start for all of one source."""
    wanted = defaultdict(list)
    for case in cases:
        try:
            case.make()
        except NotMade as missing:
            wanted[missing.args[0][0]].append(missing.args[0])
    for source, keys in wanted.items():
        keys = list(dict.fromkeys(keys))
        given = np.ascontiguousarray(_SOURCES[source]())
        _made.update(zip(keys, film_files(given, "10", [key[1:] for key in keys]), strict=True))


def animation(file_format: str, milliseconds: Sequence[int], alpha: bool = False, **options: object) -> bytes:
    """By Pillow, each frame with its time; the left half half transparent if `alpha`."""
    pictures = [Image.fromarray(frame) for frame in frames(len(milliseconds))]
    if alpha:
        mask = np.full((64, 80), 255, np.uint8)
        mask[:, :40] = 128
        for picture in pictures:
            picture.putalpha(Image.fromarray(mask))
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, file_format, save_all=True, append_images=pictures[1:], duration=list(milliseconds), **options
    )
    return buffer.getvalue()


def on_white(shown: np.ndarray) -> np.ndarray:
    """What `animation(alpha=True)` looks like on white."""
    laid = shown.astype(np.float32)
    laid[:, :, :40] = laid[:, :, :40] * 128 / 255 + 255 * 127 / 255
    return np.round(laid).astype(np.uint8)


def turned(*matrix: int) -> bytes:
    """A film whose header turns it: (a, b, c, d) of its matrix, 40 bytes behind the version of `tkhd`."""
    data = bytearray(film(".mov", "-c:v", "png"))
    at, (a, b, c, d) = bytes(data).index(b"tkhd") + 44, matrix
    nine = np.array([a, b, 0, c, d, 0, 0, 0, 2**14]) * 2**16
    data[at : at + 36] = nine.astype(">i4").tobytes()
    return bytes(data)


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def overwritten(data: bytes, first: float, last: float) -> bytes:
    """Bytes between two shares of its length replaced by 0xA5."""
    start, stop = int(len(data) * first), int(len(data) * last)
    return data[:start] + b"\xa5" * (stop - start) + data[stop:]


H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p")


def matrix(name: str, wide: str, pixels: str = "yuv444p", *tags: str, source: str = "") -> bytes:
    """The frames in Y'CbCr of that matrix and range ("tv" or "pc"), tagged with it."""
    spaces = {"bt709": "bt709", "bt601": "smpte170m", "bt2020": "bt2020nc", "smpte240m": "smpte240m"}
    how = f"scale=out_color_matrix={name}:out_range={wide},format={pixels}"
    tagged = ("-colorspace", spaces[name], "-color_range", wide, *tags)
    return film(".mkv", "-vf", how, "-c:v", "ffv1", *tagged, source=source)


def read_as(name: str, wide: str) -> tuple[str, ...]:
    return ("-vf", f"scale=in_color_matrix={name}:in_range={wide}:flags=accurate_rnd+full_chroma_int")


# Patches of R'G'B' that a film calls PQ or HLG, with BT.2020's primaries.
PATCHES = np.array(
    [[grey] * 3 for grey in (0, 40, 80, 110, 130, 148, 165, 190, 220, 255)] + [[130, 110, 90], [90, 120, 100]], np.uint8
)


def patches() -> np.ndarray:
    """(2, 16, 16 n, 3): the patches side by side."""
    return np.broadcast_to(np.repeat(PATCHES, 16, axis=0)[None, None], (2, 16, 16 * len(PATCHES), 3))


def in_hdr(curve: str) -> bytes:
    """The patches as a film of that curve: "smpte2084" (PQ), "arib-std-b67" (HLG), or "bt709" for SDR in BT.2020."""
    tags = ("-color_trc", curve, "-color_primaries", "bt2020")
    how = "scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le"
    coded = ("-c:v", "libvpx-vp9", "-lossless", "1", "-colorspace", "bt2020nc", "-color_range", "tv")
    return film(".webm", "-vf", how, *coded, *tags, source="patches")


def half_on_white() -> np.ndarray:
    """The frames through an alpha of 127 of 255."""
    return np.round(frames() * (127 / 255) + 255 * (128 / 255)).astype(np.uint8)


def copied(data: bytes, suffix: str, *before: str) -> bytes:
    """Its packets copied into a new file, with options before the input: `-ss` leaves an edit list."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / f"given{suffix}"
        given.write_bytes(data)
        return written([suffix], (*before, "-i", str(given)), [("-c", "copy")])[0]
