"""Encoder and decoder of the convolutional family, built from a `Trunk`."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import silu

from explorer.public.convvq.layers import (
    AdaptiveNorm,
    Attention,
    ResidualBlock,
    convolution,
    norm,
    resampler,
)
from explorer.public.convvq.plan import Trunk


class Level(nn.Module):
    """Residual blocks at one resolution, each followed by attention if the level has it, then the resampling."""

    def __init__(self, trunk: Trunk, level: int, into: int, last: bool) -> None:
        super().__init__()
        out = trunk.widths[level]
        count = trunk.blocks[level]
        self.block = nn.ModuleList(ResidualBlock(trunk, into if i == 0 else out, out) for i in range(count))
        self.attn = nn.ModuleList(Attention(trunk, out) for _ in range(count if trunk.attention[level] else 0))
        name = "downsample" if trunk.side == "encoder" else "upsample"
        self.resample = name if not last else None
        if not last:
            self.add_module(name, resampler(trunk, out))

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        for i, block in enumerate(self.block):
            x = block(x, style)
            if len(self.attn):
                x = self.attn[i](x, style)
        return x if self.resample is None else self.get_submodule(self.resample)(x)


def middle(trunk: Trunk, channels: int) -> nn.ModuleList:
    made = {"block": lambda: ResidualBlock(trunk, channels, channels), "attention": lambda: Attention(trunk, channels)}
    return nn.ModuleList(made[part]() if part in made else nn.Identity() for part in trunk.middle)


def run(parts: nn.ModuleList, x: Tensor, style: Tensor | None = None) -> Tensor:
    for part in parts:
        x = x if isinstance(part, nn.Identity) else part(x, style)
    return x


class Encoder(nn.Module):
    """pixels (B, 3, H, W), in the range that the format asks for -> (B, z, H/f, W/f)."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.conv_in = convolution(trunk.in_channels, trunk.first, trunk.in_kernel, "conv_in" not in trunk.unbiased)
        before = (trunk.first, *trunk.widths)
        last = len(trunk.widths) - 1
        self.down = nn.ModuleList(Level(trunk, i, before[i], i == last) for i in range(last + 1))
        self.mid = middle(trunk, trunk.widths[-1])
        self.norm_out = norm(trunk, trunk.widths[-1])
        self.conv_out = convolution(
            trunk.widths[-1], trunk.out_channels, trunk.out_kernel, "conv_out" not in trunk.unbiased
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.conv_out(silu(self.norm_out(run(self.mid, x))))


class Decoder(nn.Module):
    """(B, z, h, w) -> pixels (B, 3, f h, f w). style: the codes, for norms that they condition."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.conv_in = convolution(trunk.in_channels, trunk.first, trunk.in_kernel, "conv_in" not in trunk.unbiased)
        self.mid = middle(trunk, trunk.first)
        order = list(range(len(trunk.widths)))
        self.order = order[::-1] if trunk.reverse else order  # positions in `up`, first to run first
        levels, adaptive, into = {}, {}, trunk.first
        for i in self.order:
            levels[i] = Level(trunk, i, into, i == self.order[-1])
            adaptive[i] = AdaptiveNorm(into, trunk.groups, trunk.adaptive) if trunk.adaptive else nn.Identity()
            into = trunk.widths[i]
        self.up = nn.ModuleList(levels[i] for i in order)
        self.adaptive = nn.ModuleList(adaptive[i] for i in order)
        self.norm_out = norm(trunk, into)
        self.conv_out = convolution(into, trunk.out_channels, trunk.out_kernel, "conv_out" not in trunk.unbiased)

    def forward(self, z: Tensor, style: Tensor | None = None) -> Tensor:
        x = run(self.mid, self.conv_in(z), style)
        for i in self.order:
            if not isinstance(self.adaptive[i], nn.Identity):
                x = self.adaptive[i](x, style)
            x = self.up[i](x, style)
        return self.conv_out(silu(self.norm_out(x, style)))
