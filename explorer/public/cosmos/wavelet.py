"""Haar wavelets as Cosmos uses them: all bands are split again, so that sides become channels.

Agarwal et al. 2025, "Cosmos World Foundation Model Platform" (arXiv 2501.03575), section 5; NVIDIA/Cosmos-Tokenizer.
"""

from __future__ import annotations

import torch
from torch import Tensor

PICTURE_AXES = (-1, -2)  # columns are split before rows
CLIP_AXES = (-3, -2, -1)  # frames, rows, columns


def haar(x: Tensor, axes: tuple[int, ...], times: int) -> Tensor:
    """(B, C, ...) -> (B, C 2^(axes times), ...), each axis 2^times shorter. Low before high, the first axis slowest."""
    for _ in range(times):
        bands = [x]
        for axis in axes:
            bands = [part for band in bands for part in _split(band, axis)]
        x = torch.cat(bands, 1) / len(bands)
    return x


def _split(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Sums and differences of neighbours."""
    even, odd = x.unflatten(axis, (-1, 2)).unbind(axis)
    return even + odd, even - odd


def unhaar(x: Tensor, axes: tuple[int, ...], times: int) -> Tensor:
    """The inverse of `haar`."""
    for _ in range(times):
        bands = list(x.chunk(2 ** len(axes), 1))
        for axis in reversed(axes):
            pairs = zip(bands[::2], bands[1::2], strict=True)
            bands = [_joined(low + high, low - high, axis) for low, high in pairs]
        x = bands[0]
    return x


def _joined(even: Tensor, odd: Tensor, axis: int) -> Tensor:
    """even[0], odd[0], even[1], ... along the axis."""
    position = even.ndim + axis
    return torch.stack((even, odd), position + 1).flatten(position, position + 1)
