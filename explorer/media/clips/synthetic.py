"""Sample clips made here: shapes that move, and a view that pans over a sample picture. The same frames every time.

25 frames: one and six steps of four, one and three steps of eight. 192 pixels a side: a multiple of 8, 16 and 32. What
is made has no clock of its own, and is shown at the usual rate.
"""

from __future__ import annotations

import numpy as np

from explorer.media.clips.even_times import USUAL_RATE
from explorer.media.clips.video import LoadedVideo
from explorer.media.pictures.image import LoadedImage, fit

FRAMES = 25
SIDE_PX = 192
PANNED = "astronaut"


def shapes() -> LoadedVideo:
    """A disc, a square and a ring that move at three speeds over a still gradient; one passes behind another."""
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX].astype(np.float32)  # (H, W)
    ground = np.stack([0.15 + 0.2 * rows / SIDE_PX, 0.2 + 0.15 * columns / SIDE_PX, np.full_like(rows, 0.35)], axis=2)
    frames = []
    for number in range(FRAMES):
        turn = number / FRAMES
        frame = ground
        across = 30 + 130 * turn
        frame = _laid(frame, 34 - np.hypot(rows - 70, columns - across), (0.95, 0.45, 0.2))
        down = 150 - 100 * np.abs(2 * turn - 1)  # falls and comes back
        frame = _laid(frame, 24 - np.maximum(np.abs(rows - down), np.abs(columns - 120)), (0.25, 0.75, 0.5))
        angle = 2 * np.pi * turn
        far = np.hypot(rows - 96 - 58 * np.sin(angle), columns - 96 - 58 * np.cos(angle))
        frame = _laid(frame, 7 - np.abs(far - 20), (0.95, 0.9, 0.6))
        frames.append(frame)
    return LoadedVideo(np.stack(frames).astype(np.float32), USUAL_RATE)


def panning() -> LoadedVideo:
    """A view that moves slowly to the right over the sample picture of an astronaut: all detail, one motion."""
    from explorer.media.samples import PICTURES

    whole = fit(PICTURES[PANNED].load(), 1, 2 * SIDE_PX).pixels  # (H, W, 3)
    top = (whole.shape[0] - SIDE_PX) // 2
    left = (whole.shape[1] - SIDE_PX - 4 * (FRAMES - 1)) // 2
    views = [
        LoadedImage(np.ascontiguousarray(whole[top : top + SIDE_PX, start : start + SIDE_PX]))
        for start in range(left, left + 4 * FRAMES, 4)
    ]
    return LoadedVideo(np.stack([view.pixels for view in views]), USUAL_RATE)


def _laid(frame: np.ndarray, inside: np.ndarray, colour: tuple[float, float, float]) -> np.ndarray:
    """A shape over a frame: `inside` is how many pixels within its edge, so that the edge is smooth."""
    share = np.clip(inside + 0.5, 0, 1)[:, :, None]
    return frame * (1 - share) + share * np.float32(colour)
