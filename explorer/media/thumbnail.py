"""A medium as one small square picture, by which it is chosen from a list."""

from __future__ import annotations

import numpy as np

from explorer.media.graphs.drawing import graph_pixels
from explorer.media.graphs.graph import LoadedGraph
from explorer.media.medium import Medium
from explorer.media.pictures.image import LoadedImage, fit
from explorer.media.rows.drawing import items_pixels, ranges_of, scale_of, series_pixels
from explorer.media.rows.items import LoadedItems
from explorer.media.rows.series import LoadedSeries
from explorer.media.sounds.audio import LoadedAudio
from explorer.media.sounds.spectrogram import sound_pixels, spectrogram_db

THUMBNAIL_PX = 80  # shown 40 px wide, on screens of twice as many dots, too
SERIES_LINES = 4  # columns of a series


def thumbnail_pixels(medium: Medium) -> np.ndarray:
    """(THUMBNAIL_PX, THUMBNAIL_PX, 3) float [0, 1]: the middle square of a picture, of a clip's middle frame, of a
    sound's spectrogram, or of what is drawn of the rest."""
    pixels = _drawn(medium)
    side = min(pixels.shape[:2])
    top, left = ((extent - side) // 2 for extent in pixels.shape[:2])
    square = LoadedImage(np.ascontiguousarray(pixels[top : top + side, left : left + side], np.float32))
    return fit(square, 1, THUMBNAIL_PX).pixels


def _drawn(medium: Medium) -> np.ndarray:
    """(H, W, 3), at any size."""
    if isinstance(medium, LoadedAudio):
        db = spectrogram_db(medium.samples, medium.sample_rate_hz, THUMBNAIL_PX, bands=THUMBNAIL_PX)
        return sound_pixels(db, float(db.max()))
    if isinstance(medium, LoadedSeries):
        lines = medium.values[:, : min(SERIES_LINES, medium.values.shape[1])]
        return series_pixels(lines, ranges_of(lines), THUMBNAIL_PX, THUMBNAIL_PX // lines.shape[1])
    if isinstance(medium, LoadedItems):
        some = medium.values[:THUMBNAIL_PX]
        return items_pixels(some, scale_of(some))
    if isinstance(medium, LoadedGraph):
        return graph_pixels(medium.edges)
    return medium.pixels if isinstance(medium, LoadedImage) else medium.frames[len(medium.frames) // 2]
