"""Pictures for training: a folder, or by default the pictures inside the installed packages."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.media.listing import is_hidden
from explorer.media.pictures.image import load_image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff", ".avif", ".heic", ".gif"}


def picture_files(folder: Path) -> list[Path]:
    """All pictures under `folder`, sorted. Raises MediaError if there is none."""
    if not folder.is_dir():
        raise MediaError(f"there is no folder {str(folder)!r}")
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    files = sorted(path for path in found if not is_hidden(path.relative_to(folder).as_posix()))
    if not files:
        raise MediaError(f"no pictures ({', '.join(sorted(SUFFIXES))}) under {str(folder)!r}")
    return files


def load_pictures(files: list[Path], min_side_px: int) -> tuple[list[np.ndarray], list[str]]:
    """Read pictures as uint8 (H, W, 3); those that cannot be read or are too small are skipped and named."""

    def read(path: Path) -> np.ndarray | str:
        try:
            pixels = load_image(path, settings().limits).pixels
        except ExplorerError as error:
            return f"{path.name}: {error}"
        if min(pixels.shape[:2]) < min_side_px:
            return f"{path.name}: smaller than {min_side_px} px"
        return np.round(pixels * 255).astype(np.uint8)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(read, files))
    pictures = [result for result in results if isinstance(result, np.ndarray)]
    if not pictures:
        raise MediaError(f"none of the {len(files)} pictures can be used; the first: {results[0]}")
    return pictures, [result for result in results if isinstance(result, str)]


def sample_pictures(min_side_px: int) -> list[np.ndarray]:
    """The pictures inside the installed packages, uint8 (H, W, 3)."""
    from explorer.media.samples import PICTURES

    loaded = (sample.load().pixels for sample in PICTURES.values())
    return [np.round(p * 255).astype(np.uint8) for p in loaded if min(p.shape[:2]) >= min_side_px]


def random_crops(pictures: list[np.ndarray], batch: int, crop_px: int, seed: int, step: int) -> Tensor:
    """One batch of crops, flipped at random: (B, 3, crop, crop) float32 in [0, 1].

    It depends on (seed, step) alone, so a resumed run sees the same crops as one that never stopped.
    """
    crops = np.empty((batch, crop_px, crop_px, 3), np.uint8)
    for i, (number, y, x, flipped) in enumerate(draw_places([p.shape for p in pictures], batch, crop_px, seed, step)):
        crop = pictures[number][y : y + crop_px, x : x + crop_px]
        crops[i] = crop[:, ::-1] if flipped else crop
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255


def draw_places(shapes: Sequence[tuple[int, ...]], batch: int, crop_px: int, seed: int, step: int) -> np.ndarray:
    """Where a batch is cut out of pictures of these shapes: (B, 4) int64, picture, y, x and whether it is flipped."""
    random = np.random.default_rng((seed, step))
    places = np.empty((batch, 4), np.int64)
    for i in range(batch):
        number = random.integers(len(shapes))
        height, width = shapes[number][:2]
        y, x = random.integers(height - crop_px + 1), random.integers(width - crop_px + 1)
        places[i] = number, y, x, random.random() < 0.5
    return places


class PictureStore:
    """Pictures (H, W, 3) uint8 on a device, one behind the other, so that crops are cut there."""

    def __init__(self, pictures: Sequence[np.ndarray], device: torch.device) -> None:
        self.shapes = [picture.shape for picture in pictures]
        pixels = [height * width for height, width, _ in self.shapes]
        self._starts = torch.tensor(np.cumsum([0, *pixels[:-1]]), device=device)  # (P,)
        self._widths = torch.tensor([width for _, width, _ in self.shapes], device=device)  # (P,)
        self._pixels = torch.cat([torch.from_numpy(p.reshape(-1, 3)) for p in pictures]).to(device)

    def crops(self, places: np.ndarray, crop_px: int) -> Tensor:
        """As `random_crops` cuts them at `places` (B, 4) of `draw_places`: (B, 3, crop, crop) float32 in [0, 1]."""
        places = torch.from_numpy(places)
        if self._pixels.is_cuda:
            places = places.pin_memory()
        number, y, x, flipped = places.to(self._pixels.device, non_blocking=True).unbind(1)  # (B,) each
        reach = torch.arange(crop_px, device=number.device)
        columns = torch.where(flipped[:, None] > 0, crop_px - 1 - reach, reach)  # (B, crop)
        rows = (self._starts[number] + y * self._widths[number] + x)[:, None] + reach * self._widths[number, None]
        at = rows[:, :, None] + columns[:, None, :]  # (B, crop, crop)
        return self._pixels[at].permute(0, 3, 1, 2).float() / 255


def centre_crop(picture: np.ndarray, side_px: int) -> np.ndarray:
    """The middle side x side pixels of (H, W, 3)."""
    y, x = (picture.shape[0] - side_px) // 2, (picture.shape[1] - side_px) // 2
    return picture[y : y + side_px, x : x + side_px]
