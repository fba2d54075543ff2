"""SEANet: the convolutional encoder and decoder of EnCodec and its heirs, in the form that is not causal.

Tagliasacchi et al. 2020 (arXiv 2009.02095); Défossez et al. 2022 (arXiv 2210.13438). Sound is padded by reflection, so
that it has a token for every `hop` samples and comes back at its own length. Shapes are (B, channels, samples).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import pad

from explorer.public.sound.layers import Snake, with_weight_norm
from explorer.public.sound.seanet_config import SeanetConfig


class SeanetEncoder(nn.Module):
    """(B, audio channels, samples) -> (B, dimension, samples / hop)."""

    def __init__(self, config: SeanetConfig) -> None:
        super().__init__()
        width = config.filters
        parts: list[nn.Module] = [_Conv(config.channels, width, config.kernel)]
        for ratio in reversed(config.ratios):
            parts += [_Residual(width, depth, config) for depth in range(config.residual_layers)]
            parts += [_activation(width, config), _Conv(width, 2 * width, 2 * ratio, ratio)]
            width *= 2
        parts += _recurrent(width, config.lstm_layers, config.bidirectional)
        width *= 1 + config.bidirectional
        parts += [_activation(width, config), _Conv(width, config.dimension, config.last_kernel)]
        self.model = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class SeanetDecoder(nn.Module):
    """(B, dimension, tokens) -> (B, audio channels, tokens x hop)."""

    def __init__(self, config: SeanetConfig) -> None:
        super().__init__()
        width = config.filters * 2 ** len(config.ratios)
        parts: list[nn.Module] = [_Conv(config.dimension, width, config.kernel)]
        parts += _recurrent(width, config.lstm_layers, bidirectional=False)
        for ratio in config.ratios:
            parts += [_activation(width, config), _Up(width, width // 2, ratio)]
            width //= 2
            parts += [_Residual(width, depth, config) for depth in range(config.residual_layers)]
        parts += [_activation(width, config), _Conv(width, config.channels, config.last_kernel)]
        self.model = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class _Conv(nn.Module):
    """A convolution that keeps the length, or divides it by its stride."""

    def __init__(self, inner: int, outer: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = with_weight_norm(nn.Conv1d(inner, outer, kernel, stride, dilation=dilation))
        total = (kernel - 1) * dilation - (stride - 1)
        self.sides = (total - total // 2, total // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(_reflected(x, self.sides))


class _Up(nn.Module):
    """A transposed convolution that multiplies the length by its stride: what hangs over is cut away."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.convtr = with_weight_norm(nn.ConvTranspose1d(inner, outer, 2 * stride, stride))
        self.sides = (stride - stride // 2, stride // 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.convtr(x)
        return y[..., self.sides[0] : y.shape[-1] - self.sides[1]]


class _Residual(nn.Module):
    def __init__(self, width: int, depth: int, config: SeanetConfig) -> None:
        super().__init__()
        hidden = width // config.compress
        self.block = nn.Sequential(
            _activation(width, config),
            _Conv(width, hidden, config.residual_kernel, dilation=config.dilation_base**depth),
            _activation(hidden, config),
            _Conv(hidden, width, 1),
        )
        self.shortcut = _Conv(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.block(x)


class _Lstm(nn.Module):
    """LSTM over time, added to its input; in both directions its output is twice as wide, and so is what is added."""

    def __init__(self, width: int, layers: int, bidirectional: bool) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, layers, bidirectional=bidirectional)

    def forward(self, x: Tensor) -> Tensor:
        sequence = x.permute(2, 0, 1)  # (T, B, C)
        added = sequence.repeat(1, 1, 2) if self.lstm.bidirectional else sequence
        return (self.lstm(sequence)[0] + added).permute(1, 2, 0)


def _activation(width: int, config: SeanetConfig) -> nn.Module:
    return Snake(width) if config.snake else nn.ELU()


def _recurrent(width: int, layers: int, bidirectional: bool) -> Sequence[nn.Module]:
    return [_Lstm(width, layers, bidirectional)] if layers else []


def _reflected(x: Tensor, sides: tuple[int, int]) -> Tensor:
    """Padded by reflection; what is too short for that is lengthened by zeros first, which are taken off again."""
    short = max(0, max(sides) - x.shape[-1] + 1)
    padded = pad(pad(x, (0, short)), sides, "reflect")
    return padded[..., : padded.shape[-1] - short]
