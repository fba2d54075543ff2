"""Pictures of what is no picture: a sound as its spectrogram, a clip as a mosaic of frames, tokens in their places.

`depict` turns a record of either into a record of a picture, so that every view of pictures and patches shows it too.
Figures of merit are never taken from such a picture: a sound has its own (`analysis.sound_fidelity`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from explorer.foundation.colormaps import colormap
from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenLayout, TokenLevel, TokenRecord

MEL_BANDS = 128  # rows of a spectrogram, one pixel each
WIDTH_PX = 768  # about; a token takes a whole number of columns
WINDOW_S = 0.046  # 1,024 samples at 22.05 kHz
FLOOR_DB = -80.0  # below the loudest point of the medium


def depict(record: TokenRecord) -> TokenRecord:
    """A record of a picture with the same tokens: the record itself for pictures.

    Sound (samples, C): a log-mel spectrogram, media and reconstruction on one scale; a level of T tokens is grid2d
    (1, T). Clips (frames, H, W, 3): the middle frame of each step of tokens, side by side; a level of (T, rows,
    columns) tokens is grid2d over the mosaic, so its positions are numbered anew (`mosaic_order` says how).
    Raises RecordError for other modalities.
    """
    if record.modality == "image":
        return record
    if record.modality == "audio":
        return _depict_sound(record)
    if record.modality == "video":
        return _depict_clip(record)
    raise RecordError(f"there is no picture of {record.modality}")


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


def mosaic_shape(steps: int) -> tuple[int, int]:
    """Rows and columns of a mosaic of `steps` frames without an empty place, as near to a square as can be."""
    rows = max(n for n in range(1, math.isqrt(steps) + 1) if steps % n == 0)
    return rows, steps // rows


def mosaic(cells: np.ndarray) -> np.ndarray:
    """(T, h, w, ...) -> (rows h, columns w, ...), the cells in reading order."""
    rows, columns = mosaic_shape(len(cells))
    height, width, *rest = cells.shape[1:]
    placed = cells.reshape(rows, columns, height, width, *rest).swapaxes(1, 2)
    return placed.reshape(rows * height, columns * width, *rest)


def mosaic_order(shape: tuple[int, int, int]) -> np.ndarray:
    """Flat positions of (T, rows, columns) tokens in the mosaic's order: picture token i is clip token order[i]."""
    return mosaic(np.arange(math.prod(shape)).reshape(shape)).reshape(-1)


def clip_picture(frames: np.ndarray, layout: TokenLayout) -> np.ndarray:
    """frames (F, H, W, 3) -> the middle frame of each step of a grid3d layout, side by side."""
    regions = [layout.region(t * math.prod(layout.shape[1:]))[0] for t in range(layout.shape[0])]  # type: ignore[index]
    return mosaic(frames[[(region.start + region.stop - 1) // 2 for region in regions]])


def _depict_sound(record: TokenRecord) -> TokenRecord:
    rate = float(record.sample_rate_hz or 0)
    if rate <= 0:
        raise RecordError("the record of a sound needs its sample rate")
    width = width_of(max(level.layout.num_tokens for level in record.levels))
    before = spectrogram_db(record.media, rate, width)
    after = spectrogram_db(record.reconstruction, rate, width)
    levels = tuple(_relaid(level, (1, level.layout.num_tokens), (MEL_BANDS, width)) for level in record.levels)
    pixels, decoded = (sound_pixels(db, float(before.max())) for db in (before, after))
    return replace(record, media=pixels, reconstruction=decoded, levels=levels, modality="image", sample_rate_hz=None)


def _depict_clip(record: TokenRecord) -> TokenRecord:
    layout = record.levels[0].layout
    pixels, decoded = (clip_picture(frames, layout) for frames in (record.media, record.reconstruction))
    levels = []
    for level in record.levels:
        order = mosaic_order(level.layout.shape)  # type: ignore[arg-type]
        rows, columns = mosaic_shape(level.layout.shape[0])
        shape = (rows * level.layout.shape[1], columns * level.layout.shape[2])
        moved = replace_arrays(level, order, TokenLayout("grid2d", shape, pixels.shape[:2]))
        levels.append(moved)
    return replace(record, media=pixels, reconstruction=decoded, levels=tuple(levels), modality="image")


def replace_arrays(level: TokenLevel, order: np.ndarray, layout: TokenLayout) -> TokenLevel:
    """The level's tokens in another order and layout."""
    indices = level.indices.reshape(-1)[order].reshape(layout.shape)
    return TokenLevel(indices, level.z_e[order], level.z_q[order], level.codebook, layout)


def _relaid(level: TokenLevel, shape: tuple[int, int], media_shape: tuple[int, int]) -> TokenLevel:
    layout = TokenLayout("grid2d", shape, media_shape)
    return TokenLevel(level.indices.reshape(shape), level.z_e, level.z_q, level.codebook, layout)
