"""The quantizer of wav2vec 2.0: the targets of its training, two groups of 320 codes, 49 times a second. No decoder.

Baevski et al. 2020, arXiv 2006.11477; github.com/facebookresearch/fairseq.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, TokenLayout
from explorer.public.transformers.building import drop, library_config, library_module
from explorer.tokenizers.codec import Codec, CodecLevel

MODELLING = "models.wav2vec2.modeling_wav2vec2"


class Wav2Vec2Codec(Codec):
    """config: of config.json. A code is the largest of a group's logits, which are w . z + b.

    z_e is z with a 1 behind it and a code is w with its b behind it, so that the search is their dot product and
    nothing else. The code vectors that the model hands on (`quantizer.codevectors`) are in no space with its latents.
    """

    half_precision = False

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.wav2vec2.configuration_wav2vec2:Wav2Vec2Config", config)
        self.model = nn.Module()
        self.model.wav2vec2 = nn.Module()
        self.model.wav2vec2.feature_extractor = library_module(f"{MODELLING}:Wav2Vec2FeatureEncoder", settings)
        self.model.wav2vec2.feature_projection = nn.Module()
        norm = nn.LayerNorm(settings.conv_dim[-1], eps=settings.layer_norm_eps)
        self.model.wav2vec2.feature_projection.layer_norm = norm
        self.model.quantizer = library_module(f"{MODELLING}:Wav2Vec2GumbelVectorQuantizer", settings)
        drop(self.model.quantizer, "codevectors")
        self.groups, self.size = settings.num_codevector_groups, settings.num_codevectors_per_group
        self.steps = tuple(zip(settings.conv_kernel, settings.conv_stride, strict=True))

    def latents(self, media: Tensor) -> Tensor:
        """Sound of mean 0 and variance 1, as the public feature extractor makes it, -> (B, T, D)."""
        heard = media[:, 0]
        centred = heard - heard.mean(1, keepdim=True)
        heard = centred / (centred.square().mean(1, keepdim=True) + 1e-7).sqrt()
        features = self.model.wav2vec2.feature_extractor(heard).transpose(1, 2)
        return self.model.wav2vec2.feature_projection.layer_norm(features)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        logits = self.model.quantizer.weight_proj(latents)  # (B, T, G K)
        indices = logits.unflatten(2, (self.groups, self.size)).argmax(3)  # (B, T, G)
        z_e = torch.cat([latents, torch.ones_like(latents[..., :1])], dim=2)
        return [
            CodecLevel(indices[..., g], z_e, embedding(indices[..., g], rows)) for g, rows in enumerate(self._rows())
        ]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        raise RecordError(f"{self.spec.id} has no decoder")

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        raise RecordError(f"{self.spec.id} has no decoder")

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(Codebook(*rows.shape, "dot", rows.float().cpu().numpy()) for rows in self._rows())

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        tokens = extent[0]
        for kernel, stride in self.steps:
            tokens = (tokens - kernel) // stride + 1
        return (TokenLayout("sequence", (max(tokens, 1),), extent),) * self.groups

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        samples = shapes[0][0]
        for kernel, stride in reversed(self.steps):
            samples = (samples - 1) * stride + kernel
        hop = self.spec.downsampling
        return (-(-samples // hop) * hop,)

    def _rows(self) -> list[Tensor]:
        """The weights of each group's logits with their bias: (K, D + 1)."""
        readout = self.model.quantizer.weight_proj
        return list(torch.cat([readout.weight, readout.bias[:, None]], dim=1).split(self.size))
