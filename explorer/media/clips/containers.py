"""Containers of sound and video (MP4, WebM, AVI, ...), opened with FFmpeg by PyAV, which is imported when one is.

The bytes lie in memory and the container is named, so FFmpeg opens nothing else: no second file, no address.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from explorer.foundation.errors import MediaError
from explorer.media.sniffing import Kind

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.frame import Frame
    from av.stream import Stream

MOST_SECONDS = 60.0  # of work on one file: damaged ones can keep a decoder busy for long
_NOUN = {"audio": "sound", "video": "picture track"}


class Packets:
    """What was decoded of a stream: `frames()` once, then how many packets it had and how many were no use.

    skipped: samples that FFmpeg drops at the beginning, as the container says.
    """

    def __init__(self, container: InputContainer, stream: Stream, kind: Kind) -> None:
        self._container, self._stream, self._kind = container, stream, kind
        self.all = self.damaged = self.skipped = 0

    def frames(self, passed: int = 0, ahead: int = 0) -> Iterator[Frame]:
        """Frames in their order; what cannot be decoded is counted and passed over, as players do.

        passed: packets that somebody decoded before without a fault; of these only the last `ahead` are decoded.
        """
        end = time.monotonic() + MOST_SECONDS
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except Exception:  # demuxers of damaged files fail in dozens of ways: nothing more can be reached
                self.all, self.damaged = self.all + 1, self.damaged + 1
                packet = None
            if packet is None:
                return
            if time.monotonic() > end:
                raise MediaError(
                    f"This {self._kind.name} file took more than {MOST_SECONDS:g} s to decode: it is damaged, or too "
                    "large for here. Choose another file."
                )
            if not self.all and packet.has_sidedata("skip_samples"):
                self.skipped = int.from_bytes(bytes(packet.get_sidedata("skip_samples"))[:4], "little")
            self.all += packet.size > 0  # the last one is empty: it fetches what the decoder still holds
            if self.all <= passed - ahead:
                continue
            try:
                found = packet.decode()
            except Exception:  # as for demuxers
                self.damaged += packet.size > 0 and self.all > passed
                continue
            yield from found


@contextmanager
def open_stream(data: bytes, kind: Kind, wanted: Literal["audio", "video"]) -> Iterator[tuple[InputContainer, Stream]]:
    """The container and its first stream of that type that is no cover.

    Raises MediaError if it is damaged or has no such stream.
    """
    try:
        container = _open(data, kind)
    except ImportError as error:
        raise MediaError(f"{kind.name} files need the package av. Install it: pip install av.") from error
    except Exception as error:  # demuxers of damaged files fail in dozens of ways
        raise MediaError(
            f"This {kind.name} file is damaged or cut short: its header cannot be read. Choose another file."
        ) from error
    with container:
        streams = [one for one in getattr(container.streams, wanted) if not is_cover(one)]
        if not streams:
            covers = " but a cover" if wanted == "video" and container.streams.video else ""
            raise MediaError(f"This {kind.name} file has no {_NOUN[wanted]}{covers}. Choose another file.")
        readable = [one for one in streams if one.codec_context is not None]
        if not readable:
            raise MediaError(f"The {_NOUN[wanted]} of this {kind.name} file is in a form that cannot be read here.")
        readable[0].codec_context.thread_count = 1  # visitors share few cores
        yield container, readable[0]


def _open(data: bytes, kind: Kind) -> InputContainer:
    import av  # lazy: FFmpeg's libraries are large

    return av.open(io.BytesIO(data), mode="r", format=kind.container, metadata_errors="replace")  # tags in any encoding


def has_video(data: bytes, kind: Kind) -> bool:
    """Whether a container holds moving pictures, readable or not; a cover beside a sound does not count."""
    try:
        with _open(data, kind) as container:
            return any(not is_cover(stream) for stream in container.streams.video)
    except Exception:  # which the loader of sounds will say in words
        return False


def is_cover(stream: Stream) -> bool:
    """Whether a stream of pictures is one picture beside a sound, or pictures of chapters."""
    from av.stream import Disposition

    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))
