"""Containers of sound and video (MP4, WebM, AVI, ...), read with FFmpeg by PyAV, which is imported when one is opened.

The bytes lie in memory and the container is named, so FFmpeg opens nothing else: no second file, no address.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import numpy as np

from explorer.config import Limits
from explorer.errors import MediaError
from explorer.media.opening import check_pixels
from explorer.media.sniffing import Kind

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

_NOUN = {"audio": "sound", "video": "picture track"}


@contextmanager
def opened(data: bytes, kind: Kind, wanted: Literal["audio", "video"]) -> Iterator[tuple[InputContainer, Stream]]:
    """The container and its first stream of that type. Raises MediaError if it is damaged or has no such stream."""
    try:
        import av
    except ImportError as error:
        raise MediaError(f"{kind.name} files need the package av. Install it: pip install av.") from error
    try:
        container = av.open(io.BytesIO(data), mode="r", format=kind.container)
    except Exception as error:  # demuxers of damaged files fail in dozens of ways
        raise MediaError(
            f"This {kind.name} file is damaged or cut short: its header cannot be read. Choose another file."
        ) from error
    with container:
        streams = getattr(container.streams, wanted)
        if not streams:
            raise MediaError(f"This {kind.name} file has no {_NOUN[wanted]}. Choose another file.")
        if streams[0].codec_context is None:
            raise MediaError(f"The {_NOUN[wanted]} of this {kind.name} file is in a form that cannot be read here.")
        streams[0].codec_context.thread_count = 1  # visitors share few cores
        yield container, streams[0]


def has_video(data: bytes, kind: Kind) -> bool:
    """Whether a container holds moving pictures; a cover beside a sound does not count."""
    try:
        with opened(data, kind, "video") as (_, stream):
            return not stream.disposition & _attached_picture()
    except MediaError:
        return False


def _attached_picture() -> int:
    from av.stream import Disposition

    return Disposition.attached_pic


def audio_blocks(data: bytes, kind: Kind) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (sample_rate_hz, (samples, C) float32) until the sound ends. Raises MediaError for damage."""
    with opened(data, kind, "audio") as (container, stream):
        yield from _guarded(_float_blocks(container, stream), kind)


def video_frames(data: bytes, kind: Kind, limits: Limits) -> Iterator[tuple[float, np.ndarray]]:
    """Yields (frames_per_second, (H, W, 3) uint8), upright, until the clip ends. Raises MediaError."""
    with opened(data, kind, "video") as (container, stream):
        yield from _guarded(_upright_frames(container, stream, limits), kind)


def _float_blocks(container: InputContainer, stream: Stream) -> Iterator[tuple[int, np.ndarray]]:
    from av import AudioResampler

    rate = int(stream.rate)
    to_float = AudioResampler(format="fltp", layout=stream.layout, rate=rate)
    for frame in container.decode(stream):
        for block in to_float.resample(frame):
            yield rate, block.to_ndarray().T


def _upright_frames(container: InputContainer, stream: Stream, limits: Limits) -> Iterator[tuple[float, np.ndarray]]:
    stream.codec_context.options = {"max_pixels": str(limits.image_pixels)}  # of what a stream claims on its way
    if stream.width and stream.height:  # claimed by the header, before anything is decoded
        check_pixels(stream.width, stream.height, limits)
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    for frame in container.decode(stream):
        check_pixels(frame.width, frame.height, limits)
        pixels = frame.to_ndarray(format="rgb24")  # (H, W, 3)
        yield rate, np.rot90(pixels, round(frame.rotation / 90) % 4)


def _guarded(blocks: Iterator[tuple[float, np.ndarray]], kind: Kind) -> Iterator[tuple[float, np.ndarray]]:
    """The same blocks; whatever the decoder says of damaged data becomes one plain line."""
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            return
        except MediaError:
            raise
        except Exception as error:  # as for demuxers
            raise MediaError(
                f"This {kind.name} file is damaged or cut short: it cannot be decoded to the end. Choose another file."
            ) from error
        yield block
