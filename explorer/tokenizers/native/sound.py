"""The causal encoder and decoder of sounds: SEANet-like, all convolutions along time, shared by every quantizer.

After SoundStream (Zeghidour et al. 2021, arXiv 2107.03312): strided convolutions down to the rate of the tokens with
residual units of growing dilation between them, and the mirror image back. What differs: the first stride folds
samples into channels and the last unfolds them, so that nothing runs at the full rate, which a processor pays dearly;
no normalization, and residual branches that start at zero, as in the picture network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.tokenizers.native.causal import (
    CausalConv1d,
    Upsample1d,
    fold_time,
    keep_variance,
    residual_units,
    spread_time,
    units_reach,
)

EDGE = 7  # kernel of the first and the last convolution
INNER = 3  # kernel of the convolution that reads the tokens
LOUDNESS = 10.0  # times that samples are made louder for the layers: speech then has a deviation of about 1


@dataclass(frozen=True)
class SoundConfig:
    """strides: samples folded at first, then the factors between the rates; their product is the samples a token.

    channels, blocks: of each rate, the finest first, as many as strides. latent_dim is the quantizer's D.
    """

    latent_dim: int
    channels: tuple[int, ...] = (48, 112, 192)
    blocks: tuple[int, ...] = (2, 3, 3)
    strides: tuple[int, ...] = (8, 5, 8)

    def __post_init__(self) -> None:
        if not len(self.channels) == len(self.blocks) == len(self.strides) > 0 or min(self.strides) < 1:
            raise SettingsError("a sound network needs one stride, one width and one number of blocks a rate")

    @property
    def downsampling(self) -> int:
        """Samples a token."""
        return math.prod(self.strides)


class Fold(nn.Module):
    """samples (B, 1, S) -> (B, factor, S / factor), louder."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return fold_time(x * LOUDNESS, self.factor)


class Unfold(Fold):
    """The inverse of `Fold`."""

    def forward(self, x: Tensor) -> Tensor:
        return spread_time(x, self.factor) / LOUDNESS


class SoundEncoder(nn.Sequential):
    """samples (B, 1, S) -> latents (B, D, S / downsampling)."""

    def __init__(self, config: SoundConfig) -> None:
        channels, first = config.channels, config.strides[0]
        layers: list[nn.Module] = [Fold(first), CausalConv1d(first, channels[0], EDGE)]
        for i, count in enumerate(config.blocks):
            if i:
                stride = config.strides[i]
                layers.append(CausalConv1d(channels[i - 1], channels[i], 2 * stride, stride=stride))
            layers += residual_units(channels[i], count)
        super().__init__(*layers, nn.SiLU(), nn.Conv1d(channels[-1], config.latent_dim, 1))
        keep_variance(self)
        self.downsampling, self.context = config.downsampling, sound_context(config)


class SoundDecoder(nn.Sequential):
    """latents (B, D, T) -> samples (B, 1, T downsampling), about [-1, 1]."""

    def __init__(self, config: SoundConfig) -> None:
        channels = config.channels
        layers: list[nn.Module] = [CausalConv1d(config.latent_dim, channels[-1], INNER)]
        for i in reversed(range(len(channels))):
            layers += residual_units(channels[i], config.blocks[i])
            if i:
                layers.append(Upsample1d(channels[i], channels[i - 1], config.strides[i]))
        first = config.strides[0]
        super().__init__(*layers, nn.SiLU(), CausalConv1d(channels[0], first, EDGE), Unfold(first))
        keep_variance(self)


def sound_context(config: SoundConfig) -> int:
    """How many tokens before a token still change it: what each layer of the encoder looks back, at its rate."""
    rate = config.downsampling / config.strides[0]  # places a token
    reach = (EDGE - 1 + units_reach(config.blocks[0])) / rate
    for stride, count in zip(config.strides[1:], config.blocks[1:], strict=True):
        reach += stride / rate  # of the strided convolution, at the finer rate
        rate /= stride
        reach += units_reach(count) / rate
    return math.ceil(reach)


def sound_reach(config: SoundConfig) -> int:
    """How many tokens later a token still changes samples: what each layer looks back, at its rate."""
    rate = 1.0  # places a token
    reach = INNER - 1 + units_reach(config.blocks[-1])
    for stride, count in zip(config.strides[:0:-1], config.blocks[-2::-1], strict=True):
        reach += 1 / rate  # of the upsampling, at the coarser rate
        rate *= stride
        reach += units_reach(count) / rate
    return math.ceil(reach + (EDGE - 1) / rate)
