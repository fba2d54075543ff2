"""Layers of Cosmos DV: convolutions that see no later frame, norms and attention of single frames, halving, doubling.

After MAGVIT-v2 (Yu et al. 2023, arXiv 2310.05737), as NVIDIA/Cosmos-Tokenizer has it. Shapes are (B, C, T, H, W).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import group_norm, pad, scaled_dot_product_attention

EPSILON = 1e-6


def with_first(x: Tensor, times: int) -> Tensor:
    """The first frame `times` more, before the others."""
    return torch.cat([x[:, :, :1].expand(-1, -1, times, -1, -1), x], 2) if times else x


class CausalConv(nn.Module):
    """A convolution whose missing frames before the first are that frame; `padding` zeros around each frame."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int, int],
        stride: tuple[int, int, int] = (1, 1, 1),
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.before = kernel[0] - stride[0]
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, (0, padding, padding))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3d(with_first(x, self.before))


def space_then_time(inputs: int, outputs: int) -> nn.Sequential:
    """3 x 3 in space, then 3 in time."""
    return nn.Sequential(CausalConv(inputs, outputs, (1, 3, 3), padding=1), CausalConv(outputs, outputs, (3, 1, 1)))


class FrameNorm(nn.Module):
    """Every frame alone is normalized over all its channels and places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, channels, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        frames = x.transpose(1, 2)  # (B, T, C, H, W)
        normed = group_norm(frames.flatten(0, 1), 1, self.norm.weight, self.norm.bias, EPSILON)
        return normed.unflatten(0, frames.shape[:2]).transpose(1, 2)


class FrameAttention(nn.Module):
    """x + attention of the places of a frame to each other, one head."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = FrameNorm(channels)
        self.q, self.k, self.v, self.proj_out = (CausalConv(channels, channels, (1, 1, 1)) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        q, k, v = (part(normed).permute(0, 2, 3, 4, 1).flatten(2, 3) for part in (self.q, self.k, self.v))
        mixed = scaled_dot_product_attention(q, k, v)  # (B, T, H W, C)
        return x + self.proj_out(mixed.unflatten(2, x.shape[3:]).permute(0, 4, 1, 2, 3))


class TimeAttention(FrameAttention):
    """x + attention of each place to itself in this frame and those before, one head."""

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        q, k, v = (part(normed).permute(0, 3, 4, 2, 1) for part in (self.q, self.k, self.v))
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, H, W, T, C)
        return x + self.proj_out(mixed.permute(0, 4, 3, 1, 2))


class Resample(nn.Module):
    """What halving and doubling share. Files hold the convolutions also where neither space nor time changes."""

    def __init__(self, channels: int, space: bool, time: bool) -> None:
        super().__init__()
        self.space, self.time = space, time
        self.conv3 = CausalConv(channels, channels, (1, 1, 1))


class ClipDownsample(Resample):
    """Half the side, and half the frames after the first: a strided convolution and a mean, added."""

    def __init__(self, channels: int, space: bool, time: bool) -> None:
        super().__init__(channels, space, time)
        self.conv1 = CausalConv(channels, channels, (1, 3, 3), (1, 2, 2))
        self.conv2 = CausalConv(channels, channels, (3, 1, 1), (2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if self.space:
            x = self.conv1(pad(x, (0, 1, 0, 1))) + x.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).mean((4, 6))
        if self.time:
            x = with_first(x, 1)
            x = self.conv2(x) + x.unflatten(2, (-1, 2)).mean(3)
        return self.conv3(x) if self.space or self.time else x


class ClipUpsample(Resample):
    """Twice the frames after the first, and twice the side: repeated, plus a convolution of that."""

    def __init__(self, channels: int, space: bool, time: bool) -> None:
        super().__init__(channels, space, time)
        self.conv1 = CausalConv(channels, channels, (3, 1, 1))
        self.conv2 = CausalConv(channels, channels, (1, 3, 3), padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if self.time:
            x = x.repeat_interleave(2, 2)[:, :, 1:] if x.shape[2] > 1 else x
            x = self.conv1(x) + x
        if self.space:
            x = x.repeat_interleave(2, 3).repeat_interleave(2, 4)
            x = self.conv2(x) + x
        return self.conv3(x) if self.space or self.time else x
