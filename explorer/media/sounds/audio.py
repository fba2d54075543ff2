"""Sounds: load whatever a person brings, make it fit a tokenizer, and turn samples back into a file.

Every step that changes what is heard is said in `LoadedAudio.notes`. Every failure is a MediaError of one plain line.
Letters of the shapes: S samples, C channels.
"""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.caps import more
from explorer.media.pictures.opening import bytes_of
from explorer.media.sniffing import kind_of
from explorer.media.sounds.decoders import MOST_CHANNELS, SHARE_OF_A_SAMPLE, check_claims, share_read
from explorer.media.sounds.heard import Heard
from explorer.media.sounds.oddities import LAST_BIT, oddity_notes
from explorer.media.sounds.reading import SoundReading, read_sound

DEFAULT_LIMITS = Limits()
READABLE = "WAV, FLAC, Ogg, MP3, AIFF, M4A, AAC, or the sound of an MP4, WebM or AVI"
LOUDEST = 1.5  # peaks above are turned down to 1; decoders of lossy files overshoot full scale by less
CANCELLED = 10 ** (-20 / 20)  # the average of channels is called quiet below this share of their loudness: -20 dB


@dataclass(frozen=True)
class Excerpt:
    """The seconds of a longer sound that were read. of_s: how long that is, None where its file does not say.
    goes_on: whether anything stands behind them. most_s: how much is read at a time."""

    from_s: float
    to_s: float
    of_s: float | None
    goes_on: bool
    most_s: float


@dataclass(frozen=True)
class LoadedAudio:
    """samples: (S, C) float32 in about [-1, 1]. notes: what was done on the way in, in plain words. excerpt: what was
    read of a longer sound, None where that is all of it."""

    samples: np.ndarray
    sample_rate_hz: int
    notes: tuple[str, ...] = ()
    excerpt: Excerpt | None = None

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or 0 in self.samples.shape or self.samples.dtype != np.float32:
            raise MediaError(f"A loaded sound is (S, C) float32, got {self.samples.shape} {self.samples.dtype}.")

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate_hz


def load_audio(
    source: Path | str | bytes | np.ndarray,
    limits: Limits = DEFAULT_LIMITS,
    sample_rate_hz: int | None = None,
    from_s: float = 0.0,
    heard: Heard | None = None,
) -> LoadedAudio:
    """A file, its bytes, or an array (S,) or (S, C) at `sample_rate_hz` -> LoadedAudio at its own rate.

    What lies before the second `from_s` of a file, and after `limits.audio_seconds` from there, is left out. heard:
    given again with the same file, it lets what was decoded before be passed over. Raises MediaError with what was
    wrong and what to do.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, limits, sample_rate_hz)
    data = bytes_of(source, limits, "sound")
    kind = kind_of(data)
    if kind is None or kind.opener == "pillow":
        what = "a picture" if kind else "not a sound that can be read here"
        raise MediaError(f"This file is {what}. Give {READABLE}.")
    return _joined(read_sound(data, kind, limits.audio_seconds, from_s, heard), limits)


def fit_audio(
    audio: LoadedAudio, sample_rate_hz: int, channels: int, multiple: int, shortest: int, cut_end: bool = False
) -> LoadedAudio:
    """The sound with that rate and number of channels, its length a multiple of `multiple` and at least `shortest`.

    In this order: channels are averaged to one, or one is repeated; resampled (polyphase, anti-aliased); the end is
    filled with silence, so that the last, begun token counts as in the original codecs: 441,000 samples at 512 a token
    are 862 tokens (github.com/descriptinc/descript-audio-codec, `preprocess`). cut_end: it is cut away instead.
    """
    notes, samples = list(audio.notes), audio.samples
    samples = _with_channels(samples, channels, notes)
    if audio.sample_rate_hz != sample_rate_hz:
        samples = _resampled(samples, audio.sample_rate_hz, sample_rate_hz)
        notes.append(f"Resampled from {audio.sample_rate_hz:,} to {sample_rate_hz:,} Hz.")
    have = len(samples)
    wanted = -(-max(have, shortest, 1) // multiple) * multiple
    if cut_end and have >= max(shortest, multiple):
        wanted = have // multiple * multiple
    if wanted < have:
        cut_ms = 1000 * (have - wanted) / sample_rate_hz
        samples = samples[:wanted]
        notes.append(
            f"The last {cut_ms:,.1f} ms cut off, as the original does: {have:,} become {wanted:,} samples, a multiple "
            f"of {multiple:,}; what is decoded is as long."
        )
    if wanted > have:
        samples = np.pad(samples, ((0, wanted - have), (0, 0)))
        if have < shortest:
            notes.append(f"Too short: silence added from {have:,} to {wanted:,} samples.")
        else:
            notes.append(
                f"The end filled with {1000 * (wanted - have) / sample_rate_hz:,.1f} ms of silence: {have:,} become "
                f"{wanted:,} samples, a multiple of {multiple:,}; what is decoded is as long."
            )
    return LoadedAudio(np.ascontiguousarray(samples, np.float32), sample_rate_hz, tuple(notes), audio.excerpt)


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
    check_claims(int(sample_rate_hz), block.shape[1])
    most = int(limits.audio_seconds * sample_rate_hz)
    runs = [(int(sample_rate_hz), block[: most + 1])] if len(block) else []
    return _joined(SoundReading(runs, [], len(block) > most, len(block) / sample_rate_hz), limits)


def _joined(read: SoundReading, limits: Limits) -> LoadedAudio:
    """What was read, checked and made one: what comes later with another rate is made like the beginning."""
    if not read.runs and read.passed_s:
        raise MediaError(
            f"The sound ends after {_told(read.passed_s)} s: nothing stands where the excerpt should begin."
        )
    if not read.runs:
        raise MediaError("The sound has no samples: there is nothing in it.")
    (rate, first), notes = read.runs[0], list(read.notes)
    kept = [first]
    for later_rate, samples in read.runs[1:]:
        if (later_rate, samples.shape[1]) != (rate, first.shape[1]):
            notes.append(
                f"From {read.passed_s + sum(map(len, kept)) / rate:.2f} s on it has {later_rate:,} Hz and "
                f"{samples.shape[1]} channels: made like its beginning, which has {rate:,} Hz and {first.shape[1]}."
            )
            samples = _with_channels(samples, first.shape[1], [])
        kept.append(samples if later_rate == rate else _resampled(samples, later_rate, rate))
    samples = np.concatenate(kept) if len(kept) > 1 else first
    if not np.isfinite(samples).all():
        raise MediaError("The sound holds NaN or infinite samples. Replace them and try again.")
    most_s = limits.audio_seconds * share_read(rate, samples.shape[1])
    samples = samples[: int(most_s * rate + SHARE_OF_A_SAMPLE)] if read.capped else samples
    excerpt = _excerpt(read, len(samples) / rate, most_s)
    if excerpt:
        notes.append(_excerpt_words(excerpt))
    notes += oddity_notes(samples, rate)
    peak = float(np.abs(samples).max())
    if peak > LOUDEST:
        samples = samples / np.float32(peak)
        notes.append(f"Louder than full scale (peak {peak:.3g}): turned down to 1.")
    elif peak > 1 + LAST_BIT:
        notes.append(f"Peaks reach {peak:.3f} of full scale: tokenized as they are, clipped where they are played.")
    return LoadedAudio(np.ascontiguousarray(samples, np.float32), rate, tuple(notes), excerpt)


def _excerpt(read: SoundReading, seconds: float, most_s: float) -> Excerpt | None:
    """What was read, if that is not the whole sound. seconds: how long it is, of `most_s` at most."""
    if not read.capped and not read.passed_s:
        return None
    end = read.passed_s + seconds
    of = end if not read.capped else read.promised_s if (read.promised_s or 0) > end else None
    return Excerpt(read.passed_s, end, of, read.capped, most_s)


def _excerpt_words(excerpt: Excerpt) -> str:
    of = f" of {_told(excerpt.of_s)} s" if excerpt.of_s else ""
    way_out = more("seconds", excerpt.of_s or 2 * excerpt.to_s)
    if not excerpt.from_s:
        return f"Only the first {_told(excerpt.to_s)} s{of} are read. {way_out}"
    return (
        f"Only {_told(excerpt.from_s)} to {_told(excerpt.to_s)} s{of} are read, as a sound of its own: its first "
        f"tokens may be others than in the whole, where something stands before them. {way_out}"
    )


def _told(seconds: float) -> str:
    """ "12,345.68" or "30"; of little more digits: "0.001234"."""
    return f"{seconds:,.2f}".rstrip("0").rstrip(".") if seconds >= 1 else f"{seconds:.4g}"


def _with_channels(samples: np.ndarray, channels: int, notes: list[str]) -> np.ndarray:
    have = samples.shape[1]
    if have == channels:
        return samples
    if have > 1:
        samples = mix_to_mono(samples, notes)
    if channels > 1:
        samples = np.repeat(samples, channels, axis=1)
        notes.append(f"One channel repeated over {channels}.")
    return samples


def mix_to_mono(samples: np.ndarray, notes: list[str]) -> np.ndarray:
    """(S, C) -> (S, 1), the mean of the channels; a note says so, and what it loses where channels cancel."""
    mean = samples.mean(1, keepdims=True)
    notes.append(f"{samples.shape[1]} channels averaged to one.")
    loudness, left = (float(np.sqrt(np.square(one, dtype=np.float64).mean())) for one in (samples, mean))
    rounded = float(np.abs(mean).max()) <= LAST_BIT  # of channels that were rounded to 16 bits, one by one
    if loudness and (left <= LAST_BIT * loudness or (rounded and left < CANCELLED * loudness)):
        notes.append("The channels cancel each other (antiphase): their average is silence.")
    elif left < CANCELLED * loudness:
        quieter = -20 * math.log10(left / loudness)
        notes.append(f"The channels nearly cancel each other: their average is {quieter:.0f} dB quieter than they are.")
    return mean


def _resampled(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    from scipy.signal import resample_poly  # lazy: scipy.signal costs a third of a second

    shared = math.gcd(from_hz, to_hz)
    return resample_poly(samples.astype(np.float64), to_hz // shared, from_hz // shared, axis=0).astype(np.float32)
