"""What a code stands for: the patches that were assigned to it, side by side or in their surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import TokenRecord

Source = Literal["media", "reconstruction"]

_GAP_PX = 1  # between the cells of a contact sheet
_PAPER = 128  # grey behind the cells, told apart from black and from white patches


@dataclass(frozen=True)
class Patch:
    """A token, the region of the medium that it stands for, and that part of the medium, (h, w, 3) for a picture."""

    token: int
    region: tuple[slice, ...]
    pixels: np.ndarray


@dataclass(frozen=True)
class Surroundings:
    """pixels (h, w, 3) around a token; box (top, left, height, width): where the token lies in them, in pixels."""

    pixels: np.ndarray
    box: tuple[int, int, int, int]


def patches(record: TokenRecord, level: int, code: int, limit: int, source: Source = "media") -> list[Patch]:
    """The first `limit` patches of `code` in this record, in reading order.

    Empty if the code has no token here, or its tokens no place of their own (set1d, graph). `source` is what is cut:
    the medium or its reconstruction. Raises RecordError for a level or code out of range.
    """
    chosen = _level(record, level)
    if not 0 <= code < chosen.codebook.codebook_size:
        raise RecordError(f"code {code} is outside 0..{chosen.codebook.codebook_size - 1}")
    tokens = np.flatnonzero(chosen.indices.reshape(-1) == code)[: max(0, limit)]
    found = [(int(token), chosen.layout.region(int(token))) for token in tokens]
    medium = _medium(record, source)
    return [Patch(token, region, medium[region]) for token, region in found if region is not None]


def contact_sheet(chosen: Sequence[Patch], columns: int, cell_px: int) -> np.ndarray:
    """Patches as one picture: (rows, columns) cells of cell_px pixels on grey, (h, w, 3) uint8.

    Each patch is enlarged or reduced by repeating or leaving out pixels, so that none is smoothed; its sides keep
    their proportion. No patches give one empty row. Raises SettingsError for sizes below 1.
    """
    if columns < 1 or cell_px < 1:
        raise SettingsError(f"a contact sheet needs columns and pixels of at least 1, not {columns} and {cell_px}")
    rows, pitch = max(1, -(-len(chosen) // columns)), cell_px + _GAP_PX
    sheet = np.full((rows * pitch - _GAP_PX, columns * pitch - _GAP_PX, 3), _PAPER, np.uint8)
    for place, patch in enumerate(chosen):
        height, width = patch.pixels.shape[:2]
        longest = max(height, width)
        tall, wide = max(1, height * cell_px // longest), max(1, width * cell_px // longest)
        scaled = patch.pixels[np.arange(tall) * height // tall][:, np.arange(wide) * width // wide]
        top, left = place // columns * pitch, place % columns * pitch
        sheet[top : top + tall, left : left + wide] = np.round(255 * np.clip(scaled, 0, 1))
    return sheet


def context(
    record: TokenRecord, token: int, margin_tokens: int, level: int = 0, source: Source = "media"
) -> Surroundings:
    """The token's patch with `margin_tokens` patches on every side, fewer at the edge of the picture.

    Raises RecordError for a layout other than grid2d, or a token out of range.
    """
    layout = _level(record, level).layout
    if layout.kind != "grid2d":
        raise RecordError(f"tokens of layout {layout.kind} have no surroundings in a picture")
    rows, columns = layout.region(token)
    row, column = divmod(token, layout.shape[1])
    first = layout.region(max(0, row - margin_tokens) * layout.shape[1] + max(0, column - margin_tokens))
    last_row, last_column = (min(n - 1, i + margin_tokens) for n, i in zip(layout.shape, (row, column), strict=True))
    last = layout.region(last_row * layout.shape[1] + last_column)
    top, left = first[0].start, first[1].start
    pixels = _medium(record, source)[top : last[0].stop, left : last[1].stop]
    box = (rows.start - top, columns.start - left, rows.stop - rows.start, columns.stop - columns.start)
    return Surroundings(pixels, box)


def _level(record: TokenRecord, level: int):
    if not 0 <= level < len(record.levels):
        raise RecordError(f"level {level} is outside 0..{len(record.levels) - 1}")
    return record.levels[level]


def _medium(record: TokenRecord, source: Source) -> np.ndarray:
    if source not in ("media", "reconstruction"):
        raise SettingsError(f"patches are cut from media or reconstruction, not from {source!r}")
    return record.media if source == "media" else record.reconstruction
