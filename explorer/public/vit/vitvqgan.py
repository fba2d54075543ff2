"""ViT-VQGAN: a vision transformer each way, and codes that are compared by direction.

Yu et al. 2021, "Vector-quantized Image Modeling with Improved VQGAN" (arXiv 2110.04627), as its public reimplementation
thuanz123/enhancing-transformers has it: tanh in the feed-forward layers, no bias in the projections of attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from explorer.joints.record import Codebook
from explorer.public.vit.blocks import HEAD_WIDTH, attend
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, published_nearest


@dataclass(frozen=True)
class VitSide:
    """width: channels. attention: channels of all heads together. inside: of the feed-forward layer."""

    width: int
    layers: int
    attention: int
    inside: int


@dataclass(frozen=True)
class VitVqganConfig:
    """patch: pixels a side of a patch. grid: patches a side of a picture."""

    patch: int
    grid: int
    codebook_size: int
    codebook_dim: int
    encoder: VitSide
    decoder: VitSide


class Attention(nn.Module):
    def __init__(self, side: VitSide) -> None:
        super().__init__()
        self.heads = side.attention // HEAD_WIDTH
        self.to_qkv = nn.Linear(side.width, 3 * side.attention, bias=False)
        self.to_out = nn.Linear(side.attention, side.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.to_out(attend(self.to_qkv(x), self.heads))


class FeedForward(nn.Module):
    def __init__(self, side: VitSide) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(side.width, side.inside), nn.Tanh(), nn.Linear(side.inside, side.width))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class Residual(nn.Module):
    """x + fn(norm(x))."""

    def __init__(self, width: int, fn: nn.Module) -> None:
        super().__init__()
        self.norm, self.fn = nn.LayerNorm(width), fn

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(self.norm(x)) + x


class Transformer(nn.Module):
    """(B, N, C) -> (B, N, C)."""

    def __init__(self, side: VitSide) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList([Residual(side.width, Attention(side)), Residual(side.width, FeedForward(side))])
            for _ in range(side.layers)
        )
        self.norm = nn.LayerNorm(side.width)

    def forward(self, x: Tensor) -> Tensor:
        for attention, feed_forward in self.layers:
            x = feed_forward(attention(x))
        return self.norm(x)


class Encoder(nn.Module):
    """pixels (B, 3, H, W) in [0, 1] -> (B, N, C)."""

    def __init__(self, config: VitVqganConfig) -> None:
        super().__init__()
        side, patch = config.encoder, config.patch
        self.to_patch_embedding = nn.Sequential(nn.Conv2d(3, side.width, patch, patch))
        self.en_pos_embedding = nn.Parameter(torch.empty(1, config.grid**2, side.width))
        self.transformer = Transformer(side)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.transformer(flat(self.to_patch_embedding(pixels)) + self.en_pos_embedding)


class Decoder(nn.Module):
    """(B, N, C) -> (B, 3, H, W), about [0, 1]."""

    def __init__(self, config: VitVqganConfig) -> None:
        super().__init__()
        side, patch = config.decoder, config.patch
        self.grid = config.grid
        self.de_pos_embedding = nn.Parameter(torch.empty(1, config.grid**2, side.width))
        self.transformer = Transformer(side)
        # In the file the convolution is second, after a change of axes.
        self.to_pixel = nn.Sequential(nn.Identity(), nn.ConvTranspose2d(side.width, 3, patch, patch))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.transformer(tokens + self.de_pos_embedding)
        return self.to_pixel(x.transpose(1, 2).unflatten(2, (self.grid, self.grid)))


class VitVqganCodec(Codec):
    """Pictures of one size, a token a patch."""

    searched = ("quantizer",)

    def __init__(self, config: VitVqganConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quantizer = nn.ModuleDict({"embedding": nn.Embedding(config.codebook_size, config.codebook_dim)})
        self.pre_quant = nn.Linear(config.encoder.width, config.codebook_dim)
        self.post_quant = nn.Linear(config.codebook_dim, config.decoder.width)

    def latents(self, media: Tensor) -> Tensor:
        return normalize(self.pre_quant(self.encoder(media)).float(), dim=-1)  # (B, N, D)

    def _table(self) -> Tensor:
        """The codes on the sphere; in float32 also where the networks are not, or tokens would move."""
        return normalize(self.quantizer["embedding"].weight.float(), dim=-1)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        table = self._table()
        indices = published_nearest(latents, table)
        grid = (self.config.grid, self.config.grid)
        return [CodecLevel(indices.unflatten(1, grid), latents, table[indices])]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self._table(), indices, kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.decoder(self.post_quant(flat(embedded[0]).to(self.post_quant.weight.dtype)))

    def codebooks(self) -> tuple[Codebook, ...]:
        vectors = self._table().cpu().numpy()
        return (Codebook(*vectors.shape, "cosine", vectors=vectors),)
