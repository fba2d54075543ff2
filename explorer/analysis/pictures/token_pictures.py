"""A token of any medium as a small picture of what it stands for: patches, stretches of sound, patches of a frame.

Letters of the shapes: H and W pixels, S samples, C channels, F frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explorer.analysis.pictures.series_pictures import series_around
from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenLayout
from explorer.media.rows.drawing import item_tile, scale_of
from explorer.media.sounds.spectrogram import WINDOW_S, sound_pixels, spectrogram_db

MARGIN_TOKENS = 1
STRETCH_S = 0.25  # of sound around a token, or three tokens where that is longer
COLUMNS = 96  # of the spectrogram of a stretch
LONGEST_PX = 192  # side of a crop; larger ones are scaled down
WHOLE_PX = 96  # side of the whole picture of a token that has no place


@dataclass(frozen=True)
class TokenPicture:
    """pixels: (h, w, 3) uint8, the token with what is around it. box: (top, left, height, width) of the token in them;
    all of them where it has no place. where: its place in words. place: (row, column) of a grid2d token.
    """

    pixels: np.ndarray
    box: tuple[int, int, int, int]
    where: str
    place: tuple[int, int] | None = None


class MediumPictures:
    """One medium whose tokens are shown. values: (H, W, 3), (S, C), (F, H, W, 3), or (T, D) of a series, whose tokens
    lie on a grid; pictures as floats or as uint8. columns: names of those of a series. Items are (N, D) without a rate,
    and columns name each of them."""

    def __init__(self, values: np.ndarray, sample_rate_hz: float | None = None, columns: Sequence[str] = ()) -> None:
        self._values, self._rate, self._columns = values, float(sample_rate_hz or 0), columns
        self._loudest_db: float | None = None
        self._scale = 0.0 if self._rate or values.ndim != 2 else scale_of(values)

    @property
    def values(self) -> np.ndarray:
        """The medium itself."""
        return self._values

    def around(self, layout: TokenLayout, token: int) -> TokenPicture:
        """The token with one on each side of it. Raises RecordError for a token that is not there."""
        if not 0 <= token < layout.num_tokens:
            raise RecordError(f"there is no token {token}: the medium has {layout.num_tokens}")
        region = layout.region(token)
        if layout.kind == "sequence" and not self._rate:
            name = self._columns[token] if self._columns else f"item {token + 1:,}"
            tile = _bytes(item_tile(self._values[token], self._scale))
            return TokenPicture(tile, (0, 0, *tile.shape[:2]), name)
        if layout.kind == "sequence":
            return self._stretch(region[0], layout)  # type: ignore[index]
        if layout.kind == "grid3d":
            return self._patch_of_frame(layout, token)
        if layout.kind == "grid2d" and self._values.ndim == 2:
            pixels, box, where = series_around(self._values, layout, token, self._columns, self._rate)
            return TokenPicture(_bytes(pixels), box, where, divmod(token, layout.shape[1]))
        if layout.kind == "grid2d":
            row, column = divmod(token, layout.shape[1])
            pixels, box = _cut(self._values, layout, row, column)
            return TokenPicture(*scale_down(pixels, box), f"row {row + 1}, column {column + 1}", (row, column))
        return self._whole(token)

    def alone(self, layout: TokenLayout, token: int) -> np.ndarray:
        """The token without what is around it, where it has a place in a picture: (h, w, 3) uint8; else as `around`."""
        shown = self.around(layout, token)
        if layout.kind not in ("grid2d", "grid3d"):
            return shown.pixels
        top, left, height, width = shown.box
        return shown.pixels[top : top + height, left : left + width]

    def stretch_of(self, layout: TokenLayout, token: int) -> slice:
        """The samples around a token of a sequence that are drawn, and can be played."""
        return _widened(layout.region(token)[0], len(self._values), self._rate)  # type: ignore[index]

    def _stretch(self, region: slice, layout: TokenLayout) -> TokenPicture:
        shown = _widened(region, len(self._values), self._rate)
        pixels = self._spectrogram(shown)
        length = shown.stop - shown.start
        left = (region.start - shown.start) * COLUMNS // length
        width = max(1, round((region.stop - region.start) * COLUMNS / length))
        box = (0, min(left, COLUMNS - width), len(pixels), width)
        seconds = f"{region.start / self._rate:.3f} to {region.stop / self._rate:.3f} s"
        return TokenPicture(pixels, box, seconds)

    def _spectrogram(self, shown: slice) -> np.ndarray:
        """Of a stretch, with what stands beside it in the windows; on the scale of the whole sound."""
        if self._loudest_db is None:
            self._loudest_db = float(spectrogram_db(self._values, self._rate, 4 * COLUMNS).max())
        step = max(1, (shown.stop - shown.start) // COLUMNS)
        beside = math.ceil(WINDOW_S * self._rate / step)  # columns before and after, not drawn
        first, last = shown.start - beside * step, shown.start + (COLUMNS + beside) * step
        inside = self._values[max(0, first) : max(0, last)]
        padded = np.pad(inside, ((max(0, -first), max(0, last - max(0, first) - len(inside))), (0, 0)))
        db = spectrogram_db(padded[: last - first], self._rate, COLUMNS + 2 * beside)
        pixels = sound_pixels(db[:, beside : beside + COLUMNS], self._loudest_db)
        return _bytes(pixels)

    def _patch_of_frame(self, layout: TokenLayout, token: int) -> TokenPicture:
        step, row, column = (int(i) for i in np.unravel_index(token, layout.shape))
        frames = layout.region(token)[0]  # type: ignore[index]
        frame = (frames.start + frames.stop - 1) // 2
        flat = TokenLayout("grid2d", layout.shape[1:], layout.media_shape[1:])
        pixels, box = _cut(self._values[frame], flat, row, column)
        where = f"frame {frame + 1} (step {step + 1}), row {row + 1}, column {column + 1}"
        return TokenPicture(*scale_down(pixels, box), where)

    def _whole(self, token: int) -> TokenPicture:
        pixels, box = scale_down(self._values, (0, 0, *self._values.shape[:2]), WHOLE_PX)
        return TokenPicture(pixels, box, f"token {token:,}, which has no place: the whole picture")


def sound_tile(samples: np.ndarray, sample_rate_hz: float) -> np.ndarray:
    """A short sound (S, C) as its spectrogram, on its own scale: (bands, COLUMNS, 3) uint8."""
    db = spectrogram_db(samples, sample_rate_hz, COLUMNS)
    return _bytes(sound_pixels(db, max(float(db.max()), -40.0)))  # silence is drawn as silence


def _widened(region: slice, samples: int, rate: float) -> slice:
    """At least STRETCH_S, or three tokens, about the token, within the sound."""
    length = min(samples, max(3 * (region.stop - region.start), round(STRETCH_S * rate)))
    start = min(max(0, (region.start + region.stop - length) // 2), samples - length)
    return slice(start, start + length)


def _cut(
    pixels: np.ndarray, layout: TokenLayout, row: int, column: int
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A token of a grid with MARGIN_TOKENS around it, and its box."""
    rows, columns = layout.shape
    near = [
        (max(0, at - MARGIN_TOKENS), min(of - 1, at + MARGIN_TOKENS)) for at, of in ((row, rows), (column, columns))
    ]
    first = layout.region(near[0][0] * columns + near[1][0])
    last = layout.region(near[0][1] * columns + near[1][1])
    own = layout.region(row * columns + column)
    part = pixels[first[0].start : last[0].stop, first[1].start : last[1].stop]  # type: ignore[index]
    corner = [axis.start for axis in first]  # type: ignore[union-attr]
    top, left = (axis.start - start for axis, start in zip(own, corner, strict=True))  # type: ignore[arg-type]
    height, width = (axis.stop - axis.start for axis in own)  # type: ignore[union-attr]
    return part, (top, left, height, width)


def scale_down(
    pixels: np.ndarray, box: tuple[int, int, int, int], longest_px: int = LONGEST_PX
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """As 8 bits, scaled down where a side is longer than `longest_px`, and the box with it."""
    whole = _bytes(pixels)
    longest = max(whole.shape[:2])
    if longest <= longest_px:
        return whole, box
    height, width = (max(1, round(side * longest_px / longest)) for side in whole.shape[:2])
    small = np.asarray(Image.fromarray(whole).resize((width, height), Image.Resampling.BOX))
    share = longest_px / longest
    top, left, tall, wide = (round(one * share) for one in box)
    return small, (top, left, max(1, tall), max(1, wide))


def _bytes(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    return np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
