"""X-Codec: residual quantization of an acoustic encoder's latents joined with those of a speech model.

Ye et al. 2024, arXiv 2408.17175; github.com/zhenye234/xcodec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from explorer.joints.record import Codebook
from explorer.public.transformers.building import (
    complete,
    drop,
    kept_only,
    library_config,
    library_module,
    residual_stages,
    table_of,
)
from explorer.tokenizers.codec import Codec, CodecLevel


class XcodecCodec(Codec):
    """config: of config.json. What rebuilds the speech model's features while training is left out."""

    half_precision = False  # residuals grow small: float16 would choose other codes
    skips_lost_codes = False  # the search is the library's

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.xcodec.configuration_xcodec:XcodecConfig", config)
        self.model = library_module("models.xcodec.modeling_xcodec:XcodecModel", settings)
        drop(self.model, "decoder_semantic", "fc1")
        for layer in self.model.quantizer.quantizers:
            drop(layer.codebook, "inited", "embed_avg")

    def ready(self) -> None:
        complete(self.model)

    def latents(self, media: Tensor) -> Tensor:
        model = self.model
        heard = pad(media[:, 0], (model.pad, model.pad))  # (B, S)
        layers = model.semantic_model(heard, output_hidden_states=True).hidden_states
        semantic = model.encoder_semantic(torch.stack(layers).mean(0).transpose(1, 2))  # (B, D, T)
        acoustic = model.acoustic_encoder(media)
        if acoustic.shape[2] != semantic.shape[2]:
            acoustic = model.acoustic_encoder(pad(media, (model.pad, model.pad)))
        return model.fc(torch.cat([acoustic, semantic], dim=1).transpose(1, 2)).transpose(1, 2)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return residual_stages(latents, self.model.quantizer.quantizers)

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return kept_only(self.model.quantizer.quantizers[level].decode(indices), kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.acoustic_decoder(self.model.fc2(sum(embedded).transpose(1, 2)).transpose(1, 2))

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(table_of(q.codebook.embed, q.codebook.cluster_size) for q in self.model.quantizer.quantizers)
