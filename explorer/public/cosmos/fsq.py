"""Finite scalar quantization of Cosmos: Mentzer et al. 2023 (arXiv 2309.15505), in float32 whatever the weights are."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from explorer.joints.record import Codebook
from explorer.quantizers.lattices.fsq import EDGE, fsq_rule
from explorer.tokenizers.codec import CodecLevel, flat


class Lattice:
    """levels: values of each axis. No module: nothing of it is learnt, and half precision would move its bounds."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        self.rule = fsq_rule(levels)
        half = [(n - 1) * (1 + EDGE) / 2 for n in levels]
        offset = [0.0 if n % 2 else 0.5 for n in levels]
        shift = [math.atanh(o / h) for o, h in zip(offset, half, strict=True)]
        self._bounds = [half, offset, shift, [float(n // 2) for n in levels]]

    def stage(self, latents: Tensor) -> CodecLevel:
        """(B, D, *shape) -> the level's Stage; z_e is bounded, in the space of the codes."""
        z = flat(latents).float()  # (B, N, D)
        half, offset, shift, width = torch.tensor(self._bounds, device=z.device)
        bounded = (z + shift).tanh() * half - offset
        rounded = bounded.round()
        radix = torch.tensor(self.rule.radix().tolist(), device=z.device)
        indices = ((rounded + width).long() * radix).sum(-1)
        return CodecLevel(indices.unflatten(1, latents.shape[2:]), bounded / width, rounded / width)

    def embed(self, indices: Tensor, kept: Tensor | None, dtype: torch.dtype) -> Tensor:
        """(B, *shape) -> codes (B, D, *shape), zero where not kept."""
        radix = torch.tensor(self.rule.radix().tolist(), device=indices.device)
        levels = torch.tensor(self.rule.levels, device=indices.device)
        digits = indices[..., None] // radix % levels
        codes = (digits - levels // 2) / (levels // 2)  # (B, *shape, D)
        codes = codes if kept is None else codes * kept[..., None]
        return codes.to(dtype).movedim(-1, 1)

    def codebooks(self) -> tuple[Codebook, ...]:
        return (Codebook(self.rule.codebook_size, len(self.rule.levels), "implicit", rule=self.rule),)
