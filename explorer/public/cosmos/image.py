"""Cosmos DI: pictures through Haar wavelets, the convolutional encoder and decoder, and finite scalar quantization.

Agarwal et al. 2025 (arXiv 2501.03575), section 5; NVIDIA/Cosmos-Tokenizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from explorer.joints.record import Codebook
from explorer.public.convvq.plan import Trunk
from explorer.public.convvq.trunk import Decoder, Encoder, Level
from explorer.public.cosmos.fsq import Lattice
from explorer.public.cosmos.wavelet import PICTURE_AXES, haar, unhaar
from explorer.tokenizers.codec import Codec, CodecLevel


@dataclass(frozen=True)
class CosmosImageConfig:
    """splits: times that wavelets halve the sides. halved, doubled: levels of encoder and decoder that resample.

    levels: of the lattice.
    """

    encoder: Trunk
    decoder: Trunk
    halved: frozenset[int]
    doubled: frozenset[int]
    splits: int
    levels: tuple[int, ...]


class CosmosImage(Codec):
    """Attention in the middle looks at all places, so a token reaches everywhere."""

    def __init__(self, config: CosmosImageConfig) -> None:
        super().__init__()
        self.config, self.lattice = config, Lattice(config.levels)
        self.encoder, self.decoder = Encoder(config.encoder), Decoder(config.decoder)
        keep_resampling(self.encoder.down, config.halved)
        keep_resampling(self.decoder.up, config.doubled)
        dim = len(config.levels)
        self.quant_conv = nn.Conv2d(config.encoder.out_channels, dim, 1)
        self.post_quant_conv = nn.Conv2d(dim, config.decoder.in_channels, 1)

    def latents(self, media: Tensor) -> Tensor:
        return self.quant_conv(self.encoder(haar(2 * media - 1, PICTURE_AXES, self.config.splits)))

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return [self.lattice.stage(latents)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return self.lattice.embed(indices, kept, self.post_quant_conv.weight.dtype)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        bands = self.decoder(self.post_quant_conv(embedded[0]))
        return (unhaar(bands, PICTURE_AXES, self.config.splits) + 1) / 2

    def codebooks(self) -> tuple[Codebook, ...]:
        return self.lattice.codebooks()


def keep_resampling(levels: Sequence[Level], kept: frozenset[int]) -> None:
    """Take the resampling out of levels that have none: where wavelets halved the sides, fewer levels need to."""
    for number, level in enumerate(levels):
        if level.resample is not None and number not in kept:
            delattr(level, level.resample)
            level.resample = None
