"""What a prior learns from: squares of any scale out of photographs, as tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from explorer.joints.tokenizer import Tokenizer
from explorer.media.pictures.image import LoadedImage, scaled_to_cover, to_pil

SMALLEST = 0.6  # of the shorter side: the smallest square that is cut out
TOGETHER = 16  # pictures that are encoded at a time


def views(pictures: Sequence[np.ndarray], rounds: int, side_px: int, seed: int) -> Iterator[np.ndarray]:
    """`rounds` squares of every picture, uint8 (H, W, 3), at random places and scales, half of them mirrored.

    Each is (side_px, side_px, 3) float32 in [0, 1] and depends on the seed and its number alone.
    """
    for number in range(rounds * len(pictures)):
        random, picture = np.random.default_rng((seed, number)), pictures[number % len(pictures)]
        height, width = picture.shape[:2]
        shorter = min(height, width)
        size = int(random.integers(max(min(side_px, shorter), round(SMALLEST * shorter)), shorter + 1))
        y, x = random.integers(height - size + 1), random.integers(width - size + 1)
        square = to_pil(picture[y : y + size, x : x + size]).resize((side_px, side_px), reducing_gap=3.0)
        view = np.asarray(square, np.float32) / 255
        yield np.ascontiguousarray(view[:, ::-1]) if random.random() < 0.5 else view


def whole(pictures: Sequence[np.ndarray], side_px: int) -> Iterator[np.ndarray]:
    """Each picture once, as the page takes it: scaled until it covers the square, the rest cropped away."""
    for picture in pictures:
        yield scaled_to_cover(LoadedImage(picture.astype(np.float32) / 255), side_px, side_px).pixels


def tokens_of(
    squares: Iterator[np.ndarray], tokenizer: Tokenizer, progress: Callable[[int], None] = lambda count: None
) -> np.ndarray:
    """(pictures, rows, columns) int64: level 0 of each square. progress: hears how many are done."""
    found: list[np.ndarray] = []
    waiting: list[np.ndarray] = []

    def encode() -> None:
        found.extend(np.asarray(levels[0].indices, np.int64) for levels in tokenizer.encode(waiting))
        waiting.clear()
        progress(len(found))

    for square in squares:
        waiting.append(square)
        if len(waiting) == TOGETHER:
            encode()
    if waiting:
        encode()
    return np.stack(found)
