"""Sounds: load whatever a person brings, make it fit a tokenizer, and turn samples back into a file.

Every step that changes what is heard is said in `LoadedAudio.notes`. Every failure is a MediaError of one plain line.
Letters of the shapes: S samples, C channels.
"""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.config import Limits
from explorer.errors import MediaError
from explorer.media.containers import audio_blocks
from explorer.media.opening import bytes_of
from explorer.media.sniffing import Kind, kind_of

DEFAULT_LIMITS = Limits()
READABLE = "WAV, FLAC, Ogg, MP3, AIFF, M4A, AAC, or the sound of an MP4, WebM or AVI"
RATES_HZ = (1_000, 384_000)  # what a sound may claim
MOST_CHANNELS = 8
LOUDEST = 1.5  # peaks above are turned down to 1; decoders of lossy files overshoot full scale by less
BLOCK = 2**16


@dataclass(frozen=True)
class LoadedAudio:
    """samples: (S, C) float32 in about [-1, 1]. notes: what was done on the way in, in plain words."""

    samples: np.ndarray
    sample_rate_hz: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or 0 in self.samples.shape or self.samples.dtype != np.float32:
            raise MediaError(f"A loaded sound is (S, C) float32, got {self.samples.shape} {self.samples.dtype}.")

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate_hz


def load_audio(
    source: Path | str | bytes | np.ndarray, limits: Limits = DEFAULT_LIMITS, sample_rate_hz: int | None = None
) -> LoadedAudio:
    """A file, its bytes, or an array (S,) or (S, C) at `sample_rate_hz` -> LoadedAudio at its own rate.

    What lies after `limits.audio_seconds` is left out. Raises MediaError with what was wrong and what to do.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, limits, sample_rate_hz)
    data = bytes_of(source, limits, "sound")
    kind = kind_of(data)
    if kind is None or kind.opener == "pillow":
        what = "a picture" if kind else "not a sound that can be read here"
        raise MediaError(f"This file is {what}. Give {READABLE}.")
    _check_whole(data, kind)
    blocks = _soundfile_blocks(data, kind) if kind.opener == "soundfile" else audio_blocks(data, kind)
    return _collected(blocks, kind, limits)


def fit_audio(audio: LoadedAudio, sample_rate_hz: int, channels: int, multiple: int, shortest: int) -> LoadedAudio:
    """The sound with that rate and number of channels, its length a multiple of `multiple` and at least `shortest`.

    In this order: channels are averaged to one, or one is repeated; resampled (polyphase, anti-aliased); silence is
    added to what is too short; the end is cut away.
    """
    notes, samples = list(audio.notes), audio.samples
    samples = _with_channels(samples, channels, notes)
    if audio.sample_rate_hz != sample_rate_hz:
        samples = _resampled(samples, audio.sample_rate_hz, sample_rate_hz)
        notes.append(f"Resampled from {audio.sample_rate_hz:,} to {sample_rate_hz:,} Hz.")
    least = -(-max(shortest, 1) // multiple) * multiple
    if len(samples) < least:
        notes.append(f"Too short: silence added from {len(samples):,} to {least:,} samples.")
        samples = np.pad(samples, ((0, least - len(samples)), (0, 0)))
    length = len(samples) // multiple * multiple
    if length < len(samples):
        cut = (len(samples) - length) / sample_rate_hz
        notes.append(f"The last {cut * 1000:,.0f} ms cut off (the length is a multiple of {multiple:,} samples).")
    return LoadedAudio(np.ascontiguousarray(samples[:length], np.float32), sample_rate_hz, tuple(notes))


def wav_bytes(samples: np.ndarray, sample_rate_hz: int) -> bytes:
    """(S,) or (S, C) floats in [-1, 1] (clipped, rounded to 16 bits) -> the bytes of a WAV file.

    Raises MediaError for other shapes and for NaN.
    """
    samples = np.asarray(samples)
    samples = samples[:, None] if samples.ndim == 1 else samples
    if samples.ndim != 2 or 0 in samples.shape:
        raise MediaError(f"An array of shape {samples.shape} is not a sound; (S,) or (S, C) is.")
    if np.isnan(samples).any():
        raise MediaError("The sound holds NaN values and cannot be written.")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(int(sample_rate_hz))
        file.writeframes(np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def _from_array(array: np.ndarray, limits: Limits, sample_rate_hz: int | None) -> LoadedAudio:
    if sample_rate_hz is None:
        raise MediaError("An array of samples needs its sample rate.")
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= MOST_CHANNELS):
        raise MediaError(f"An array of shape {array.shape} is not a sound: (S,) or (S, C) is, channels last.")
    if np.issubdtype(array.dtype, np.floating):
        samples = array.astype(np.float32)
    elif array.dtype in (np.int16, np.int32):
        samples = (array / -float(np.iinfo(array.dtype).min)).astype(np.float32)
    else:
        raise MediaError(f"An array of {array.dtype} is not a sound. Give floats in -1..1, int16 or int32.")
    block = samples if samples.ndim == 2 else samples[:, None]
    return _collected(iter([(int(sample_rate_hz), block)]), Kind("array", "soundfile"), limits)


def _soundfile_blocks(data: bytes, kind: Kind) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (sample_rate_hz, (samples, C) float32) with libsndfile. Raises MediaError for damage."""
    import soundfile

    try:
        file = soundfile.SoundFile(io.BytesIO(data))
    except Exception as error:  # headers are damaged in many ways, and all mean the same to the visitor
        raise MediaError(
            f"This {kind.name} file is damaged or cut short: its header cannot be read. Choose another file."
        ) from error
    with file:
        _check_claims(file.samplerate, file.channels)
        while True:
            try:
                block = file.read(BLOCK, dtype="float32", always_2d=True)  # (samples, C)
            except Exception as error:
                raise MediaError(
                    f"This {kind.name} file is damaged or cut short: it cannot be decoded to the end. "
                    "Choose another file."
                ) from error
            if len(block):
                yield file.samplerate, block
            if len(block) < BLOCK:
                if kind.name == "FLAC" and file.tell() < file.frames:
                    raise MediaError("This FLAC file is damaged or cut short: its end is missing. Choose another file.")
                return


def _check_claims(sample_rate_hz: int, channels: int) -> None:
    low, high = RATES_HZ
    if not low <= sample_rate_hz <= high:
        raise MediaError(f"The sound claims {sample_rate_hz:,} samples a second; {low:,} to {high:,} can be read.")
    if not 1 <= channels <= MOST_CHANNELS:
        raise MediaError(f"The sound has {channels} channels; 1 to {MOST_CHANNELS} can be read. Mix it down first.")


def _check_whole(data: bytes, kind: Kind) -> None:
    """A WAV or AIFF that ends before its header says is refused; libsndfile would read what is left in silence."""
    if kind.name not in ("WAV", "AIFF") or len(data) < 8 or data[:4] == b"RF64":
        return
    claimed = struct.unpack("<I" if kind.name == "WAV" else ">I", data[4:8])[0]
    if len(data) < claimed + 8 < 2**31:  # programs that write to a pipe claim the most there is
        raise MediaError(f"This {kind.name} file is damaged or cut short: its end is missing. Choose another file.")


def _collected(blocks: Iterator[tuple[int, np.ndarray]], kind: Kind, limits: Limits) -> LoadedAudio:
    """Blocks until the limit, checked and joined."""
    kept, count, most, rate = [], 0, math.inf, 0
    for rate, block in blocks:
        _check_claims(rate, block.shape[1])
        most = int(limits.audio_seconds * rate)
        if not np.isfinite(block).all():
            raise MediaError("The sound holds NaN or infinite samples. Replace them and try again.")
        kept.append(block)
        count += len(block)
        if count > most:
            break
    if not count:
        raise MediaError(f"The sound has no samples: there is nothing in it ({kind.name}).")
    samples, notes = np.concatenate(kept), []
    if count > most:
        samples = samples[:most]
        notes.append(f"Only the first {limits.audio_seconds:g} s are read.")
    peak = float(np.abs(samples).max())
    if peak > LOUDEST:
        samples = samples / np.float32(peak)
        notes.append(f"Louder than full scale (peak {peak:.3g}): turned down to 1.")
    return LoadedAudio(np.ascontiguousarray(samples, np.float32), rate, tuple(notes))


def _with_channels(samples: np.ndarray, channels: int, notes: list[str]) -> np.ndarray:
    have = samples.shape[1]
    if have == channels:
        return samples
    if have > 1:
        samples = samples.mean(1, keepdims=True)
        notes.append(f"{have} channels averaged to one.")
    if channels > 1:
        samples = np.repeat(samples, channels, axis=1)
        notes.append(f"One channel repeated over {channels}.")
    return samples


def _resampled(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    from scipy.signal import resample_poly  # lazy: scipy.signal costs a third of a second

    shared = math.gcd(from_hz, to_hz)
    return resample_poly(samples.astype(np.float64), to_hz // shared, from_hz // shared, axis=0).astype(np.float32)
