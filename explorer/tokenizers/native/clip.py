"""The causal encoder and decoder of clips: 4 frames x 8 x 8 pixels a token, the first frame alone, shared by all.

As in MAGVIT-v2 (Yu et al. 2023, arXiv 2310.05737, section 3.2) no frame changes the tokens of what came before it, so
that a picture is a clip of one frame. What differs: the first frame stands for the three before it; four frames and
2 x 2 pixels are folded into channels at once, and time is mixed at the rates of a quarter and an eighth alone. So a
clip costs little more than a quarter of its frames would as pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, silu

from explorer.tokenizers.native.autoencoder import ResidualBlock
from explorer.tokenizers.native.causal import keep_variance

TIME_STEP = 4
KERNEL = 3  # along time
FOLDED = 3 * 2 * 2 * TIME_STEP


@dataclass(frozen=True)
class ClipConfig:
    """Channels and blocks at half, quarter and eighth resolution; latent_dim is the quantizer's D."""

    latent_dim: int
    channels: tuple[int, int, int] = (48, 80, 128)
    blocks: tuple[int, int, int] = (1, 2, 2)


class TimeMix(nn.Module):
    """x + (3 along time)(silu(x)), each place of the grid alone, looking back, starting at zero.

    As one 1x1 convolution over a step and those before it, which is faster than one along so short an axis.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.steps = nn.Conv2d(KERNEL * channels, channels, 1)
        nn.init.zeros_(self.steps.weight)
        nn.init.zeros_(self.steps.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C, H, W) -> the same."""
        steps = x.shape[1]
        ready = pad(silu(x), (0, 0, 0, 0, 0, 0, KERNEL - 1, 0))  # silence before the first step
        seen = torch.cat([ready[:, i : i + steps] for i in range(KERNEL)], dim=2)  # (B, T, 3 C, H, W)
        flat = seen.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return x + self.steps(flat).unflatten(0, x.shape[:2])


class EachStep(nn.Sequential):
    """Layers of pictures, used on every step of time alone: (B, T, C, H, W) -> (B, T, C', H', W')."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return super().forward(flat).unflatten(0, x.shape[:2])


def _blocks(channels: int, count: int) -> list[nn.Module]:
    return [ResidualBlock(channels) for _ in range(count)]


def _mixed_blocks(channels: int, count: int) -> list[nn.Module]:
    """Pairs of a block over the picture and one over time."""
    return [layer for _ in range(count) for layer in (EachStep(ResidualBlock(channels)), TimeMix(channels))]


class ClipEncoder(nn.Module):
    """frames (B, 3, 1 + 4 n, H, W) in [-1, 1] -> latents (B, D, 1 + n, H/8, W/8)."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        (c2, c4, c8), (b2, b4, b8) = config.channels, config.blocks
        self.layers = nn.Sequential(
            EachStep(
                nn.PixelUnshuffle(2),
                nn.Conv2d(FOLDED, c2, 3, padding=1),
                *_blocks(c2, b2),
                nn.Conv2d(c2, c4, 4, stride=2, padding=1),
                *_blocks(c4, b4),
            ),
            TimeMix(c4),
            EachStep(nn.Conv2d(c4, c8, 4, stride=2, padding=1)),
            *_mixed_blocks(c8, b8),
            EachStep(nn.SiLU(), nn.Conv2d(c8, config.latent_dim, 1)),
        )
        keep_variance(self)

    def forward(self, frames: Tensor) -> Tensor:
        first = frames[:, :, :1].expand(-1, -1, TIME_STEP - 1, -1, -1)
        steps = torch.cat([first, frames], dim=2).unflatten(2, (-1, TIME_STEP))  # (B, 3, T, 4, H, W)
        return self.layers(steps.permute(0, 2, 3, 1, 4, 5).flatten(2, 3)).transpose(1, 2)


class ClipDecoder(nn.Module):
    """latents (B, D, 1 + n, h, w) -> frames (B, 3, 1 + 4 n, 8h, 8w), about [-1, 1]."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        (c2, c4, c8), (b2, b4, b8) = config.channels, config.blocks
        self.layers = nn.Sequential(
            EachStep(nn.Conv2d(config.latent_dim, c8, 3, padding=1)),
            *_mixed_blocks(c8, b8),
            EachStep(nn.Conv2d(c8, 4 * c4, 1), nn.PixelShuffle(2)),
            TimeMix(c4),
            EachStep(
                *_blocks(c4, b4),
                nn.Conv2d(c4, 4 * c2, 1),
                nn.PixelShuffle(2),
                *_blocks(c2, b2),
                nn.SiLU(),
                nn.Conv2d(c2, FOLDED, 3, padding=1),
                nn.PixelShuffle(2),
            ),
        )
        keep_variance(self)

    def forward(self, latents: Tensor) -> Tensor:
        steps = self.layers(latents.transpose(1, 2))  # (B, T, 4 * 3, H, W)
        frames = steps.unflatten(2, (TIME_STEP, 3)).permute(0, 3, 1, 2, 4, 5).flatten(2, 3)
        return frames[:, :, TIME_STEP - 1 :]


def clip_reach(config: ClipConfig) -> int:
    """How many tokens away, along whichever axis is longer, a token still changes pixels."""
    half, quarter, eighth = config.blocks
    along = (KERNEL - 1) * (eighth + 1)
    return max(along, math.ceil((half + 1) / 4 + quarter / 2 + eighth + 1))
