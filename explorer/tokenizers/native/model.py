"""TokenizerModel: encoder, quantizer and decoder as one trainable module."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.quantizers.base import QuantizerOutput
from explorer.quantizers.build import build_quantizer
from explorer.tokenizers.native.networks import NETWORKS


class TokenizerModel(nn.Module):
    """media (B, C, *extent) as the network takes them -> decoded, and QuantizerOutput over latents (B, *shape, D).

    architecture: what the network of that modality is built from, as config.json holds it. Raises SettingsError for a
    modality without a network.
    """

    def __init__(self, quantizer_id: str, quantizer: Mapping, architecture: Mapping, modality: str = "image") -> None:
        super().__init__()
        if modality not in NETWORKS:
            raise SettingsError(f"the zoo has no network for the modality {modality!r}, only for {', '.join(NETWORKS)}")
        self.quantizer = build_quantizer(quantizer_id, quantizer)
        self.network = NETWORKS[modality]
        self.encoder, self.decoder = self.network.build(self.quantizer.dim, architecture)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)

    def forward(self, media: Tensor) -> tuple[Tensor, QuantizerOutput]:
        output = self.quantizer(self.encode(media))
        return self.decode(output.z_q), output

    def encode(self, media: Tensor) -> Tensor:
        """(B, C, *extent) -> z (B, *shape, D)."""
        return self.encoder(media).movedim(1, -1)

    def decode(self, z_q: Tensor) -> Tensor:
        """z_q (B, *shape, D) -> (B, C, *extent)."""
        return self.decoder(z_q.movedim(-1, 1))
