"""A picture as a short row of tokens without places: TiTok, small.

Yu et al. 2024, "An Image is Worth 32 Tokens for Reconstruction and Generation" (arXiv 2406.07550), section 3.2: learned
latent tokens stand beside the patches in a vision transformer, and what becomes of them alone is quantized; the decoder
is a transformer over the tokens and as many copies of one mask token as there are patches. What differs: one stage that
is trained on pixels, where the paper first predicts the codes of a VQGAN; patches are read and painted by two
convolutions each rather than by one; and how attention starts, without which so short a training stays at the mean
picture: queries and keys alike, so that a place looks at itself first (Trockman and Kolter 2023, "Mimetic
Initialization of Self-Attention Layers", arXiv 2305.09828), and tokens at places of patches, spread evenly; both learn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu

from explorer.foundation.errors import SettingsError
from explorer.quantizers import chance

HEAD = 32  # channels of a head of attention
WIDER = 4  # how much wider the hidden layer of a block is
START = 0.25  # deviation of what a branch adds at first, about
ALIKE = 1.3  # gain of queries and of keys at first
MIDDLE = 24  # channels at half of the picture's size, on the way to and from patches


@dataclass(frozen=True)
class LatentTokenConfig:
    """side: of the one square picture that it takes, in pixels; patch: pixels a side of a patch, even; tokens: N.

    channels, blocks: width and number of transformer blocks of either side. latent_dim is the quantizer's D.
    token_dropout: share of the pictures that are decoded from their first tokens alone while training, so that tokens
    come in the order of what they carry and any number of them decodes.
    """

    latent_dim: int
    channels: int = 128
    blocks: int = 4
    side: int = 128
    patch: int = 16
    tokens: int = 64
    token_dropout: float = 0.0

    def __post_init__(self) -> None:
        if min(self.side, self.patch, self.tokens) < 1 or self.patch % 2 or self.side % self.patch:
            raise SettingsError(f"{self.tokens} tokens of {self.side} px in patches of {self.patch} px cannot be made")
        if not 0 <= self.token_dropout <= 1:
            raise SettingsError(f"token_dropout must be from 0 to 1, got {self.token_dropout}")
        if self.channels < HEAD or self.channels % HEAD:
            raise SettingsError(f"the width of a transformer here is a multiple of {HEAD}, got {self.channels}")

    @property
    def grid(self) -> int:
        """Patches a side."""
        return self.side // self.patch


def drop_last_tokens(latents: Tensor, share: float) -> Tensor:
    """Nested dropout over tokens: (B, D, N) with the last ones of some pictures zero, 1 to N kept, each as likely.

    Rippel et al. 2014, "Learning Ordered Representations with Nested Dropout" (arXiv 1402.0915), section 2, eqs 1 to 3:
    of K units the first b are kept, b drawn for each example. There b is geometric, r^(b-1) (1 - r); what puts units in
    order is that any b can be drawn. Of tokens as in FlexTok (Bachmann et al. 2025, arXiv 2502.13967).
    """
    pictures, _, tokens = latents.shape
    kept = (chance.rand(pictures, device=latents.device) * tokens).floor() + 1  # (B,) from 1 to N
    kept = torch.where(chance.rand(pictures, device=latents.device) < share, kept, float(tokens))
    return latents * (torch.arange(tokens, device=latents.device) < kept[:, None])[:, None]


def grid_waves(side: int, width: int) -> Tensor:
    """Places of a grid as waves along both axes, from half a period to half of `side`: (side^2, width), width = 4 n."""
    middles = torch.arange(side) + 0.5
    rates = math.pi / side * torch.logspace(math.log2(0.5), math.log2(max(side / 2, 1)), width // 4, base=2)
    turns = middles[:, None] * rates  # (side, width / 4)
    one = torch.cat([turns.cos(), turns.sin()], 1)  # (side, width / 2)
    rows, columns = one[:, None].expand(-1, side, -1), one[None].expand(side, -1, -1)
    return torch.cat([columns, rows], 2).flatten(0, 1)


class TransformerBlock(nn.Module):
    """x + attention(ln(x)), then x + mlp(ln(x)); both branches start small, queries and keys alike."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, WIDER * width), nn.Linear(WIDER * width, width)
        for last in (self.mix, self.narrow):
            nn.init.normal_(last.weight, std=START / last.in_features**0.5)
            nn.init.zeros_(last.bias)
        with torch.no_grad():
            queries, keys, _ = self.qkv.weight.chunk(3)
            nn.init.orthogonal_(queries, gain=ALIKE)
            keys.copy_(queries)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) -> the same."""
        q, k, v = self.qkv(self.before(x)).unflatten(-1, (3, self.heads, HEAD)).permute(2, 0, 3, 1, 4)
        x = x + self.mix(scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.narrow(silu(self.widen(self.between(x))))


class _Side(nn.Module):
    """What encoder and decoder have alike: positions of patches and of tokens, and the blocks."""

    def __init__(self, config: LatentTokenConfig) -> None:
        super().__init__()
        self.config, width = config, config.channels
        places = grid_waves(config.grid, width)
        spread = torch.linspace(0, len(places) - 1, config.tokens).round().long()
        self.patch_places = nn.Parameter(places)
        self.token_places = nn.Parameter(places[spread].clone())
        self.blocks = nn.Sequential(*(TransformerBlock(width) for _ in range(config.blocks)))
        self.last = nn.LayerNorm(width)

    def mixed(self, patches: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """patches (B, P, C), tokens (B, N, C) through the blocks."""
        places = torch.cat([self.patch_places, self.token_places])
        x = self.last(self.blocks(torch.cat([patches, tokens], 1) + places))
        return x[:, : patches.shape[1]], x[:, patches.shape[1] :]


class LatentTokenEncoder(_Side):
    """pixels (B, 3, side, side) in [-1, 1] -> latents (B, D, N)."""

    def __init__(self, config: LatentTokenConfig) -> None:
        super().__init__(config)
        half = config.patch // 2
        self.read = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, MIDDLE, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(MIDDLE, config.channels, half, stride=half),
        )
        self.to_latent = nn.Linear(config.channels, config.latent_dim)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.read(pixels).flatten(2).transpose(1, 2)  # (B, P, C)
        tokens = patches.new_zeros(len(patches), self.config.tokens, patches.shape[2])  # told apart by their places
        return self.to_latent(self.mixed(patches, tokens)[1]).transpose(1, 2)


class LatentTokenDecoder(_Side):
    """latents (B, D, N) -> pixels (B, 3, side, side), about [-1, 1]."""

    def __init__(self, config: LatentTokenConfig) -> None:
        super().__init__(config)
        half = config.patch // 2
        self.from_latent = nn.Linear(config.latent_dim, config.channels)
        self.paint = nn.Sequential(
            nn.Conv2d(config.channels, MIDDLE * half**2, 1),
            nn.PixelShuffle(half),
            nn.SiLU(),
            nn.Conv2d(MIDDLE, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, latents: Tensor) -> Tensor:
        if self.training and self.config.token_dropout:
            latents = drop_last_tokens(latents, self.config.token_dropout)
        tokens = self.from_latent(latents.transpose(1, 2))  # (B, N, C)
        grid = self.config.grid
        masks = tokens.new_zeros(len(tokens), grid**2, tokens.shape[2])  # one mask token, its value in the places
        patches = self.mixed(masks, tokens)[0].transpose(1, 2).unflatten(2, (grid, grid))
        return self.paint(patches)
