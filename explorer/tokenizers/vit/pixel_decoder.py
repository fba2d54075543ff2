"""The decoder of MaskGIT's VQGAN, with which two-stage TiTok paints.

Chang et al. 2022 (arXiv 2202.04200), in the PyTorch form of huggingface/open-muse: no attention, no bias within
blocks, and a shortcut that acts on the block's output.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import interpolate, silu

NORM_GROUPS, NORM_EPSILON = 32, 1e-6


@dataclass(frozen=True)
class PixelDecoderConfig:
    """widths: channels of each level, finest first. blocks: a level. inputs: channels of what is decoded."""

    inputs: int
    widths: tuple[int, ...]
    blocks: int


class Block(nn.Module):
    """Two 3x3 convolutions after norms; where the width changes, the shortcut is a 1x1 of the result itself."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(NORM_GROUPS, inputs, NORM_EPSILON)
        self.norm2 = nn.GroupNorm(NORM_GROUPS, outputs, NORM_EPSILON)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.nin_shortcut = nn.Conv2d(outputs, outputs, 1, bias=False) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(silu(self.norm2(self.conv1(silu(self.norm1(x))))))
        return y + (x if self.nin_shortcut is None else self.nin_shortcut(y))


class Level(nn.Module):
    """Blocks of one resolution; then twice the size, but for the finest."""

    def __init__(self, inputs: int, outputs: int, blocks: int, doubles: bool) -> None:
        super().__init__()
        self.block = nn.Sequential(*(Block(inputs if i == 0 else outputs, outputs) for i in range(blocks)))
        self.upsample_conv = nn.Conv2d(outputs, outputs, 3, padding=1) if doubles else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(x)
        return x if self.upsample_conv is None else self.upsample_conv(interpolate(x, scale_factor=2, mode="nearest"))


class PixelDecoder(nn.Module):
    """(B, inputs, h, w) -> pixels (B, 3, h 2^(levels - 1), ...), about [0, 1]."""

    def __init__(self, config: PixelDecoderConfig) -> None:
        super().__init__()
        widths = config.widths
        self.conv_in = nn.Conv2d(config.inputs, widths[-1], 3, padding=1)
        self.mid = nn.Sequential(*(Block(widths[-1], widths[-1]) for _ in range(config.blocks)))
        coarser = (*widths[1:], widths[-1])
        self.up = nn.ModuleList(
            Level(inputs, outputs, config.blocks, i > 0)
            for i, (inputs, outputs) in enumerate(zip(coarser, widths, strict=True))
        )
        self.norm_out = nn.GroupNorm(NORM_GROUPS, widths[0], NORM_EPSILON)
        self.conv_out = nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid(self.conv_in(x))
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(silu(self.norm_out(x)))
