"""The frames of a film (MP4, WebM, AVI, ...): upright, of square pixels, small enough, in sRGB, with their times."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.clips.containers import Packets, open_stream
from explorer.media.clips.film_colour import rgb_of
from explorer.media.pictures.opening import check_pixels
from explorer.media.sniffing import Kind

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame

SQUARE = 1.005  # pixels less oblong than so count as square: rounding of a header
UNHEARD = (
    "Its sound is left out: tokenizers of clips take pictures alone. To see it as tokens, give this file to a "
    "tokenizer of sounds."
)
LATE_S, LATE_SHARE = 0.5, 0.05  # a film that ends so much before its header says is cut short


@dataclass
class FilmFrame:
    """One frame, (H, W, 3) float32 in 0..1. start_s: when it appears, None if that is not known. seconds: for how long,
    0 if not known. full_size: (H, W) before it was scaled down."""

    pixels: np.ndarray
    start_s: float | None
    seconds: float
    full_size: tuple[int, int]


@dataclass
class Film:
    """rate: frames a second of the header, 0 without one. count: frames in all, where the header says it."""

    rate: float = 0.0
    count: int | None = None
    notes: list[str] = field(default_factory=list)

    def say(self, *words: str) -> None:
        """Once each."""
        self.notes += [one for one in words if one not in self.notes]


def film_frames(data: bytes, kind: Kind, limits: Limits, film: Film) -> Iterator[FilmFrame]:
    """Yields frames until the clip ends, and tells `film` what there is to say. Raises MediaError."""
    with open_stream(data, kind, "video") as (container, stream):
        stream.codec_context.options = {"max_pixels": str(limits.image_pixels)}  # of what a stream claims on its way
        if stream.width and stream.height:  # claimed by the header, before anything is decoded
            check_pixels(stream.width, stream.height, limits)
        film.rate = float(stream.average_rate or stream.guessed_rate or 0)
        film.count = stream.frames or None
        if container.streams.audio:
            film.say(UNHEARD)
        packets, shown = Packets(container, stream, kind), None
        for frame in packets.frames():
            check_pixels(frame.width, frame.height, limits)
            shown = _shown(frame, stream, limits, film)
            yield shown
        if packets.damaged and shown is None:
            raise MediaError(
                f"This {kind.name} file is damaged or cut short, or its pictures are in a form that cannot be read "
                "here: not one of them can be decoded. Choose another file."
            )
        if packets.damaged:
            film.say(f"Damaged: {packets.damaged:,} of {packets.all:,} packets could not be decoded and are left out.")
        elif shown is not None:
            _check_end(shown, container, stream, film)


def _shown(frame: VideoFrame, stream: Stream, limits: Limits, film: Film) -> FilmFrame:
    oblong = float(stream.sample_aspect_ratio or 1)
    if 1 / SQUARE < oblong < SQUARE:
        oblong = 1.0
    full = (frame.height, max(1, round(frame.width * oblong)))
    check_pixels(full[1], full[0], limits)
    scale = min(1.0, limits.video_side_px / max(full))
    height, width = (max(1, round(side * scale)) for side in full)
    pixels = rgb_of(frame, width, height, film.notes)
    said = []
    if oblong != 1.0:
        said.append(f"Its pixels are not square ({stream.sample_aspect_ratio}): {frame.width} x {frame.height} of them "
                    f"are shown as {full[1]} x {full[0]}.")  # fmt: skip
    if frame.interlaced_frame:
        said.append("Interlaced: a frame holds two moments, line by line, which shows as combs where something moves.")
    if stream.metadata.get("alpha_mode") == "1" and not any(part.is_alpha for part in frame.format.components):
        said.append("Its transparency lies in a second stream that is not read: all of it is opaque here.")
    if frame.is_corrupt:
        said.append("Damaged: parts of some frames could not be decoded; the decoder filled them in.")
    pixels, full = _upright(pixels, full, frame, said)
    film.say(*said)
    seconds = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
    return FilmFrame(pixels, frame.time, seconds, full)


def _upright(
    pixels: np.ndarray, full: tuple[int, int], frame: VideoFrame, said: list[str]
) -> tuple[np.ndarray, tuple[int, int]]:
    """Turned and mirrored as the header says: column x, row y go to a x + c y and b x + d y (ISO 14496-12, 8.3.2).

    What was done is added to `said`.
    """
    matrix = next((bytes(one) for one in frame.side_data if one.type.name == "DISPLAYMATRIX"), b"")
    if len(matrix) < 36:
        return pixels, full
    a, b, _, c, d = struct.unpack("=5i", matrix[:20])
    if min(abs(a) + abs(d), abs(b) + abs(c)) > 0.02 * max(abs(a) + abs(d), abs(b) + abs(c)):
        said.append(f"Its header turns it by {-frame.rotation:g} degrees: shown turned by whole quarters.")
    aside = abs(b) + abs(c) > abs(a) + abs(d)
    turned = _turned(a, b, c, d, aside)
    said += [f"Shown {turned}, as its header says."] if turned else []
    if aside:
        pixels, full, a, d = pixels.transpose(1, 0, 2), full[::-1], c, b
    return pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1], full


def _turned(a: int, b: int, c: int, d: int, aside: bool) -> str:
    """What a matrix does, in words; "" where it leaves all as it is."""
    if (b * c > 0) if aside else (a * d < 0):
        return "mirrored and turned by 90 degrees" if aside else "mirrored"
    if aside:
        return f"turned by 90 degrees {'clockwise' if b > 0 else 'counter-clockwise'}"
    return "turned by 180 degrees" if a < 0 else ""


def _check_end(last: FilmFrame, container: InputContainer, stream: Stream, film: Film) -> None:
    """A word if the last frame ends long before the header says that the film does."""
    own = stream.duration is not None and stream.time_base is not None
    begins = float((stream.start_time or 0) * stream.time_base) if own else 0.0
    promised = float(stream.duration * stream.time_base) if own else (container.duration or 0) / 1e6
    if last.start_s is None or promised <= 0:
        return
    shown = last.start_s + last.seconds - begins
    alone = own or len(container.streams.get()) == 1
    if promised - shown > max(LATE_S, LATE_SHARE * promised):
        why = "Damaged or cut short" if alone else "Cut short, or its sound goes on"
        film.say(f"{why}: its frames end after {shown:.2f} s, and its header promises {promised:.2f} s.")
