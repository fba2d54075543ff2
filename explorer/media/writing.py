"""What a tokenizer decoded, as a file of the kind that its suffix names."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column
from explorer.media.clips.even_times import USUAL_RATE
from explorer.media.clips.video import webp_bytes
from explorer.media.pictures.image import png_bytes, to_pil
from explorer.media.rows.writing import csv_bytes
from explorer.media.sounds.audio import wav_bytes

SUFFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {  # the first of each loses nothing
        "image": (".png",),
        "audio": (".wav",),
        "video": (".webp", ".gif", ".mp4"),
        "series": (".csv",),
        "vectors": (".csv",),
    }
)
GIF_LEAST_MS = 20  # browsers slow down frames that are shorter
_ONE = {"image": "Pictures", "audio": "Sounds", "video": "Clips", "series": "Series", "vectors": "Tables of items"}


def check_suffix(path: Path, modality: str) -> str:
    """The suffix of `path`, in lower case. Raises MediaError if a medium of that modality cannot be written so."""
    if modality not in SUFFIXES:
        raise MediaError(
            "Tokens of a graph cannot be turned back into a graph: they tell where nodes stand, not its edges."
        )
    suffix, valid = path.suffix.lower(), SUFFIXES[modality]
    if suffix not in valid:
        written = " or ".join(valid)
        whole = f"; {valid[0]} loses nothing" if len(valid) > 1 else ", which loses nothing"
        raise MediaError(
            f"{str(path)!r} does not end in {written}. {_ONE.get(modality, modality)} are written as {written}{whole}."
        )
    return suffix


def medium_bytes(array: np.ndarray, suffix: str, rate: float | None = None, columns: Sequence[Column] = ()) -> bytes:
    """A picture (H, W, 3), a sound (S, C), a clip (F, H, W, 3) or a series (T, D) as a file with that suffix.

    rate: samples a second of a sound, frames a second of a clip (12.5 if it is not known), rows a second of a series.
    columns: of a series, with their scales. Raises MediaError.
    """
    if suffix == ".csv":
        return csv_bytes(array, columns, rate)
    if suffix == ".wav":
        return wav_bytes(array, round(rate or 0))
    if suffix == ".png":
        return png_bytes(array)
    write = {".webp": webp_bytes, ".gif": gif_bytes, ".mp4": mp4_bytes}[suffix]
    return write(array, rate or USUAL_RATE)


def gif_bytes(frames: np.ndarray, frames_per_second: float) -> bytes:
    """(F, H, W, 3) floats in [0, 1] -> an animated GIF: 256 colours a frame, times in hundredths of a second."""
    pictures, buffer = [to_pil(frame) for frame in frames], io.BytesIO()
    times = gif_times(len(frames), frames_per_second)
    options = {"save_all": True, "append_images": pictures[1:], "duration": times, "loop": 0}
    pictures[0].save(buffer, "GIF", **options)
    return buffer.getvalue()


def gif_times(count: int, frames_per_second: float) -> list[int]:
    """Milliseconds of each of `count` frames in whole hundredths of a second: rounded so that none drifts from its
    time, and no shorter than browsers show them."""
    ends = np.round(np.arange(count + 1) * 100 / frames_per_second).astype(int)
    return np.maximum(10 * np.diff(ends), GIF_LEAST_MS).tolist()


def said_of(suffix: str, frames_per_second: float | None) -> str:
    """What a clip loses in a file of that suffix, in a sentence."""
    rate = frames_per_second or USUAL_RATE
    if suffix == ".gif":
        slow = f", shown for {GIF_LEAST_MS} ms each, longer than {1000 / rate:.1f} ms" if rate > 50 else ""
        return f"A GIF has 256 colours a frame{slow}; MP4 and WebP show more."
    return {".mp4": "H.264, colours at half the resolution.", ".webp": "Nothing of 8 bits is lost."}.get(suffix, "")


def mp4_bytes(frames: np.ndarray, frames_per_second: float) -> bytes:
    """(F, H, W, 3) floats in [0, 1] -> an MP4 (H.264, 4:2:0, nearly lossless); odd sides repeat their last line.

    Raises MediaError without the package av, and where its FFmpeg has no encoder of H.264.
    """
    try:
        import av
    except ImportError as error:
        raise MediaError(
            "MP4 files need the package av. Install it (pip install av), or write .gif or .webp, which need no more."
        ) from error
    if "libx264" not in av.codecs_available:
        raise MediaError("The FFmpeg of this package av has no encoder of H.264 (libx264). Write .gif or .webp.")
    buffer = io.BytesIO()
    height, width = (side + side % 2 for side in frames.shape[1:3])
    padding = ((0, height - frames.shape[1]), (0, width - frames.shape[2]), (0, 0))
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(frames_per_second).limit_denominator(1000))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "12"}
        for frame in frames:
            pixels = np.asarray(to_pil(np.pad(frame, padding, mode="edge")))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()
