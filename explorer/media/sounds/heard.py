"""Where a decoder may begin within a sound and still give the very samples of a decode from the beginning.

A part of which nobody knows is decoded: a fault in it may change what comes behind, and is to be told. A part that was
decoded without a fault is passed over: libsndfile seeks in what it can seek by the sample, FFmpeg hands on the packets
undecoded but for the last, since what its decoders remember reaches back a few packets only. AAC and Opus remember for
ever (noise of a running seed, predictions of predictions), so they are decoded from the beginning, as is all that is
not named here.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

EVERY_S = 1.0  # between two marks
# FFmpeg's decoders of which the samples are those of a whole decode once so many packets were decoded. Frames of MPEG
# audio borrow up to 511 bytes from those before (ISO 11172-3, 2.4.2.7), at 8 kbit/s some thirty frames.
_WARM_UP = {"mp3float": 64, "vorbis": 4, "flac": 1, "wavpack": 1, "tta": 1, "alac": 1}


@dataclass(frozen=True)
class Mark:
    """samples at rate_hz were decoded of the packets up to here (0 where the decoder has none), all without a fault."""

    rate_hz: int
    samples: int
    packets: int = 0


class Marks:
    """Marks as FFmpeg decodes, one a second, while nothing is wrong. begin: where it began."""

    def __init__(self, begin: Mark | None) -> None:
        self.found: list[Mark] = []
        self._rate_hz, self._samples = (begin.rate_hz, begin.samples) if begin else (0, 0)
        self._marked, self._packet, self._ended = self._samples, -1, False

    def add(self, packet: int, rate_hz: int, samples: int) -> None:
        """So many samples of a packet, counted from 1; all of those before it have come."""
        self._ended |= self._rate_hz not in (0, rate_hz)  # behind it samples are no seconds any longer
        self._rate_hz = rate_hz
        if packet != self._packet and self._samples >= self._marked + EVERY_S * rate_hz and not self._ended:
            self.found.append(Mark(rate_hz, self._samples, packet - 1))
            self._marked = self._samples
        self._packet = packet
        self._samples += samples


class Heard:
    """The marks of one file, by decoder and by the files that were joined in it. Safe between threads: what two of them
    add at once is known from one of them."""

    def __init__(self) -> None:
        self._marks: dict[Hashable, tuple[Mark, ...]] = {}

    def marks(self, key: Hashable) -> tuple[Mark, ...]:
        """The marks in their order."""
        return self._marks.get(key, ())

    def keep(self, key: Hashable, marks: Sequence[Mark]) -> None:
        """Add marks in their order; those that are not behind the last one are known already."""
        held = self.marks(key)
        end = held[-1].samples if held else 0
        self._marks[key] = (*held, *(one for one in marks if one.samples > end))


@dataclass(frozen=True)
class Place:
    """What is known of one file within a sound. key: of the file, then of its decoder, too."""

    heard: Heard
    key: Hashable

    def of(self, decoder: str) -> Place:
        return Place(self.heard, (self.key, decoder))

    def last(self) -> Mark | None:
        """The furthest mark."""
        return next(reversed(self.heard.marks(self.key)), None)

    def before(self, from_s: float) -> Mark | None:
        """The last mark that is not behind a second."""
        marks = reversed(self.heard.marks(self.key))
        return next((one for one in marks if one.samples <= round(from_s * one.rate_hz)), None)

    def keep(self, marks: Sequence[Mark]) -> None:
        self.heard.keep(self.key, marks)


def warm_up(codec: str) -> int | None:
    """How many packets FFmpeg's decoder has to be given before those that count; None where no number is enough."""
    return 1 if codec.startswith("pcm_") else _WARM_UP.get(codec)
