"""TokenizerModel: encoder, quantizer and decoder as one trainable module."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from explorer.quantizers.base import Quantizer, QuantizerOutput
from explorer.quantizers.build import build_quantizer
from explorer.tokenizers.native.networks import TWO_GRIDS, network_of
from explorer.tokenizers.native.two_grids import GridQuantizers, join_outputs


class TokenizerModel(nn.Module):
    """media (B, C, *extent) as the network takes them -> decoded, and QuantizerOutput over latents (B, *shape, D).

    architecture: what the network of that modality is built from, as config.json holds it. Raises SettingsError for a
    modality without a network.
    """

    quantizer: Quantizer | GridQuantizers

    def __init__(self, quantizer_id: str, quantizer: Mapping, architecture: Mapping, modality: str = "image") -> None:
        super().__init__()
        self.network = network_of(modality, architecture)
        self.quantizer = self._quantizers(quantizer_id, quantizer)
        self.encoder, self.decoder = self.network.build(self.quantizer.dim, architecture)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)

    def _quantizers(self, quantizer_id: str, quantizer: Mapping) -> Quantizer | GridQuantizers:
        return build_quantizer(quantizer_id, quantizer)

    def forward(self, media: Tensor) -> tuple[Tensor, QuantizerOutput]:
        output = self.quantizer(self.encode(media))
        return self.decode(output.z_q), output

    def encode(self, media: Tensor) -> Tensor:
        """(B, C, *extent) -> z (B, *shape, D)."""
        return self.encoder(media).movedim(1, -1)

    def decode(self, z_q: Tensor) -> Tensor:
        """z_q (B, *shape, D) -> (B, C, *extent)."""
        return self.decoder(z_q.movedim(-1, 1))


class TwoGridModel(TokenizerModel):
    """The same of two grids, whose bottom is made from what the codes of the top decode to (`two_grids.py`)."""

    quantizer: GridQuantizers

    def _quantizers(self, quantizer_id: str, quantizer: Mapping) -> GridQuantizers:
        top, bottom = (build_quantizer(quantizer_id, quantizer) for _ in range(2))
        if hasattr(bottom, "level"):
            bottom.level = 1  # of its events
        return GridQuantizers(top, bottom)

    def forward(self, media: Tensor) -> tuple[Tensor, QuantizerOutput]:
        raised, top, bottom = self.quantize(*self.encoder(media))
        return self.decoder(raised, bottom.z_q.movedim(-1, 1)), join_outputs(bottom.z_q, (top, bottom))

    def quantize(self, features: Tensor, latents: Tensor) -> tuple[Tensor, QuantizerOutput, QuantizerOutput]:
        """What the encoder gave -> the raised codes of the top (B, C, h, w), and what both quantizers gave."""
        top = self.quantizer.top(latents.movedim(1, -1))
        raised = self.decoder.raise_top(top.z_q.movedim(-1, 1))
        return raised, top, self.quantizer.bottom(self.encoder.bottom(features, raised).movedim(1, -1))

    def encode(self, media: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> features of the finer grid (B, C, H/4, W/4), and latents of the top (B, D, H/8, W/8)."""
        return self.encoder(media)


def build_model(
    quantizer_id: str, quantizer: Mapping, architecture: Mapping, modality: str = "image"
) -> TokenizerModel:
    """The model that a config describes. Raises SettingsError."""
    kind = TwoGridModel if architecture.get("kind") == TWO_GRIDS else TokenizerModel
    return kind(quantizer_id, quantizer, architecture, modality)
