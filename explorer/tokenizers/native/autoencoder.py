"""The convolutional encoder and decoder of the zoo: downsampling 8, shared by every quantizer.

No normalization layers: residual branches start at zero, which is stable at this depth and a third faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

DOWNSAMPLING = 8


@dataclass(frozen=True)
class AutoencoderConfig:
    """Channels and residual blocks at half, quarter and eighth resolution; latent_dim is the quantizer's D."""

    latent_dim: int
    channels: tuple[int, int, int] = (32, 64, 128)
    blocks: tuple[int, int, int] = (1, 2, 4)


class ResidualBlock(nn.Module):
    """x + 1x1(silu(3x3(silu(x)))), the last convolution starting at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, channels, 3, padding=1)
        self.mix = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mix(silu(self.spatial(silu(x))))


def _blocks(channels: int, count: int) -> list[nn.Module]:
    return [ResidualBlock(channels) for _ in range(count)]


class Encoder(nn.Sequential):
    """pixels (B, 3, H, W) in [-1, 1] -> latents (B, D, H/8, W/8)."""

    def __init__(self, config: AutoencoderConfig) -> None:
        (c2, c4, c8), (b2, b4, b8) = config.channels, config.blocks
        super().__init__(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, c2, 3, padding=1),
            *_blocks(c2, b2),
            nn.Conv2d(c2, c4, 4, stride=2, padding=1),
            *_blocks(c4, b4),
            nn.Conv2d(c4, c8, 4, stride=2, padding=1),
            *_blocks(c8, b8),
            nn.SiLU(),
            nn.Conv2d(c8, config.latent_dim, 1),
        )


class Decoder(nn.Sequential):
    """latents (B, D, h, w) -> pixels (B, 3, 8h, 8w), about [-1, 1]."""

    def __init__(self, config: AutoencoderConfig) -> None:
        (c2, c4, c8), (b2, b4, b8) = config.channels, config.blocks
        super().__init__(
            nn.Conv2d(config.latent_dim, c8, 3, padding=1),
            *_blocks(c8, b8),
            nn.Conv2d(c8, 4 * c4, 1),
            nn.PixelShuffle(2),
            *_blocks(c4, b4),
            nn.Conv2d(c4, 4 * c2, 1),
            nn.PixelShuffle(2),
            *_blocks(c2, b2),
            nn.SiLU(),
            nn.Conv2d(c2, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )


def decoder_reach(blocks: tuple[int, int, int]) -> int:
    """How many tokens away a token still changes pixels: each 3x3 convolution looks one place further, at its size."""
    half, quarter, eighth = blocks
    return math.ceil((half + 1) / 4 + quarter / 2 + eighth + 1)


def to_network(pixels: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] -> [-1, 1], channels last in memory (faster convolutions)."""
    return (pixels * 2 - 1).contiguous(memory_format=torch.channels_last)


def from_network(pixels: Tensor) -> Tensor:
    """About [-1, 1] -> [0, 1], clamped."""
    return ((pixels.float() + 1) / 2).clamp(0, 1)
