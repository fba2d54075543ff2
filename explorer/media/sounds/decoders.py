"""The two decoders of sound, libsndfile and FFmpeg, and what each could make of a file. `sounds/reading.py` decides.

Letters of the shapes: S samples, C channels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.media.clips.containers import Packets, open_stream
from explorer.media.sniffing import Kind
from explorer.media.sounds.heard import Mark, Marks, Place, warm_up
from explorer.media.sounds.mpeg_audio import counted_seconds, states_its_length

if TYPE_CHECKING:
    import soundfile
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.stream import Stream

RATES_HZ = (1_000, 384_000)  # what a sound may claim
MOST_CHANNELS = 8
MOST_VALUES_A_SECOND = 192_000 * 8  # above that the time that is read grows shorter
BLOCK = 2**16
SAME_S = 0.1  # decodes that differ by less agree
SHARE_OF_A_SAMPLE = 1e-3  # seconds of blocks sum up to a little more or less than whole samples
EXACT_S = 0.002  # of files whose header counts samples
# Frames that fail their checksum would be heard as noise; codecs that lose nothing have one.
_CHECKED = {"err_detect": "crccheck+explode"}
_WITH_CHECKSUMS = ("flac", "wavpack", "tta")
# Containers whose header does not say how long they are: FFmpeg's duration is a guess from their size.
_GUESSED = ("aac", "loas", "ac3", "eac3", "dts", "amr", "mpegts", "mpeg", "flv")
_DELAYED = ("aac", "mp3", "mp2", "mp1")  # and names that begin so: their encoders begin with near silence
# Whose subtype is that of the samples that come out; with _SOUGHT, where it finds any sample exactly.
_PACKED = ("FLAC",)
_SOUGHT = ("VORBIS",)
_PLAIN = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")  # libsndfile's names of samples that are stored one by one
_GAP_S = 0.05  # a jump of the time stamps that is no rounding
_SCALES = {"u8": 2**7, "s16": 2**15, "s32": 2**31, "flt": 1, "dbl": 1, "s64": 2**63}


@dataclass
class SoundRuns:
    """runs: (S, C) float32 of one rate and number of channels each; most sounds are one run.

    passed_s: of the beginning that was not wanted and is not in `runs`. promised_s: how long the header says it is,
    where it does; counted: its frames do, one by one. missing_s: jumps of its time stamps. packets, damaged: of FFmpeg.
    gave_up: the decoder could not go on to the end. capped: the limit ended it. unmarked: what the encoder added at
    both ends may still be there. exact: the header counts samples, and nothing is added.
    """

    runs: list[tuple[int, np.ndarray]] = field(default_factory=list)
    passed_s: float = 0.0
    promised_s: float | None = None
    counted: bool = False
    missing_s: float = 0.0
    packets: int = 0
    damaged: int = 0
    gave_up: bool = False
    capped: bool = False
    unmarked: bool = False
    exact: bool = False

    @property
    def seconds(self) -> float:
        return self.passed_s + sum(len(samples) / rate for rate, samples in self.runs)

    @property
    def short(self) -> bool:
        """Whether less came out than was promised; encoders round by a frame or two where they do not count samples."""
        promised = self.promised_s or 0.0
        slack = EXACT_S if self.exact else max(SAME_S, 0.01 * promised)
        return not self.capped and promised - self.seconds > slack

    @property
    def clean(self) -> bool:
        """Whether everything went well."""
        return self.seconds > 0 and not (self.gave_up or self.damaged or self.missing_s or self.short)


class _Bytes(io.BytesIO):
    """A file in memory. Headers that lie have libsndfile seek before its beginning, which it must hear as a failure."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError, OSError):
            return self.tell()  # the wrong place, as libsndfile will see


class _Runs:
    """Collects blocks from a second on until the limit, and joins those of one rate and number of channels."""

    def __init__(self, most_seconds: float, from_s: float) -> None:
        self.left_s, self._from_s, self._passed, self._runs = most_seconds, from_s, {}, []

    @property
    def passed_s(self) -> float:
        """Of samples counted by rate: seconds that were added up would be 29.999... where 30 are meant."""
        return sum(samples / rate_hz for rate_hz, samples in self._passed.items())

    def pass_over(self, rate_hz: int, samples: int) -> None:
        """Samples at the beginning that need not be decoded, up to where a block begins."""
        self._passed[rate_hz] = self._passed.get(rate_hz, 0) + samples

    def add(self, rate_hz: int, block: np.ndarray) -> bool:
        """False once the limit is passed: one sample more is kept, so that the caller knows."""
        check_claims(rate_hz, block.shape[1])
        if not self._runs:  # where it begins is rounded once, also where another rate follows
            passed = min(len(block), max(0, round((self._from_s - self.passed_s) * rate_hz)))
            self._passed[rate_hz] = self._passed.get(rate_hz, 0) + passed
            block = block[passed:]
        fair = share_read(rate_hz, block.shape[1])
        room = int(self.left_s * fair * rate_hz + SHARE_OF_A_SAMPLE) + 1
        kept = block[:room]
        if len(kept):
            if not self._runs or self._runs[-1][:2] != (rate_hz, block.shape[1]):
                self._runs.append((rate_hz, block.shape[1], []))
            self._runs[-1][2].append(kept)
            self.left_s -= len(kept) / rate_hz / fair
        return len(block) < room

    def joined(self) -> list[tuple[int, np.ndarray]]:
        return [(rate, np.concatenate(blocks)) for rate, _, blocks in self._runs]


def share_read(sample_rate_hz: int, channels: int) -> float:
    """Of the time that may be read, how much is of such a sound: all of it, or less where a second holds too much."""
    return min(1.0, MOST_VALUES_A_SECOND / (sample_rate_hz * channels))


def check_claims(sample_rate_hz: int, channels: int) -> None:
    """Raise MediaError for a rate or a number of channels that no sound here has."""
    low, high = RATES_HZ
    if not low <= sample_rate_hz <= high:
        raise MediaError(f"The sound claims {sample_rate_hz:,} samples a second; {low:,} to {high:,} can be read.")
    if not 1 <= channels <= MOST_CHANNELS:
        raise MediaError(f"The sound has {channels} channels; 1 to {MOST_CHANNELS} can be read. Mix it down first.")


def by_libsndfile(data: bytes, kind: Kind, most_seconds: float, from_s: float, place: Place) -> SoundRuns:
    """What libsndfile decodes from that second on; nothing where it cannot read the header. place: of this file.

    Raises MediaError for its claims.
    """
    try:
        import soundfile  # lazy: loads libsndfile
    except (ImportError, OSError) as error:  # OSError: the package without its library
        raise MediaError(f"{kind.name} files need the package soundfile. Install it: pip install soundfile.") from error
    found, runs = SoundRuns(), _Runs(most_seconds, from_s)
    try:
        file = soundfile.SoundFile(_Bytes(data))
    except Exception:  # headers are damaged in many ways, and FFmpeg may know better
        return found
    with file:
        check_claims(file.samplerate, file.channels)
        found.promised_s = file.frames / file.samplerate
        found.exact = file.subtype.startswith(_PLAIN)
        done = _seek(file, from_s, place)
        runs.pass_over(file.samplerate, done)
        while True:
            try:
                block = file.read(BLOCK, dtype="float32", always_2d=True)  # (S, C)
            except Exception:  # as of headers
                found.gave_up = True
                break
            done += len(block)
            if not runs.add(file.samplerate, block):
                found.capped = True
                break
            if len(block) < BLOCK:
                break
        rate = file.samplerate
    found.runs, found.passed_s = runs.joined(), runs.passed_s
    found.gave_up |= not found.capped and round((found.promised_s - found.seconds) * rate) > 0
    if not found.gave_up:
        place.keep([Mark(rate, done)])
    return found


def _seek(file: soundfile.SoundFile, from_s: float, place: Place) -> int:
    """Go to the last whole block before a second that can be reached by the sample; how many samples lie before it."""
    wanted = min(round(from_s * file.samplerate), file.frames)
    if file.format in _PACKED or not file.subtype.startswith(_PLAIN):
        known = place.last() if file.format in _PACKED or file.subtype in _SOUGHT else None
        wanted = min(wanted, known.samples) if known else 0
    wanted = wanted // BLOCK * BLOCK
    try:
        return file.seek(wanted) if wanted > 0 else 0
    except Exception:  # headers that lie: what cannot be found is decoded
        return file.seek(0)


def by_ffmpeg(data: bytes, kind: Kind, most_seconds: float, from_s: float, place: Place) -> SoundRuns:
    """What FFmpeg decodes of the first sound from that second on. place: of this file.

    Raises MediaError for a header it cannot read, and for its claims.
    """
    found, runs = SoundRuns(), _Runs(most_seconds, from_s)
    with open_stream(data, kind, "audio") as (container, stream):
        if stream.codec_context.name in _WITH_CHECKSUMS:
            stream.codec_context.options = _CHECKED
        found.counted = kind.container == "mp3" and not states_its_length(data)
        found.promised_s = counted_seconds(data) if found.counted else _promised(container, stream, kind)
        ahead = warm_up(stream.codec_context.name)
        mark = None if ahead is None else place.before(from_s)
        if mark is not None:
            runs.pass_over(mark.rate_hz, mark.samples)
        packets, until, marks = Packets(container, stream, kind), None, Marks(mark)
        for frame in packets.frames(mark.packets if mark else 0, ahead or 0):
            if mark is not None and packets.all <= mark.packets:  # it only warms up the decoder
                until = _ends(frame)
                continue
            block = floats_of(frame)
            if until is None:
                block = block[_opus_surplus(stream, packets) :]
            if until is not None and frame.time is not None and frame.time - until > _GAP_S:
                found.missing_s += frame.time - until
            until = _ends(frame)
            if ahead is not None and not packets.damaged and not found.missing_s:
                marks.add(packets.all, frame.sample_rate, len(block))
            if not runs.add(frame.sample_rate, block):
                found.capped = True
                break
        place.keep(marks.found)
        found.packets, found.damaged = packets.all, packets.damaged
        name = stream.codec_context.name
        found.exact = (name.startswith("pcm_") and kind.container != "voc") or name in _WITH_CHECKSUMS
        found.unmarked = name.startswith(_DELAYED) and not packets.skipped
    found.runs, found.passed_s = runs.joined(), runs.passed_s
    return found


def _ends(frame: AudioFrame) -> float | None:
    """The second at which a frame ends by its time stamp."""
    return None if frame.time is None else frame.time + frame.samples / frame.sample_rate


def floats_of(frame: AudioFrame) -> np.ndarray:
    """The samples of a frame of PyAV, (S, C) float32 in about [-1, 1]."""
    name = frame.format.name.removesuffix("p")
    array = frame.to_ndarray()  # (C, S), or (1, S C) where channels lie side by side
    array = array.T if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels)
    if name == "u8":
        array = array.astype(np.float32) - 128
    return (array / _SCALES[name]).astype(np.float32)


def _promised(container: InputContainer, stream: Stream, kind: Kind) -> float | None:
    """How long the header says the sound is; None where it says nothing that can be relied on."""
    if kind.container in _GUESSED:
        return None
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    alone = len(container.streams.get()) == 1  # else the duration may be that of the pictures
    return container.duration / 1e6 if alone and container.duration else None


def _opus_surplus(stream: Stream, packets: Packets) -> int:
    """Samples at the beginning that belong to the encoder's start and that FFmpeg leaves standing.

    It counts them at the rate that the container names, which may be that of the sound before it was encoded, while
    Opus decodes at 48,000 Hz (RFC 7845, 5.1: bytes 10 and 11 of the codec's header).
    """
    head = stream.codec_context.extradata or b""
    return max(0, int.from_bytes(head[10:12], "little") - packets.skipped) if head.startswith(b"OpusHead") else 0
