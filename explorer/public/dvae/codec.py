"""DvaeCodec: OpenAI's discrete VAE as a Codec.

The encoder takes the code of the highest score, an inner product plus the code's own bias. So that the codebook tells
exactly that search, the bias is the last coordinate of each code and every latent has a last coordinate of 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.joints.record import Codebook
from explorer.public.dvae.network import Decoder, DvaeConfig, Encoder
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup

MARGIN = 0.1  # pixels are moved to [0.1, 0.9], where the logit-Laplace density of the paper has no poles
MOST_SCORES = 2**26  # scores of codes held at a time


class DvaeCodec(Codec):
    """Pictures whose sides are multiples of 8; one token for 8 x 8 pixels."""

    searched = ("encoder.blocks.output",)

    def __init__(self, config: DvaeConfig) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        # Three 3x3 convolutions a block; each looks one place further at its group's size.
        self.token_reach = math.ceil(3 * config.decoder_blocks * sum(1 / scale for scale in (1, 2, 4, 8)))

    def latents(self, media: Tensor) -> Tensor:
        features = self.encoder((1 - 2 * MARGIN) * media + MARGIN)  # (B, C, h, w)
        return torch.cat([features, torch.ones_like(features[:, :1])], 1)  # (B, C + 1, h, w)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        output = self.encoder.blocks["output"]["conv"]
        rows = max(1, MOST_SCORES // (len(latents) * len(output.b) * latents.shape[-1]))
        strips = [self.encoder.score(strip).argmax(1) for strip in latents[:, :-1].split(rows, 2)]
        indices = torch.cat(strips, 1)  # (B, h, w)
        chosen = indices.flatten(1)  # (B, N)
        z_q = torch.cat([output.w[:, :, 0, 0][chosen], output.b[chosen][..., None]], -1)
        return [CodecLevel(indices, flat(latents).float(), z_q.float())]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self.decoder.embeddings, indices, kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        means = self.decoder(embedded[0])[:, :3].sigmoid()
        return ((means - MARGIN) / (1 - 2 * MARGIN)).clamp(0, 1)

    def codebooks(self) -> tuple[Codebook, ...]:
        output = self.encoder.blocks["output"]["conv"]
        vectors = torch.cat([output.w[:, :, 0, 0], output.b[:, None]], 1).float().cpu().numpy()  # (K, C + 1)
        return (Codebook(*vectors.shape, "dot", vectors=vectors),)
