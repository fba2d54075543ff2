"""The order in which the tokens of a layout are written one after another, as a language model would read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from explorer.analysis.maps.order import hilbert_index
from explorer.foundation.errors import RecordError, SettingsError

Order = Literal["raster", "column", "hilbert", "multiscale"]
ORDERS: dict[Order, str] = {
    "raster": "Row by row, each from left to right",
    "column": "Column by column, each from top to bottom",
    "hilbert": "Along a Hilbert curve, so that neighbours in the text are neighbours in the picture",
    "multiscale": "From coarse to fine: first every 2^n-th token of every 2^n-th row, then those between",
}


def token_order(shape: Sequence[int], order: Order) -> np.ndarray:
    """Flat (row-major) positions of a layout in the order they are written: (N,) int64, each position once.

    shape: (T,), (rows, columns) or (frames, rows, columns); frames come one after another, each in its own order.
    In one dimension "column" and "hilbert" are "raster". Hilbert's curve covers the smallest square of a power of two
    that holds the grid; positions outside are passed over, so on other grids it jumps. Raises SettingsError for
    another order, RecordError for another shape.
    """
    if order not in ORDERS:
        raise SettingsError(f"There is no order {order!r} of tokens. Orders: {', '.join(ORDERS)}.")
    shape = tuple(int(n) for n in shape)
    if not 1 <= len(shape) <= 3 or min(shape) < 1:
        raise RecordError(f"tokens lie in one to three dimensions of at least one token, not in {shape}")
    if len(shape) == 3:
        frame = token_order(shape[1:], order)
        return (np.arange(shape[0])[:, None] * len(frame) + frame).reshape(-1)
    rows, columns = np.unravel_index(np.arange(math.prod(shape)), shape if len(shape) == 2 else (1, *shape))
    if order == "raster" or (len(shape) == 1 and order != "multiscale"):
        return np.arange(math.prod(shape))
    if order == "column":
        return np.lexsort((rows, columns))
    if order == "hilbert":
        return np.argsort(hilbert_index(np.column_stack([columns, rows])), kind="stable")
    return np.argsort(-np.minimum(_halvings(rows), _halvings(columns)), kind="stable")


def _halvings(numbers: np.ndarray) -> np.ndarray:
    """How often each number can be halved; 0 can be halved for ever: (n,)."""
    lowest = numbers & -numbers
    return np.where(numbers == 0, 64, np.log2(np.maximum(lowest, 1)).astype(np.int64))
