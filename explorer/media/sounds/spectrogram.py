"""The picture of a sound: its log-mel spectrogram, at most WIDTH_PX wide or so, in viridis.

Figures of merit are never taken from such a picture: a sound has its own (`media/quality/sound_fidelity.py`).
"""

from __future__ import annotations

import math

import numpy as np

from explorer.foundation.colormaps import colormap

MEL_BANDS = 128  # rows of a spectrogram, one pixel each
WIDTH_PX = 768  # about; a token takes a whole number of columns
WINDOW_S = 0.046  # 1,024 samples at 22.05 kHz
FLOOR_DB = -80.0  # below the loudest point of the medium


def spectrogram_db(samples: np.ndarray, sample_rate_hz: float, width_px: int, bands: int = MEL_BANDS) -> np.ndarray:
    """samples (S, C), mixed down -> power in dB (bands, width_px), row 0 the lowest band; not yet floored.

    Column i is the Hann-windowed frame about the middle of its share of the sound. Mel bands after O'Shaughnessy
    (mel = 2595 log10(1 + Hz / 700)), triangles of unit peak.
    """
    mono = np.asarray(samples, np.float64).mean(axis=1)
    window = max(64, round(WINDOW_S * sample_rate_hz))
    centres = (np.arange(width_px) + 0.5) * len(mono) / width_px
    padded = np.pad(mono, window)
    starts = np.round(centres).astype(int) + window - window // 2
    frames = padded[starts[:, None] + np.arange(window)] * np.hanning(window)  # (width, window)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2 / np.square(np.hanning(window)).sum()
    return 10 * np.log10(mel_filters(bands, window, sample_rate_hz) @ power.T + 1e-12)


def mel_filters(bands: int, window: int, sample_rate_hz: float) -> np.ndarray:
    """Triangles (bands, window // 2 + 1) over the bins of a real FFT, evenly spaced in mel up to half the rate."""
    top = 2595 * math.log10(1 + sample_rate_hz / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)  # Hz
    width = np.maximum(np.diff(corners), sample_rate_hz / window)  # no triangle narrower than a bin: none is empty
    bins = np.arange(window // 2 + 1) * sample_rate_hz / window
    rising = 1 - (corners[1:-1, None] - bins) / width[:-1, None]
    falling = 1 - (bins - corners[1:-1, None]) / width[1:, None]
    return np.clip(np.minimum(rising, falling), 0, None)


def sound_pixels(db: np.ndarray, loudest_db: float) -> np.ndarray:
    """dB (bands, width) -> viridis (bands, width, 3) float32 in [0, 1], low notes at the bottom."""
    shade = 1 + (db[::-1] - loudest_db) / -FLOOR_DB
    return colormap("viridis", shade).astype(np.float32) / 255


def sound_picture(samples: np.ndarray, sample_rate_hz: float, width_px: int, loudest_db: float | None = None):
    """samples (S, C) -> (MEL_BANDS, width_px, 3); on its own scale unless the loudest dB of another is given."""
    db = spectrogram_db(samples, sample_rate_hz, width_px)
    return sound_pixels(db, float(db.max()) if loudest_db is None else loudest_db)


def width_of(num_tokens: int) -> int:
    """Columns of a spectrogram with a whole number of columns for each of the finest level's tokens."""
    return num_tokens * max(1, round(WIDTH_PX / num_tokens))
