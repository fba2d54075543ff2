"""Clips: load whatever a person brings, make it fit a tokenizer, and turn frames back into a file.

Every step that changes what is seen is said in `LoadedVideo.notes`. Every failure is a MediaError of one plain line.
Letters of the shapes: F frames, H and W pixels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError, SettingsError
from explorer.media import caps
from explorer.media.clips.animation import animation_frames
from explorer.media.clips.even_times import even_times
from explorer.media.clips.films import Film, FilmFrame, film_frames
from explorer.media.clips.scaling import small
from explorer.media.pictures.image import Filter, LoadedImage, fit, scaled_to_cover, to_pil
from explorer.media.pictures.opening import bytes_of, check_pixels
from explorer.media.sniffing import kind_of

DEFAULT_LIMITS = Limits()
READABLE = "MP4, WebM, QuickTime, AVI, or an animated GIF, WebP or PNG"


@dataclass(frozen=True)
class LoadedVideo:
    """frames: (F, H, W, 3) float32 in [0, 1]. notes: what was done on the way in, in plain words."""

    frames: np.ndarray
    frames_per_second: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape, dtype = self.frames.shape, self.frames.dtype
        if len(shape) != 4 or shape[3] != 3 or 0 in shape or dtype != np.float32:
            raise MediaError(f"A loaded clip is (F, H, W, 3) float32, got {shape} {dtype}.")

    @property
    def seconds(self) -> float:
        return len(self.frames) / self.frames_per_second


def load_video(
    source: Path | str | bytes | np.ndarray, limits: Limits = DEFAULT_LIMITS, frames_per_second: float | None = None
) -> LoadedVideo:
    """A file, its bytes, or an array (F, H, W, 3) of uint8 or floats in 0..1 -> LoadedVideo.

    The first `limits.video_frames` frames, scaled down so that the longer side is at most `limits.video_side_px`.
    Raises MediaError with what was wrong and what to do.
    """
    if isinstance(source, np.ndarray):
        film = Film(frames_per_second or 0.0, len(source) if source.ndim else None)
        return _collected(_array_frames(source, limits, frames_per_second), limits, film)
    data = bytes_of(source, limits, "clip")
    kind = kind_of(data)
    if kind is None or kind.opener == "soundfile":
        what = "a sound" if kind else "not a clip that can be read here"
        raise MediaError(f"This file is {what}. Give {READABLE}.")
    film = Film()
    if kind.opener == "pillow":
        return _collected(animation_frames(data, kind, limits, film, READABLE), limits, film)
    return _collected(film_frames(data, kind, limits, film), limits, film)


def fit_video(
    video: LoadedVideo,
    multiple: int,
    side_px: int,
    time_step: int = 1,
    first_frame_alone: bool = False,
    fixed_size: tuple[int, ...] = (),
    crop_px: int | None = None,
    filter: Filter = "lanczos",
) -> LoadedVideo:
    """Frames: one alone if `first_frame_alone`, then a multiple of `time_step`; sides are made to fit as of pictures.

    A clip that is too short repeats its last frame. fixed_size: (frames, H, W) that are the only ones taken.
    crop_px, filter: as `Fitting` has them.
    """
    notes, frames = list(video.notes), video.frames
    alone = int(first_frame_alone)
    if fixed_size:
        wanted = fixed_size[0]
    else:
        steps = (len(frames) - alone) // time_step
        wanted = max(steps, int(len(frames) > alone)) * time_step + alone  # none where the first stands alone
    frames = _with_frames(frames, wanted, notes)
    if fixed_size or crop_px is not None:
        height, width = fixed_size[1:] or (crop_px, crop_px)
        made = [scaled_to_cover(LoadedImage(frame), height, width, filter) for frame in frames]
    else:
        if multiple < 1 or side_px < multiple:
            raise SettingsError(f"A longest side of {side_px} pixels has no room for a multiple of {multiple}.")
        made = [fit(LoadedImage(frame), multiple, side_px, filter) for frame in frames]
    notes += made[0].notes  # all frames are of one size, so the notes are the same
    return LoadedVideo(np.stack([one.pixels for one in made]), video.frames_per_second, tuple(notes))


def webp_bytes(frames: np.ndarray, frames_per_second: float) -> bytes:
    """(F, H, W, 3) floats in [0, 1] -> an animated WebP that loses nothing of 8 bits and that browsers play.

    Raises MediaError for other shapes and for NaN.
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or 0 in frames.shape:
        raise MediaError(f"An array of shape {frames.shape} is not a clip; (F, H, W, 3) is.")
    pictures, buffer = [to_pil(frame) for frame in frames], io.BytesIO()
    milliseconds = max(1, round(1000 / frames_per_second))
    pictures[0].save(
        buffer,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=milliseconds,
        lossless=True,
        quality=50,  # of a lossless file: how hard to pack, not how well it looks
    )
    return buffer.getvalue()


def _with_frames(frames: np.ndarray, wanted: int, notes: list[str]) -> np.ndarray:
    have = len(frames)
    if have < wanted:
        notes.append(f"Too short: the last frame repeated, from {have} to {wanted} frames.")
        return np.concatenate([frames, np.repeat(frames[-1:], wanted - have, axis=0)])
    if have > wanted:
        notes.append(f"The last {have - wanted} of {have} frames left out ({wanted} fit).")
    return frames[:wanted]


def _array_frames(array: np.ndarray, limits: Limits, frames_per_second: float | None) -> Iterator[FilmFrame]:
    if array.ndim != 4 or array.shape[3] != 3 or 0 in array.shape:
        raise MediaError(f"An array of shape {array.shape} is not a clip; (F, H, W, 3) is.")
    check_pixels(array.shape[2], array.shape[1], limits)
    if array.dtype != np.uint8:
        if not np.issubdtype(array.dtype, np.floating):
            raise MediaError(f"An array of {array.dtype} is not a clip. Give uint8 in 0..255 or floats in 0..1.")
        if not np.isfinite(array).all() or array.min() < -1e-4 or array.max() > 1 + 1e-4:
            raise MediaError("The clip holds NaN or values outside 0..1. Mend them and try again.")
    for number, frame in enumerate(array):
        yield FilmFrame(
            small(frame, limits.video_side_px),
            number / frames_per_second if frames_per_second else None,
            1 / frames_per_second if frames_per_second else 0.0,
            frame.shape[:2],
        )


def _collected(frames: Iterator[FilmFrame], limits: Limits, film: Film) -> LoadedVideo:
    """The first frames, at even times, joined."""
    kept: list[FilmFrame] = []
    more = False
    for shown in frames:
        if len(kept) == limits.video_frames:
            more = True
            break
        if kept and shown.full_size != kept[0].full_size:
            (height, width), (other_height, other_width) = kept[0].full_size, shown.full_size
            raise MediaError(
                f"The frames of this clip change size, from {width} x {height} to {other_width} x {other_height} "
                "pixels. Choose another file."
            )
        kept.append(shown)
    if not kept:
        raise MediaError("The clip has no frames: there is nothing in it.")
    starts = [shown.start_s for shown in kept]
    even = even_times(starts, kept[-1].seconds, limits.video_frames, film.rate)
    notes = [*film.notes, *even.notes]
    if len(even.frames) == 1:
        notes.append("This clip has one frame: nothing moves in it.")
    if more or len(even.frames) == limits.video_frames > len(kept):
        of = f" of {film.count:,}" if film.count and not even.notes else ""
        seconds = f", {len(even.frames) / even.rate:.1f} s," if even.rate else ""
        way_out = caps.more("frames", max(film.count or 0, 2 * len(even.frames)))
        notes.append(f"Only the first {len(even.frames)} frames{of}{seconds} are read. {way_out}")
    height, width = kept[0].pixels.shape[:2]
    if (height, width) != kept[0].full_size:
        full = kept[0].full_size
        notes.append(f"Scaled down from {full[1]} x {full[0]} to {width} x {height} pixels.")
    return LoadedVideo(np.stack([kept[number].pixels for number in even.frames]), even.rate, tuple(notes))
