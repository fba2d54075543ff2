"""BSQ-ViT: a vision transformer each way and binary spherical quantization between.

Zhao et al. 2024, "Image and Video Tokenization with Binary Spherical Quantization" (arXiv 2406.07548);
zhaoyue-zephyrus/bsq-vit. A latent is put on the unit sphere, its code is the sign of each coordinate over sqrt(D); the
first coordinate is the most significant bit. The original sums the bits in float32, which rounds indices of more than
24 bits; here they are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pixel_shuffle, pixel_unshuffle

from explorer.joints.record import Codebook
from explorer.public.vit.blocks import Block
from explorer.quantizers.lattices.signs import sign_rule
from explorer.tokenizers.codec import Codec, CodecLevel, flat

MARGIN = 0.1  # of the logit-Laplace variant, whose pixels lie in [0.1, 0.9]


@dataclass(frozen=True)
class BsqVitConfig:
    """width, layers, inside: (encoder, decoder). hidden: channels of the decoder's tanh layer, 0 for none.

    laplace: the decoder gives means and scales of a logit-Laplace density, of pixels in [0.1, 0.9]; else [-1, 1].
    """

    patch: int
    grid: int
    bits: int
    width: tuple[int, int]
    layers: tuple[int, int]
    inside: tuple[int, int]
    hidden: int
    laplace: bool


class Transformer(nn.Module):
    """tokens (B, N, C) with positions added -> (B, N, C)."""

    def __init__(self, config: BsqVitConfig, side: int) -> None:
        super().__init__()
        width = config.width[side]
        self.positional_embedding = nn.Parameter(torch.empty(config.grid**2, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        blocks = nn.Sequential(*(Block(width, config.inside[side]) for _ in range(config.layers[side])))
        self.transformer = nn.ModuleDict({"resblocks": blocks})

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.ln_pre(tokens + self.positional_embedding)
        return self.ln_post(self.transformer["resblocks"](x))


class Encoder(Transformer):
    """pixels (B, 3, H, W) -> (B, N, C)."""

    def __init__(self, config: BsqVitConfig) -> None:
        super().__init__(config, 0)
        self.patch = config.patch
        self.conv1 = nn.Linear(3 * config.patch**2, config.width[0], bias=False)

    def forward(self, pixels: Tensor) -> Tensor:
        return super().forward(self.conv1(flat(pixel_unshuffle(pixels, self.patch))))


class Decoder(Transformer):
    """(B, N, C) -> (B, 3 or 6, H, W)."""

    def __init__(self, config: BsqVitConfig) -> None:
        super().__init__(config, 1)
        self.patch, self.grid = config.patch, config.grid
        width = config.width[1]
        self.ffn = nn.Sequential(nn.Linear(width, config.hidden), nn.Tanh()) if config.hidden else nn.Identity()
        self.conv_out = nn.Linear(config.hidden or width, 3 * config.patch**2 * (1 + config.laplace))

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.conv_out(self.ffn(super().forward(tokens)))  # (B, N, colours x patch x patch)
        return pixel_shuffle(x.transpose(1, 2).unflatten(2, (self.grid, self.grid)), self.patch)


class BsqVitCodec(Codec):
    """Pictures of one size, a token a patch."""

    def __init__(self, config: BsqVitConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quant_embed = nn.Linear(config.width[0], config.bits)
        self.post_quant_embed = nn.Linear(config.bits, config.width[1])
        self.scale = 1 / math.sqrt(config.bits)

    def latents(self, media: Tensor) -> Tensor:
        pixels = (1 - 2 * MARGIN) * media + MARGIN if self.config.laplace else 2 * media - 1
        return normalize(self.quant_embed(self.encoder(pixels)).float(), dim=-1)  # (B, N, D), on the sphere

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        positive = latents > 0  # a coordinate of 0 counts as negative here
        place = 2 ** torch.arange(self.config.bits - 1, -1, -1, device=latents.device)
        indices = (positive * place).sum(-1).unflatten(1, (self.config.grid, self.config.grid))
        return [CodecLevel(indices, latents, (2.0 * positive - 1) * self.scale)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        place = torch.arange(self.config.bits - 1, -1, -1, device=indices.device)
        signs = 2 * (indices[..., None] >> place & 1) - 1  # (B, h, w, D)
        signs = signs if kept is None else signs * kept[..., None]
        return (signs.to(self.quant_embed.weight.dtype) * self.scale).movedim(-1, 1)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        decoded = self.decoder(self.post_quant_embed(flat(embedded[0])))
        if self.config.laplace:
            return (decoded[:, :3].sigmoid() - MARGIN) / (1 - 2 * MARGIN)
        return (decoded + 1) / 2

    def codebooks(self) -> tuple[Codebook, ...]:
        rule = sign_rule("BSQ", self.config.bits, self.scale)
        return (Codebook(rule.codebook_size, self.config.bits, "implicit", rule=rule),)
