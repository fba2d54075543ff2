"""VAR's codes: ten maps of tokens, from 1x1 to 16x16, each giving what the coarser ones left over.

Tian et al. 2024, arXiv 2404.02905, algorithms 1 and 2. All scales share one table; a code's map is enlarged to the
finest size and smoothed by one of a few shared convolutions phi, half of it passing around the convolution. Where a
token is left out its share of phi's bias is left out too, so that the parts of a picture add up to the whole.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from explorer.joints.record import Codebook
from explorer.public.convvq.codes import Codes, table_book
from explorer.public.convvq.family import Family
from explorer.public.convvq.layers import convolution
from explorer.tokenizers.codec import CodecLevel, flat, lookup, published_nearest

DECAY = 0.99  # of the counts of each scale that training averages

PASSING = 0.5  # of a code's map goes through the convolution, the rest around it


class Refiners(nn.Module):
    """The convolutions phi under the name of the file."""

    def __init__(self, count: int, channels: int) -> None:
        super().__init__()
        self.qresi_ls = nn.ModuleList(convolution(channels, channels, 3) for _ in range(count))

    def of_scale(self, scale: int, scales: int) -> nn.Conv2d:
        """The convolution whose mark on [0, 1] lies nearest to the scale; the first of equals.

        Of four convolutions two scales of ten lie midway between two marks, so that rounding decides: the marks are
        made by the same numpy call as the original's.
        """
        count = len(self.qresi_ls)
        edge = 1 / 3 / count if count == 4 else 1 / 2 / count
        marks = np.linspace(edge, 1 - edge, count)
        return self.qresi_ls[np.abs(marks - scale / (scales - 1)).argmin().item()]


class ScaleCodes(Codes):
    """Residual codes over `family.scales`. `embed` of every level has the size of the finest."""

    def __init__(self, family: Family) -> None:
        super().__init__(family)
        self.sides = family.scales
        self.quant_resi = Refiners(family.refiners, family.codebook_dim)
        rows = family.counted.get("codes.ema_vocab_hit_SV", 0)
        self.counted = rows == len(self.sides)  # a file may be of a training with other scales
        if rows:
            self.register_buffer("ema_vocab_hit_SV", torch.empty(rows, family.codebook_size))

    def stages(self, latents: Tensor) -> list[CodecLevel]:
        left, stages, size = latents.float(), [], latents.shape[-2:]
        for level, side in enumerate(self.sides):
            finest = level == len(self.sides) - 1
            points = flat(left if finest else interpolate(left, size=(side, side), mode="area"))  # (B, N, D)
            indices = published_nearest(points, self.rows()).reshape(len(latents), side, side)
            z_q = nn.functional.embedding(indices.flatten(1), self.rows())
            stages.append(CodecLevel(indices, points, z_q))
            left = left - self._spread(level, lookup(self.rows(), indices), size)
        return stages

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        size = (self.sides[-1],) * 2
        codes = lookup(self.rows(), indices, kept)
        whole = self._spread(level, codes, size)
        if kept is None:
            return whole
        share = self._enlarge(level, kept[:, None].to(whole.dtype), size)  # (B, 1, h, w)
        bias = self.quant_resi.of_scale(level, len(self.sides)).bias.float()[:, None, None]
        return whole - PASSING * bias * (1 - share)

    def _spread(self, level: int, codes: Tensor, size: tuple[int, int]) -> Tensor:
        """The map of a level's codes (B, D, side, side) at the finest size, through phi."""
        large = self._enlarge(level, codes, size)
        phi = self.quant_resi.of_scale(level, len(self.sides))
        smoothed = nn.functional.conv2d(large, phi.weight.float(), phi.bias.float(), padding=phi.padding)
        return large * (1 - PASSING) + smoothed * PASSING

    def _enlarge(self, level: int, codes: Tensor, size: tuple[int, int]) -> Tensor:
        return codes if level == len(self.sides) - 1 else interpolate(codes, size=size, mode="bicubic")

    def codebooks(self) -> tuple[Codebook, ...]:
        shared = table_book(self.rows(), "euclidean")
        if not self.counted:
            return (shared,) * len(self.sides)
        counts = self.ema_vocab_hit_SV.detach().float().cpu().numpy()
        return tuple(
            Codebook(*shared.vectors.shape, "euclidean", shared.vectors, counts=row, counts_decay=DECAY)
            for row in counts
        )
