"""The layers of the convolutional family: norms, residual blocks, attention, and what halves or doubles a side.

After taming-transformers (Esser et al. 2021, arXiv 2012.09841), which follows Ho et al. 2020 (arXiv 2006.11239); the
spatial norm is MoVQ's (Zheng et al. 2022, arXiv 2209.09002), the adaptive norm Open-MAGVIT2's (Luo et al. 2024, arXiv
2409.04410). Letters: B pictures, C channels, h and w positions, N = h w.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.public.convvq.plan import Trunk

EPSILON = 1e-6


def convolution(into: int, out: int, kernel: int, bias: bool = True) -> nn.Conv2d:
    """Stride 1, the size kept."""
    return nn.Conv2d(into, out, kernel, padding=kernel // 2, bias=bias)


class Norm(nn.GroupNorm):
    """Group norm; a style is ignored."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__(groups, channels, eps=EPSILON)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        return super().forward(x)


class SpatialNorm(nn.Module):
    """Group norm, scaled and shifted at each place by the codes that lie there: style (B, D, h', w')."""

    def __init__(self, channels: int, groups: int, style_channels: int) -> None:
        super().__init__()
        self.norm_layer = nn.GroupNorm(groups, channels, eps=EPSILON)
        self.conv_y = nn.Conv2d(style_channels, channels, 1)
        self.conv_b = nn.Conv2d(style_channels, channels, 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        style = functional.interpolate(style, size=x.shape[-2:], mode="nearest")
        return self.norm_layer(x) * self.conv_y(style) + self.conv_b(style)


class AdaptiveNorm(nn.Module):
    """Group norm without weights of its own, scaled by the spread and shifted by the mean of all codes."""

    def __init__(self, channels: int, groups: int, style_channels: int) -> None:
        super().__init__()
        self.groups = groups
        self.gamma = nn.Linear(style_channels, channels)
        self.beta = nn.Linear(style_channels, channels)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        flat = style.flatten(2)  # (B, D, N)
        spread = flat.var(-1) if flat.shape[-1] > 1 else torch.zeros_like(flat[..., 0])  # one token has no spread
        scale = self.gamma((spread + EPSILON).sqrt())[..., None, None]
        return scale * functional.group_norm(x, self.groups, eps=EPSILON) + self.beta(flat.mean(-1))[..., None, None]


def norm(trunk: Trunk, channels: int) -> nn.Module:
    return SpatialNorm(channels, trunk.groups, trunk.style) if trunk.style else Norm(channels, trunk.groups)


class ResidualBlock(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x)))))); a 1x1 convolution of x where the number of channels changes.

    MaskGIT's port applies that convolution to the branch's output instead, and drops x (`shortcut_on_output`).
    """

    def __init__(self, trunk: Trunk, into: int, out: int) -> None:
        super().__init__()
        bias = "block" not in trunk.unbiased
        self.on_output = trunk.shortcut_on_output
        self.norm1, self.norm2 = norm(trunk, into), norm(trunk, out)
        self.conv1, self.conv2 = convolution(into, out, 3, bias), convolution(out, out, 3, bias)
        self.nin_shortcut = None
        if into != out:
            self.nin_shortcut = convolution(out if self.on_output else into, out, trunk.shortcut_kernel, bias)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        h = self.conv1(functional.silu(self.norm1(x, style)))
        h = self.conv2(functional.silu(self.norm2(h, style)))
        if self.nin_shortcut is None:
            return x + h
        return self.nin_shortcut(h if self.on_output else x) + h


class Attention(nn.Module):
    """x + attention of every place to every place, one head of all channels."""

    def __init__(self, trunk: Trunk, channels: int) -> None:
        super().__init__()
        self.norm = norm(trunk, channels)
        self.fused, self.linear = trunk.fused, trunk.linear
        if self.fused:
            self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        else:
            self.q, self.k, self.v = (self._projection(channels) for _ in range(3))
        self.proj_out = self._projection(channels)

    def _projection(self, channels: int) -> nn.Module:
        return nn.Linear(channels, channels) if self.linear else nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        h = self.norm(x, style)
        if self.linear:
            h = h.flatten(2).transpose(1, 2)  # (B, N, C)
            parts = [self.q(h), self.k(h), self.v(h)]
        else:
            maps = self.qkv(h).chunk(3, dim=1) if self.fused else (self.q(h), self.k(h), self.v(h))
            parts = [part.flatten(2).transpose(1, 2) for part in maps]
        h = functional.scaled_dot_product_attention(*(part[:, None] for part in parts))[:, 0]  # (B, N, C)
        if self.linear:
            return x + self.proj_out(h).transpose(1, 2).reshape(x.shape)
        return x + self.proj_out(h.transpose(1, 2).reshape(x.shape))


class Downsample(nn.Module):
    """Half the side: a strided convolution under the name `conv`, padded at the right and the bottom alone."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.pad(x, (0, 1, 0, 1)))


class NearestUpsample(nn.Module):
    """Twice the side: every place four times, then a convolution under the name `conv`."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.conv = convolution(channels, channels, 3, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class DepthUpsample(nn.Module):
    """Twice the side: a convolution to four times the channels, the four of a place being the outer axis of them."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.conv1 = convolution(channels, 4 * channels, 3, bias)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        blocks = self.conv1(x).reshape(b, 2, 2, c, h, w)  # (B, row, column, C, h, w): not the order of PixelShuffle
        return blocks.permute(0, 3, 4, 1, 5, 2).reshape(b, c, 2 * h, 2 * w)


def resampler(trunk: Trunk, channels: int) -> nn.Module:
    """What stands between two levels."""
    bias = "resample" not in trunk.unbiased
    if trunk.resample == "symmetric":
        return nn.Conv2d(channels, channels, 3, stride=2, padding=1, bias=bias)
    made = {"strided": Downsample, "nearest": NearestUpsample, "depth": DepthUpsample}.get(trunk.resample)
    if made is not None:
        return made(channels, bias)
    return nn.AvgPool2d(2) if trunk.resample == "pool" else nn.UpsamplingNearest2d(scale_factor=2)
