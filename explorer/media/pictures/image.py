"""Pictures: load whatever a person brings, make it fit a tokenizer, and turn pixels back into a file.

Every step that changes what is seen is said in `LoadedImage.notes`. Every failure is a MediaError of one plain line.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError, SettingsError
from explorer.media.caps import check_pixels
from explorer.media.pictures.colour import pixels_of_array, pixels_of_image
from explorer.media.pictures.opening import bytes_of, open_picture

DEFAULT_LIMITS = Limits()
Filter = Literal["lanczos", "bicubic", "bilinear", "box", "nearest"]
FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


@dataclass(frozen=True)
class LoadedImage:
    """pixels: (H, W, 3) float32 in [0, 1]. notes: what was done on the way in, in plain words."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.float32:
            raise MediaError(f"A loaded picture is (H, W, 3) float32, got {shape} {dtype}.")

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        return self.pixels.shape[0]


def load_image(source: Path | str | bytes | Image.Image | np.ndarray, limits: Limits = DEFAULT_LIMITS) -> LoadedImage:
    """A file, its bytes, a Pillow picture or an array -> LoadedImage at its own size.

    The pixel cap is applied to what the header claims, before anything is decoded. Of an animation the first frame is
    read; transparency is laid on white. Raises MediaError with what was wrong and what to do.
    """
    if isinstance(source, np.ndarray):
        pixels, notes = pixels_of_array(source, limits)
        return LoadedImage(pixels, tuple(notes))
    if isinstance(source, Image.Image):
        check_pixels(*source.size, limits)
        # A copy of the handle would share its file; loading in place is what Pillow itself does on first use.
        pixels, notes = pixels_of_image(source)
        return LoadedImage(pixels, tuple(notes))
    data = bytes_of(source, limits)
    pixels, notes = pixels_of_image(open_picture(data, limits), data)
    return LoadedImage(pixels, tuple(notes))


def fit(image: LoadedImage, multiple: int, max_side: int, filter: Filter = "lanczos") -> LoadedImage:
    """Make both sides multiples of `multiple` and at most `max_side` pixels.

    In this order: scale down (by `filter`) so that the longer side is at most `max_side`; pad a side shorter than
    `multiple` by repeating its right or bottom edge; crop the rest away evenly around the centre.
    Raises SettingsError if `max_side` leaves no room for one multiple.
    """
    if multiple < 1 or max_side < multiple:
        raise SettingsError(f"A longest side of {max_side} pixels has no room for a multiple of {multiple}.")
    notes = list(image.notes)
    pixels = _scale_down(image.pixels, max_side, notes, filter)
    pixels = _pad(pixels, multiple, notes)
    pixels = _crop(pixels, multiple, notes)
    return LoadedImage(np.ascontiguousarray(pixels), tuple(notes))


def scaled_to_cover(image: LoadedImage, height: int, width: int, filter: Filter = "lanczos") -> LoadedImage:
    """The picture at exactly that size: scaled by `filter` until it covers it, the rest cropped away evenly."""
    notes, pixels = list(image.notes), image.pixels
    if pixels.shape[:2] == (height, width):
        return image
    scale = max(height / pixels.shape[0], width / pixels.shape[1])
    box_height, box_width = height / scale, width / scale  # the part that is kept, in pixels of the original
    top, left = (pixels.shape[0] - box_height) / 2, (pixels.shape[1] - box_width) / 2
    scaled = _resized(pixels, height, width, (left, top, left + box_width, top + box_height), filter)
    kept = f"{box_width:.0f} x {box_height:.0f}"
    then = "Scaled" if kept == _size(pixels) else f"Cropped at the centre from {_size(pixels)} to {kept}, then scaled"
    notes.append(f"{then} from {kept} to {_size(scaled)} pixels, which is what is taken{_by(filter)}.")
    return LoadedImage(scaled, tuple(notes))


def to_pil(pixels: np.ndarray) -> Image.Image:
    """(H, W, 3) or (H, W), floats in [0, 1] (clipped, rounded) or uint8 -> an 8-bit Pillow picture.

    Raises MediaError for other shapes and for NaN.
    """
    pixels = np.asarray(pixels)
    if pixels.ndim not in (2, 3) or 0 in pixels.shape or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise MediaError(f"An array of shape {pixels.shape} cannot be drawn; (H, W, 3) or (H, W) can.")
    if pixels.dtype != np.uint8:
        if np.isnan(pixels).any():
            raise MediaError("The picture holds NaN values and cannot be drawn.")
        pixels = np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(pixels)


def png_bytes(pixels: np.ndarray) -> bytes:
    """`to_pil(pixels)` as the bytes of a PNG file."""
    buffer = io.BytesIO()
    to_pil(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"


def _by(filter: Filter) -> str:
    """What a note adds where scaling was not as it is by default."""
    return "" if filter == "lanczos" else f"; {filter}"


def _scale_down(pixels: np.ndarray, max_side: int, notes: list[str], filter: Filter) -> np.ndarray:
    longest = max(pixels.shape[:2])
    if longest <= max_side:
        return pixels
    height, width = (max(1, round(side * max_side / longest)) for side in pixels.shape[:2])
    scaled = _resized(pixels, height, width, None, filter)
    limit = f"longest side at most {max_side:,}{_by(filter)}"
    notes.append(f"Scaled down from {_size(pixels)} to {_size(scaled)} pixels ({limit}).")
    return scaled


def _resized(
    pixels: np.ndarray, height: int, width: int, box: tuple[float, float, float, float] | None, filter: Filter
) -> np.ndarray:
    """Scaled channel by channel in floating point; of a `box` (left, top, right, bottom) or all of it."""
    planes = [Image.fromarray(np.ascontiguousarray(pixels[:, :, c])) for c in range(3)]
    channels = [np.asarray(plane.resize((width, height), FILTERS[filter], box)) for plane in planes]
    return np.clip(np.stack(channels, axis=2), 0, 1)  # Lanczos and bicubic overshoot at edges


def _pad(pixels: np.ndarray, multiple: int, notes: list[str]) -> np.ndarray:
    missing = [max(0, multiple - side) for side in pixels.shape[:2]]
    if not any(missing):
        return pixels
    padded = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
    notes.append(f"Padded from {_size(pixels)} to {_size(padded)} pixels by repeating the edge.")
    return padded


def _crop(pixels: np.ndarray, multiple: int, notes: list[str]) -> np.ndarray:
    extra_rows, extra_columns = (side % multiple for side in pixels.shape[:2])
    if not (extra_rows or extra_columns):
        return pixels
    top, left = extra_rows // 2, extra_columns // 2
    height, width = pixels.shape[0] - extra_rows, pixels.shape[1] - extra_columns
    cropped = pixels[top : top + height, left : left + width]
    notes.append(
        f"Cropped at the centre from {_size(pixels)} to {_size(cropped)} pixels (sides are multiples of {multiple})."
    )
    return cropped
