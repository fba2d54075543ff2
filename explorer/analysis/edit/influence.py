"""What one token does to the picture: its receptive field, measured by decoding with it and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.edit.tokens import Box, EditedTokens, checked_positions, put
from explorer.foundation.errors import RecordError
from explorer.joints.record import TokenLayout
from explorer.joints.tokenizer import Tokenizer
from explorer.media.quality.metrics import difference

VISIBLE = 0.5 / 255  # less than half a step of 8 bits changes no pixel on a screen


@dataclass(frozen=True)
class Influence:
    """change: (H, W) float32, the largest absolute difference over the channels between the two decodes.

    box: (top, left, height, width) in pixels around all that differs visibly, None if nothing does. own_share: share of
    the summed change that lies in the token's own patch, None without a patch or a change. pixels: visibly different.
    """

    change: np.ndarray
    box: Box | None
    own_share: float | None
    pixels: int


def influence(
    tokenizer: Tokenizer,
    tokens: EditedTokens,
    position: int,
    layout: TokenLayout,
    levels: Sequence[int] | None = None,
    instead: int | None = None,
    whole: np.ndarray | None = None,
) -> Influence:
    """Decode with the token at flat `position` and without it, and compare.

    layout: of the picture's tokens, for the token's own patch; none where tokens have no place. levels: which of its
    levels to take away (default: all, which needs a common grid). instead: the code that takes their place; None leaves
    them out, as `Tokenizer.decode_kept` does. whole: the decode with it, if it is at hand. The field depends on what
    stands around the token: another picture gives another one. Raises RecordError for what is not there.
    """
    levels = range(len(tokens.indices)) if levels is None else list(levels)
    if len(levels) > 1 and not tokens.common_grid:
        raise RecordError("levels of different grids have no common tokens; take one level away at a time")
    at = checked_positions(tokens, (position,), levels[0] if levels else 0)
    indices, kept = list(tokens.indices), list(tokens.kept)
    for level in levels:
        if not 0 <= level < len(indices):
            raise RecordError(f"there is no level {level + 1}; these tokens have {len(indices)}")
        if instead is None:
            kept[level] = put(kept[level], at, False)
        else:
            indices[level] = put(indices[level], at, instead)
    if whole is None:
        whole = decode(tokenizer, tokens)
    without = decode(tokenizer, EditedTokens(tuple(indices), tuple(kept)))
    return compare_decodes(whole, without, layout.region(position))


def decode(tokenizer: Tokenizer, tokens: EditedTokens) -> np.ndarray:
    """Edited tokens -> (H, W, 3) float32 in [0, 1]. Raises RecordError as `Tokenizer.decode_kept`."""
    return tokenizer.detokenize(tokens.indices) if tokens.whole else tokenizer.decode_kept(tokens.indices, tokens.kept)


def compare_decodes(one: np.ndarray, other: np.ndarray, region: tuple[slice, ...] | None) -> Influence:
    """How two decodes (H, W, 3) differ; region: the token's own pixels. Raises RecordError for different shapes."""
    change = np.abs(difference(one, other)).max(axis=-1)
    visible = change > VISIBLE
    box = None
    if visible.any():
        rows, columns = (np.flatnonzero(visible.any(axis)) for axis in (1, 0))
        top, left = int(rows[0]), int(columns[0])
        box = (top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left)
    total = float(change.sum())
    share = float(change[region].sum()) / total if region is not None and total > 0 else None
    return Influence(change.astype(np.float32), box, share, int(visible.sum()))
