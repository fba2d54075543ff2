"""How far a decoded sound is from its original: SNR, SI-SDR, log-mel distance. Sounds are (S, C) at one rate.

Channels count as one signal after another. None of these says how good it sounds: a decoder that makes the right noise
with other phases has an SNR near 0 dB and a small log-mel distance. Figures are of the decode moved back by its delay
(see `sound_delay`), over the samples that both have then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.media.quality.sound_delay import NO_DELAY, Delay, moved_back, overlap
from explorer.media.sounds.spectrogram import FLOOR_DB, WINDOW_S, mel_filters

MEL_BANDS = 80
HOPS = 4  # frames that overlap at a sample
_FRAMES = 512  # transformed at a time: bounds the memory of a long sound


@dataclass(frozen=True)
class SoundQuality:
    """snr_db, si_sdr_db: inf for identical sounds, None where none is defined (silence). log_mel_db: 0 if identical.

    max_error: the largest difference of two samples; full scale is 1. These are of the decode moved back by `delay`;
    raw_snr_db, raw_si_sdr_db: of the decode as it came, over the whole sound.
    """

    snr_db: float | None
    si_sdr_db: float | None
    log_mel_db: float
    max_error: float
    raw_snr_db: float | None
    raw_si_sdr_db: float | None
    delay: Delay = NO_DELAY


def sound_quality(
    sound: np.ndarray, decoded: np.ndarray, sample_rate_hz: float, delay: Delay = NO_DELAY
) -> SoundQuality:
    """All figures at once, of the decode moved back by that delay. Raises RecordError for sounds of different shapes,
    and for a delay that leaves nothing of them."""
    _both(sound, decoded)
    part = overlap(len(sound), delay.samples)
    return aligned_quality(sound, decoded, moved_back(decoded, delay.samples), part, sample_rate_hz, delay)


def aligned_quality(
    sound: np.ndarray, raw: np.ndarray, aligned: np.ndarray, part: slice, sample_rate_hz: float, delay: Delay
) -> SoundQuality:
    """All figures of a decode as it came, and of it moved back already; part: the samples that both have then."""
    first, second = _both(sound[part], aligned[part])
    signal_to_noise, scale_free = snr_db(first, second), si_sdr_db(first, second)
    still = delay.samples == 0
    return SoundQuality(
        signal_to_noise,
        scale_free,
        log_mel_distance_db(first, second, sample_rate_hz),
        float(np.abs(first - second).max()),
        signal_to_noise if still else snr_db(sound, raw),
        scale_free if still else si_sdr_db(sound, raw),
        delay,
    )


def snr_db(sound: np.ndarray, decoded: np.ndarray) -> float | None:
    """Signal-to-noise ratio 10 log10(|x|^2 / |x - y|^2); -inf for a silent original, None if both are silent."""
    first, second = _both(sound, decoded)
    return _ratio_db(np.square(first).sum(), np.square(first - second).sum())


def si_sdr_db(sound: np.ndarray, decoded: np.ndarray) -> float | None:
    """Scale-invariant signal-to-distortion ratio of Le Roux et al. 2019 (https://arxiv.org/abs/1811.02508), eq. 3.

    The decoded sound is split into its projection on the original and the rest; the ratio of their energies says how
    good the decode is at whatever volume. None where the original or the decode is silent, and for a single sample,
    which every other one is at some volume.
    """
    first, second = _both(sound, decoded)
    energy = float(np.square(first).sum())
    if energy == 0 or not second.any() or first.size == 1:
        return None
    target = (first * second).sum() / energy * first
    return _ratio_db(np.square(target).sum(), np.square(second - target).sum())


def log_mel_distance_db(sound: np.ndarray, decoded: np.ndarray, sample_rate_hz: float) -> float:
    """Mean absolute difference in dB of two log-mel spectrograms, over bands, frames and channels.

    80 bands up to half the rate, Hann windows of 46 ms at every quarter of a window, both floored 80 dB below the
    loudest point of the original (without a floor, silence that is not quite silent would decide it).
    """
    first, second = _both(sound, decoded)
    powers = [_mel_powers(one, sample_rate_hz) for one in (first, second)]
    floor = powers[0].max() * 10 ** (FLOOR_DB / 10) or 1e-12
    a, b = (10 * np.log10(np.maximum(power, floor)) for power in powers)
    return float(np.abs(a - b).mean())


def _mel_powers(signal: np.ndarray, sample_rate_hz: float) -> np.ndarray:
    """(S, C) -> (C, frames, MEL_BANDS). Half a window of silence stands before and after."""
    window = max(64, round(WINDOW_S * sample_rate_hz))
    hop = window // HOPS
    filters = mel_filters(MEL_BANDS, window, sample_rate_hz).T  # (bins, bands)
    padded = np.pad(signal.T, ((0, 0), (window // 2, window // 2 + hop)))  # (C, S')
    frames = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1)[:, ::hop]  # (C, frames, window)
    taper = np.hanning(window)
    parts = [
        np.square(np.abs(np.fft.rfft(frames[:, start : start + _FRAMES] * taper, axis=2))) @ filters
        for start in range(0, frames.shape[1], _FRAMES)
    ]
    return np.concatenate(parts, axis=1)


def _both(sound: np.ndarray, decoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two as float64. Raises RecordError unless both are of one shape (S, C)."""
    if np.shape(sound) != np.shape(decoded) or np.ndim(sound) != 2 or 0 in np.shape(sound):
        raise RecordError(
            f"sounds to compare need one shape (samples, channels), got {np.shape(sound)} and {np.shape(decoded)}"
        )
    return np.asarray(sound, np.float64), np.asarray(decoded, np.float64)


def _ratio_db(signal: float, noise: float) -> float | None:
    if signal == 0:
        return None if noise == 0 else -math.inf
    return math.inf if noise == 0 else 10 * math.log10(signal / noise)
