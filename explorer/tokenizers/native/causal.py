"""Convolutions that look back only, for sound and for time in clips: what comes later never changes what came before.

All are padded with zeros before the first place, as if silence had been there, so lengths stay whole multiples.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import pad, silu

DILATIONS = (1, 3, 9)  # of the residual units of one rate, one after another (SoundStream, arXiv 2107.03312, fig. 3)


class CausalConv1d(nn.Conv1d):
    """(B, C, T) -> (B, C', T / stride): output t sees inputs up to stride (t + 1) - 1. kernel_size >= stride."""

    def __init__(self, channels: int, out: int, kernel_size: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(channels, out, kernel_size, stride=stride, dilation=dilation)
        self.before = (kernel_size - 1) * dilation - (stride - 1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad(x, (self.before, 0)))


class ResidualUnit(nn.Module):
    """x + 1(silu(3, dilated(silu(x)))) along time, the last convolution starting at zero."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilated = CausalConv1d(channels, channels, 3, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mix(silu(self.dilated(silu(x))))


class Upsample1d(CausalConv1d):
    """(B, C, T) -> (B, C', T factor): each place becomes `factor` places, made from it and the one before."""

    def __init__(self, channels: int, out: int, factor: int) -> None:
        super().__init__(channels, out * factor, 2)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return spread_time(super().forward(x), self.factor)


def keep_variance(network: nn.Module) -> None:
    """Start convolutions so that their outputs vary as their inputs do, but for those that start at zero.

    What torch does by default makes them smaller, layer by layer: a quantizer then sees nothing for hundreds of steps.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d) and bool(layer.weight.any()):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            nn.init.zeros_(layer.bias)


def residual_units(channels: int, count: int) -> list[nn.Module]:
    """`count` units whose dilations go round DILATIONS."""
    return [ResidualUnit(channels, DILATIONS[i % len(DILATIONS)]) for i in range(count)]


def units_reach(count: int) -> int:
    """How many places later a place still changes what `count` residual units give."""
    return sum(2 * DILATIONS[i % len(DILATIONS)] for i in range(count))


def fold_time(x: Tensor, factor: int) -> Tensor:
    """(B, C, T) -> (B, C factor, T / factor): neighbours in time become channels."""
    batch, channels, length = x.shape
    return x.view(batch, channels, length // factor, factor).transpose(2, 3).reshape(batch, channels * factor, -1)


def spread_time(x: Tensor, factor: int) -> Tensor:
    """(B, C factor, T) -> (B, C, T factor): the inverse of `fold_time`."""
    batch, channels, length = x.shape
    return x.view(batch, channels // factor, factor, length).transpose(2, 3).reshape(batch, -1, length * factor)
