"""Pictures of what is no picture: a sound as its spectrogram, a clip as a mosaic of frames, and others.

`depict` turns a record of either into a record of a picture, so that every view of pictures and patches shows it too.
Figures of merit are never taken from such a picture: a sound has its own (`media/quality/sound_fidelity.py`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenLayout, TokenLevel, TokenRecord
from explorer.media.clips.mosaic import mosaic, mosaic_order, mosaic_shape
from explorer.media.graphs.drawing import graph_pixels
from explorer.media.rows.drawing import WIDTH_PX, items_pixels, ranges_of, scale_of, series_pixels
from explorer.media.sounds.spectrogram import MEL_BANDS, sound_pixels, spectrogram_db, width_of


def depict(record: TokenRecord) -> TokenRecord:
    """A record of a picture with the same tokens: the record itself for pictures.

    Sound (samples, C): a log-mel spectrogram, media and reconstruction on one scale; a level of T tokens is grid2d
    (1, T). Clips (frames, H, W, 3): the middle frame of each step of tokens, side by side; a level of (T, rows,
    columns) tokens is grid2d over the mosaic, so its positions are numbered anew (`mosaic_order` says how). Series
    (T, D): a lane for each column, media and reconstruction on one scale; tokens stay where they are. Items (N, D): a
    column of colours each; a level is grid2d (1, N).
    Graphs (E, 3): their nodes and edges; tokens have no place of their own. Raises RecordError for other modalities.
    """
    if record.modality == "image":
        return record
    if record.modality == "audio":
        return _depict_sound(record)
    if record.modality == "video":
        return _depict_clip(record)
    if record.modality == "series":
        return _depict_series(record)
    if record.modality == "graph":
        pixels = graph_pixels(record.media)
        return replace(record, media=pixels, reconstruction=np.zeros_like(pixels), modality="image", names=None)
    if record.modality == "vectors":
        return _depict_items(record)
    raise RecordError(f"there is no picture of {record.modality}")


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


def _depict_items(record: TokenRecord) -> TokenRecord:
    scale = scale_of(record.media, record.reconstruction)
    pixels, decoded = (items_pixels(one, scale) for one in (record.media, record.reconstruction))
    levels = tuple(_relaid(level, (1, level.layout.num_tokens), pixels.shape[:2]) for level in record.levels)
    return replace(record, media=pixels, reconstruction=decoded, levels=levels, modality="image")


LEAST_PX = 4  # that a stretch of tokens is wide


def _depict_series(record: TokenRecord) -> TokenRecord:
    ranges = ranges_of(record.media, record.reconstruction)
    stretches = max(level.layout.shape[1] // level.layout.chunk for level in record.levels)
    width = max(WIDTH_PX, LEAST_PX * stretches)
    pixels, decoded = (series_pixels(one, ranges, width) for one in (record.media, record.reconstruction))
    levels = tuple(
        replace(level, layout=replace(level.layout, media_shape=pixels.shape[:2])) for level in record.levels
    )
    return replace(
        record, media=pixels, reconstruction=decoded, levels=levels, modality="image", columns=(), sample_rate_hz=None
    )


def replace_arrays(level: TokenLevel, order: np.ndarray, layout: TokenLayout) -> TokenLevel:
    """The level's tokens in another order and layout."""
    indices = level.indices.reshape(-1)[order].reshape(layout.shape)
    return TokenLevel(indices, level.z_e[order], level.z_q[order], level.codebook, layout)


def _relaid(level: TokenLevel, shape: tuple[int, int], media_shape: tuple[int, int]) -> TokenLevel:
    layout = TokenLayout("grid2d", shape, media_shape)
    return TokenLevel(level.indices.reshape(shape), level.z_e, level.z_q, level.codebook, layout)
