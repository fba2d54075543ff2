"""TokenizerModel: encoder, quantizer and decoder as one trainable module."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from explorer.quantizers.base import QuantizerOutput
from explorer.quantizers.build import build_quantizer
from explorer.tokenizers.native.autoencoder import AutoencoderConfig, Decoder, Encoder


class TokenizerModel(nn.Module):
    """pixels (B, 3, H, W) in [-1, 1] -> reconstruction and QuantizerOutput over (B, H/8, W/8, D) latents."""

    def __init__(self, quantizer_id: str, quantizer: Mapping, channels: tuple, blocks: tuple) -> None:
        super().__init__()
        self.quantizer = build_quantizer(quantizer_id, quantizer)
        config = AutoencoderConfig(self.quantizer.dim, tuple(channels), tuple(blocks))
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.to(memory_format=torch.channels_last)

    def forward(self, pixels: Tensor) -> tuple[Tensor, QuantizerOutput]:
        output = self.quantizer(self.encode(pixels))
        return self.decode(output.z_q), output

    def encode(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) -> z (B, h, w, D)."""
        return self.encoder(pixels).permute(0, 2, 3, 1)

    def decode(self, z_q: Tensor) -> Tensor:
        """z_q (B, h, w, D) -> (B, 3, H, W)."""
        return self.decoder(z_q.permute(0, 3, 1, 2))
