"""Clips made of photographs, for training and for measuring: pans, zooms and turns, half with a thing moving in front.

A pan, zoom or turn is a frame of view that moves evenly over a photograph; what moves in front is an ellipse cut out of
another photograph, which goes its own way, so that it covers and uncovers what lies behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explorer.media.clips.even_times import USUAL_RATE
from explorer.media.clips.video import LoadedVideo

SHIFT = 0.02  # of the side a frame at most: 1.3 pixels at 64
ZOOM = 0.02  # share a frame at most
TURN = 0.01  # radians a frame at most
CLOSER = 1.5  # at most, at first: no photograph is made smaller, which would sharpen it
HELD_PX, HELD_FRAMES = 128, 17  # of the clips that are measured
IN_FRONT = 0.5  # share of the clips with a thing in front


@dataclass(frozen=True)
class View:
    """A square frame of view over a picture: its middle (y, x) in pixels, its side in pixels, its angle in radians."""

    y: float
    x: float
    side: float
    angle: float


def held_out_clip(picture: np.ndarray, following: np.ndarray, number: int, seed: int = 1) -> np.ndarray:
    """The clip over one of a list of pictures on which tokenizers of the zoo are measured, the same at every call.

    uint8 (HELD_FRAMES, HELD_PX, HELD_PX, 3). number: of the picture in its list; following: the picture after it, from
    which the thing in front may be cut.
    """
    random = np.random.default_rng((seed, number))
    return made_clip([picture, following], HELD_FRAMES, HELD_PX, random, first=picture)


def made_clip(
    pictures: Sequence[np.ndarray],
    frames: int,
    side_px: int,
    random: np.random.Generator,
    first: np.ndarray | None = None,
) -> np.ndarray:
    """A clip uint8 (frames, side, side, 3) over `first`, or over one of the pictures."""
    behind = first if first is not None else pictures[random.integers(len(pictures))]
    clip = _panned(behind, frames, side_px, random)
    if random.random() >= IN_FRONT:
        return clip
    over = _panned(pictures[random.integers(len(pictures))], frames, side_px, random)
    return np.where(_ellipses(frames, side_px, random)[..., None], over, clip)


def _panned(picture: np.ndarray, frames: int, side_px: int, random: np.random.Generator) -> np.ndarray:
    """The picture seen through a view that moves evenly, mirrored at random."""
    height, width = picture.shape[:2]
    image, mirrored = Image.fromarray(picture), random.random() < 0.5
    side = side_px / random.uniform(1, CLOSER)
    speed = random.uniform(-1, 1, 4) * random.random()  # some clips are nearly still
    seen = []
    middle = (random.uniform(side / 2, height - side / 2), random.uniform(side / 2, width - side / 2))
    for t in np.arange(frames) - (frames - 1) / 2:
        grown = side * (1 + ZOOM * speed[0]) ** t
        y, x = (m + v * SHIFT * side * t for m, v in zip(middle, speed[1:3], strict=True))
        angle = TURN * speed[3] * t
        half = grown / 2 * (np.cos(angle) + abs(np.sin(angle)))  # of what a turned square covers
        y, x = (min(max(one, half), most - half) for one, most in ((y, height), (x, width)))
        seen.append(_seen(image, View(y, x, grown, angle), side_px))
    clip = np.stack(seen)
    return np.ascontiguousarray(clip[:, :, ::-1]) if mirrored else clip


def _seen(image: Image.Image, view: View, side_px: int) -> np.ndarray:
    """The square of `view`, (side, side, 3) uint8, bilinear."""
    scale = view.side / side_px
    cos, sin = scale * np.cos(view.angle), scale * np.sin(view.angle)
    half = side_px / 2
    rows = (cos, -sin, view.x - cos * half + sin * half, sin, cos, view.y - sin * half - cos * half)
    return np.asarray(image.transform((side_px, side_px), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR))


def _ellipses(frames: int, side_px: int, random: np.random.Generator) -> np.ndarray:
    """(frames, side, side) bool: where the thing in front is, on its own even way."""
    y, x = np.mgrid[0:side_px, 0:side_px] / side_px
    tall, wide = random.uniform(0.12, 0.35, 2)
    middle, speed = random.uniform(0.1, 0.9, 2), random.uniform(-1.5, 1.5, 2) * SHIFT
    masks = []
    for t in np.arange(frames) - (frames - 1) / 2:
        cy, cx = middle + speed * t
        masks.append(((y - cy) / tall) ** 2 + ((x - cx) / wide) ** 2 < 1)
    return np.stack(masks)


def clip_of_bytes(frames: np.ndarray) -> LoadedVideo:
    """Made frames (T, H, W, 3) uint8 as a clip of the usual rate, since they have no clock of their own."""
    return LoadedVideo((frames / np.float32(255)).astype(np.float32), USUAL_RATE)
