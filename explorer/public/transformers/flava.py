"""FLAVA's picture codebook: the encoder of DALL-E's discrete VAE, used for its codes alone. No decoder.

Singh et al. 2021, arXiv 2112.04482; Ramesh et al. 2021, arXiv 2102.12092.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import embedding

from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook
from explorer.public.transformers.building import complete, library_config, library_module
from explorer.tokenizers.codec import Codec, CodecLevel, flat

EDGE = 0.1  # pixels are brought into 0.1 .. 0.9, as DALL-E's logit-Laplace distribution asks for


class FlavaCodec(Codec):
    """config: of config.json. A code is the largest logit, which is w . z + b of a last convolution of 1 x 1.

    z_e is z with a 1 behind it and a code is w with its b behind it, so that the search is their dot product.
    """

    half_precision = False

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.flava.configuration_flava:FlavaImageCodebookConfig", config)
        self.model = library_module("models.flava.modeling_flava:FlavaImageCodebook", settings)

    def ready(self) -> None:
        complete(self.model)

    def latents(self, media: Tensor) -> Tensor:
        blocks = self.model.blocks
        return blocks.output.relu(blocks[:-1]((1 - 2 * EDGE) * media + EDGE))  # (B, D, h, w)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        readout = self.model.blocks.output.conv
        indices = readout(latents).argmax(1)  # (B, h, w)
        z, codes = flat(latents), indices.flatten(1)
        z_e = torch.cat([z, torch.ones_like(z[..., :1])], dim=2)
        z_q = torch.cat([embedding(codes, readout.weight[:, :, 0, 0]), readout.bias[codes][..., None]], dim=2)
        return [CodecLevel(indices, z_e, z_q)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        raise RecordError(f"{self.spec.id} has no decoder")

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        raise RecordError(f"{self.spec.id} has no decoder")

    def codebooks(self) -> tuple[Codebook, ...]:
        readout = self.model.blocks.output.conv
        rows = torch.cat([readout.weight[:, :, 0, 0], readout.bias[:, None]], dim=1)  # (K, D + 1)
        return (Codebook(*rows.shape, "dot", rows.float().cpu().numpy()),)
