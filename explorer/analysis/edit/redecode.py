"""Decoding again after an edit: only the window that the edit can reach, where that is exact and pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.analysis.edit.influence import decode
from explorer.analysis.edit.tokens import Box, EditedTokens
from explorer.joints.tokenizer import Tokenizer

WORTH = 0.7  # of all tokens: a window that needs more of them is no quicker than the whole picture
ROUNDING = 1e-4  # in 0..1: two decodes of the same tokens, one in a window, may differ by less than this


@dataclass(frozen=True)
class Redecode:
    """picture: (H, W, 3) float32. window: the box of tokens whose pixels were decoded, None for all of them."""

    picture: np.ndarray
    window: Box | None


def redecode(tokenizer: Tokenizer, before: EditedTokens, picture: np.ndarray, tokens: EditedTokens) -> Redecode:
    """Decode `tokens`, given that `before` decodes to `picture`: equal to the whole decode to
    rounding. Raises RecordError as `Tokenizer.decode_kept`."""
    changed = tokens.changed(before)
    if len(changed) == 0:
        return Redecode(picture, (0, 0, 0, 0))
    box = window_of(changed, tokens.indices[0].shape, tokenizer.token_reach) if tokens.common_grid else None
    if box is None:
        return Redecode(decode(tokenizer, tokens), None)
    factor = tokenizer.spec.downsampling
    top, left, height, width = (side * factor for side in box)
    new = picture.copy()
    new[top : top + height, left : left + width] = tokenizer.decode_window(tokens.indices, tokens.kept, box)
    return Redecode(new, box)


def window_of(changed: np.ndarray, shape: tuple[int, ...], reach: int | None) -> Box | None:
    """The box of tokens in whose pixels changes at flat positions can show, or None where the whole is as quick.

    Around the box `reach` tokens more are decoded, so that its pixels are exact.
    """
    if reach is None or len(shape) != 2:
        return None
    spans = [
        (max(int(at.min()) - reach, 0), min(int(at.max()) + 1 + reach, size))
        for at, size in zip(np.unravel_index(changed, shape), shape, strict=True)
    ]
    needed = [min(end + reach, size) - max(start - reach, 0) for (start, end), size in zip(spans, shape, strict=True)]
    if needed[0] * needed[1] > WORTH * shape[0] * shape[1]:
        return None
    (top, bottom), (left, right) = spans
    return top, left, bottom - top, right - left


def visible_change(base: np.ndarray, picture: np.ndarray) -> tuple[Box | None, np.ndarray]:
    """The box (top, left, height, width) in pixels around all that differs by more than rounding, and its 8-bit pixels.

    base, picture: (H, W, 3) float in [0, 1]. Returns (None, empty) for no difference; what differs by rounding alone
    has the bytes of `base`, so that it makes no difference of a step either.
    """
    differs = (np.abs(picture - base) > ROUNDING).any(axis=-1)
    if not differs.any():
        return None, np.empty((0, 0, 3), np.uint8)
    rows, columns = (np.flatnonzero(differs.any(axis)) for axis in (1, 0))
    place = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    pixels = eight_bit(np.where(differs[place][..., None], picture[place], base[place]))
    return (place[0].start, place[1].start, *pixels.shape[:2]), pixels


def eight_bit(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) float in [0, 1] -> uint8, rounded as pictures of the app are."""
    return np.round(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
