"""Vocos as WavTokenizer has it: residual units and attention, ConvNeXt blocks, and an inverse Fourier transform.

Siuzdak 2023 (arXiv 2306.00814). Shapes are (B, C, T) unless they are said.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, gelu, layer_norm, silu

from explorer.public.sound.vocos_config import VocosConfig

EPSILON = 1e-6
GROUPS = 32
LOUDEST = 100.0  # of one coefficient: a wild frame cannot deafen
CONDITION = 0  # the row of the adaptive norms that the project's own examples use


class VocosBackbone(nn.Module):
    """(B, inputs, T) -> (B, T, width)."""

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        width = config.width
        self.embed = nn.Conv1d(config.inputs, width, 7, padding=3)
        self.pos_net = nn.Sequential(
            _Residual(width),
            _Residual(width),
            _Attention(width),
            _Residual(width),
            _Residual(width),
            _group_norm(width),
        )
        self.norm = _norm(config)
        self.convnext = nn.ModuleList(_ConvNext(config) for _ in range(config.blocks))
        self.final_layer_norm = nn.LayerNorm(width, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.pos_net(self.embed(x)).transpose(1, 2)).transpose(1, 2)
        for block in self.convnext:
            x = block(x)
        return self.final_layer_norm(x.transpose(1, 2))


class FourierHead(nn.Module):
    """(B, T, width) -> (B, 1, T x hop): magnitudes and phases of frames, transformed back and added up."""

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.window, self.hop = config.window, config.hop
        self.out = nn.Linear(config.width, config.window + 2)
        self.istft = nn.Module()
        self.istft.register_buffer("window", torch.zeros(config.window))

    def forward(self, x: Tensor) -> Tensor:
        magnitude, phase = self.out(x).transpose(1, 2).chunk(2, dim=1)  # (B, window / 2 + 1, T)
        magnitude = magnitude.exp().clip(max=LOUDEST)
        spectrum = torch.complex(magnitude * phase.cos(), magnitude * phase.sin())
        shape = self.istft.window[None, :, None]
        frames = torch.fft.irfft(spectrum, self.window, dim=1) * shape  # (B, window, T)
        # Where windows overlap their squares are divided out, since sound was windowed before and after.
        weight = shape.square().expand(1, -1, frames.shape[2])
        return self._overlapped(frames) / self._overlapped(weight)

    def _overlapped(self, frames: Tensor) -> Tensor:
        """(B, window, T) -> (B, 1, T x hop): added at steps of `hop`, the overhang at both ends cut away."""
        length = (frames.shape[2] - 1) * self.hop + self.window
        added = fold(frames, (1, length), (1, self.window), stride=(1, self.hop))[:, :, 0]
        over = (self.window - self.hop) // 2
        return added[..., over : length - over]


class _ConvNext(nn.Module):
    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        width = config.width
        self.dwconv = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = _norm(config)
        self.pwconv1 = nn.Linear(width, config.inner_width)
        self.pwconv2 = nn.Linear(config.inner_width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.pwconv2(gelu(self.pwconv1(self.norm(self.dwconv(x).transpose(1, 2)))))
        return x + (self.gamma * y).transpose(1, 2)


class _AdaptiveNorm(nn.Module):
    """Layer norm whose scale and shift are rows of a table, one row a condition."""

    def __init__(self, width: int, conditions: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Embedding(conditions, width), nn.Embedding(conditions, width)

    def forward(self, x: Tensor) -> Tensor:
        return layer_norm(x, x.shape[-1:], eps=EPSILON) * self.scale.weight[CONDITION] + self.shift.weight[CONDITION]


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = _group_norm(width), nn.Conv1d(width, width, 3, padding=1)
        self.norm2, self.conv2 = _group_norm(width), nn.Conv1d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(silu(self.norm2(self.conv1(silu(self.norm1(x))))))


class _Attention(nn.Module):
    """One head over all frames."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = _group_norm(width)
        self.q, self.k, self.v, self.proj_out = (nn.Conv1d(width, width, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        normal = self.norm(x)
        scores = self.q(normal).transpose(1, 2) @ self.k(normal) * x.shape[1] ** -0.5  # (B, T, T)
        return x + self.proj_out(self.v(normal) @ scores.softmax(dim=2).transpose(1, 2))


def _norm(config: VocosConfig) -> nn.Module:
    if config.conditions:
        return _AdaptiveNorm(config.width, config.conditions)
    return nn.LayerNorm(config.width, EPSILON)


def _group_norm(width: int) -> nn.Module:
    return nn.GroupNorm(GROUPS, width, EPSILON)
