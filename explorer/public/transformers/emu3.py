"""Emu3's picture and video tokenizer, here for pictures: a picture is a clip of equal frames.

Wang et al. 2024, arXiv 2409.18869; github.com/baaivision/Emu3. Four equal frames give one layer of tokens; of the four
that are decoded the first is the picture. What is alike in all frames is computed once, which leaves a fourth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from explorer.joints.record import Codebook
from explorer.public.transformers.building import complete, library_config, library_module, table_of
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, published_nearest


class Emu3Codec(Codec):
    """config: the part of config.json about the tokenizer. Pixels from -1 to 1."""

    half_precision = False  # published in bfloat16, whose range float16 lacks

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.emu3.configuration_emu3:Emu3VQVAEConfig", config)
        self.model = library_module("models.emu3.modeling_emu3:Emu3VQVAE", settings)
        self.frames = settings.temporal_downsample_factor

    def ready(self) -> None:
        complete(self.model)

    def latents(self, media: Tensor) -> Tensor:
        encoder = self.model.encoder
        hidden = encoder.middle_block(encoder.down_block(encoder.conv_in(2 * media - 1)))
        hidden = encoder.conv_out(_gated(encoder.norm_out(hidden)))  # (B, C, h, w): the same in every frame
        hidden = hidden[:, :, None].expand(-1, -1, self.frames, -1, -1)
        for layer in encoder.time_conv:
            hidden = _gated(layer(hidden))
        for layer in encoder.time_res_stack:
            hidden = layer(hidden)
        return self.model.quant_conv(hidden)[:, :, 0]  # (B, D, h, w)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        table, z_e = self.model.quantize.embedding.weight, flat(latents)
        indices = published_nearest(z_e, table)  # (B, N)
        return [CodecLevel(indices.reshape(len(latents), *latents.shape[2:]), z_e, table[indices])]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self.model.quantize.embedding.weight, indices, kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        decoder, codes = self.model.decoder, embedded[0][:, :, None]  # (B, D, 1, h, w)
        both = torch.cat([self.model.post_quant_conv(codes), codes])  # the norms look at the codes, so these go along
        for layer in decoder.time_res_stack:
            both = layer(both)
        for layer in decoder.time_conv:
            both = _gated(layer(both))
        hidden, codes = both[:, :, 0].chunk(2)  # of the first frame, (B, C, h, w) each
        hidden = decoder.middle_block(decoder.conv_in(hidden), codes)
        hidden = _gated(decoder.norm_out(decoder.up_block(hidden, codes), codes))
        return (decoder.conv_out(hidden) + 1) / 2

    def codebooks(self) -> tuple[Codebook, ...]:
        return (table_of(self.model.quantize.embedding.weight),)


def _gated(hidden: Tensor) -> Tensor:
    """x sigmoid(x), in the library's order of operations."""
    return hidden * torch.sigmoid(hidden)
