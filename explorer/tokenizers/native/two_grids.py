"""VQ-VAE-2: two grids of tokens, a coarse one on top and a fine one below it, which sees what the coarse one kept.

Razavi et al. 2019, "Generating Diverse High-Fidelity Images with VQ-VAE-2" (arXiv 1906.00446), algorithm 1 and eq. 2:
the top is quantized first, the bottom is made from the picture and the top's codes, the decoder sees both. Here the
codes of the top are decoded to the finer grid and stand beside the encoder's features. As there, the bottom has 4 x 4
pixels a token and the top 8 x 8, and each grid has a codebook of its own. The losses of eq. 2 are means over the axes
and over the two grids here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook, Combination
from explorer.quantizers.base import Quantizer, QuantizerOutput, ReseedEvent
from explorer.tokenizers.native.autoencoder import ResidualBlock

FINE, COARSE = 4, 8  # pixels a side of a token of the bottom and of the top
GRIDS = 2


@dataclass(frozen=True)
class TwoGridConfig:
    """Channels and residual blocks at half, quarter and eighth resolution, and of the decoder that sees both grids."""

    latent_dim: int
    channels: tuple[int, ...] = (32, 64, 128, 64)
    blocks: tuple[int, ...] = (1, 2, 2, 3)

    def __post_init__(self) -> None:
        if len(self.channels) != 4 or len(self.blocks) != 4:
            raise SettingsError("a network of two grids needs four widths and four numbers of blocks")


def _blocks(channels: int, count: int) -> list[nn.Module]:
    return [ResidualBlock(channels) for _ in range(count)]


class TwoGridEncoder(nn.Module):
    """pixels (B, 3, H, W) in [-1, 1] -> features (B, C4, H/4, W/4) and latents of the top (B, D, H/8, W/8).

    `bottom`: those features and the decoded top (B, C4, H/4, W/4) -> latents of the bottom (B, D, H/4, W/4).
    """

    def __init__(self, config: TwoGridConfig) -> None:
        super().__init__()
        (c2, c4, c8, _), (b2, b4, b8, _) = config.channels, config.blocks
        self.fine = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, c2, 3, padding=1),
            *_blocks(c2, b2),
            nn.Conv2d(c2, c4, 4, stride=2, padding=1),
            *_blocks(c4, b4),
        )
        self.coarse = nn.Sequential(
            nn.Conv2d(c4, c8, 4, stride=2, padding=1),
            *_blocks(c8, b8),
            nn.SiLU(),
            nn.Conv2d(c8, config.latent_dim, 1),
        )
        self.merge = nn.Sequential(nn.SiLU(), nn.Conv2d(2 * c4, config.latent_dim, 1))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.fine(pixels)
        return features, self.coarse(features)

    def bottom(self, features: Tensor, decoded_top: Tensor) -> Tensor:
        return self.merge(torch.cat([features, decoded_top], 1))


class TwoGridDecoder(nn.Module):
    """Codes of both grids -> pixels (B, 3, 4h, 4w), about [-1, 1].

    `raise_top`: codes of the top (B, D, h/2, w/2) -> what the finer grid sees of them (B, C4, h, w).
    """

    def __init__(self, config: TwoGridConfig) -> None:
        super().__init__()
        (c2, c4, c8, both), (b2, _, b8, b4) = config.channels, config.blocks
        self.top = nn.Sequential(
            nn.Conv2d(config.latent_dim, c8, 3, padding=1),
            *_blocks(c8, b8),
            nn.Conv2d(c8, 4 * c4, 1),
            nn.PixelShuffle(2),
        )
        self.whole = nn.Sequential(
            nn.Conv2d(config.latent_dim + c4, both, 3, padding=1),
            *_blocks(both, b4),
            nn.Conv2d(both, 4 * c2, 1),
            nn.PixelShuffle(2),
            *_blocks(c2, b2),
            nn.SiLU(),
            nn.Conv2d(c2, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def raise_top(self, codes: Tensor) -> Tensor:
        return self.top(codes)

    def forward(self, raised: Tensor, codes: Tensor) -> Tensor:
        """What `raise_top` gave, and codes of the bottom (B, D, h, w)."""
        return self.whole(torch.cat([raised, codes], 1))


class GridQuantizers(nn.Module):
    """The quantizers of both grids, the top first, with what training and pages ask of one `Quantizer`."""

    num_quantizers = GRIDS
    combination: Combination = "concatenate"

    def __init__(self, top: Quantizer, bottom: Quantizer) -> None:
        super().__init__()
        if top.num_quantizers != 1 or bottom.num_quantizers != 1:
            raise SettingsError("two grids need a quantizer of one level for each")
        self.top, self.bottom = top, bottom
        self.dim, self.codebook_size = top.dim, top.codebook_size

    def of_grid(self, level: int) -> Quantizer:
        """The quantizer of the top (0) or of the bottom (1)."""
        return (self.top, self.bottom)[level]

    def codebooks(self) -> tuple[Codebook, ...]:
        return (*self.top.codebooks(), *self.bottom.codebooks())

    def codes_not_finite(self) -> tuple[int, ...]:
        return (*self.top.codes_not_finite(), *self.bottom.codes_not_finite())

    def drain_events(self) -> list[ReseedEvent]:
        return [*self.top.drain_events(), *self.bottom.drain_events()]


def join_outputs(z_q: Tensor, outputs: Sequence[QuantizerOutput]) -> QuantizerOutput:
    """The outputs of both grids as one. z_q, indices: of the finest grid alone, since shapes differ; `stages` has all.

    Losses are the means over grids: each counts its own tokens.
    """
    terms = {name: sum(one.loss_terms[name] for one in outputs) / len(outputs) for name in outputs[0].loss_terms}
    loss = sum(one.loss for one in outputs) / len(outputs)
    stages = tuple(stage for one in outputs for stage in one.stages)
    return QuantizerOutput(z_q, outputs[-1].indices, loss, terms, stages)
