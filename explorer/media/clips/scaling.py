"""Frames of a clip made small enough to be kept."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explorer.media.pictures.image import LoadedImage, fit


def small(pixels: np.ndarray, side_px: int) -> np.ndarray:
    """(H, W, 3) uint8 or floats in 0..1 -> float32, its longer side at most `side_px` (Lanczos)."""
    if pixels.dtype != np.uint8:
        return fit(LoadedImage(np.clip(pixels, 0, 1).astype(np.float32)), 1, side_px).pixels
    height, width = pixels.shape[:2]
    if max(height, width) > side_px:
        size = tuple(max(1, round(side * side_px / max(height, width))) for side in (width, height))
        picture = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.LANCZOS)
        pixels = np.asarray(picture)
    return pixels.astype(np.float32) / np.float32(255)
