"""Mimi: sound at 12.5 tokens a second, one semantic level and residual acoustic ones, with transformers around them.

Défossez et al. 2024, arXiv 2410.00037; github.com/kyutai-labs/moshi.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

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


class MimiCodec(Codec):
    """config: of config.json. The semantic and the acoustic levels are two quantizers of the same latents."""

    half_precision = False  # residuals grow small: float16 would choose other codes
    skips_lost_codes = False  # the search is the library's

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.mimi.configuration_mimi:MimiConfig", config)
        self.model = library_module("models.mimi.modeling_mimi:MimiModel", settings)
        quantizer = self.model.quantizer
        semantic, acoustic = quantizer.semantic_residual_vector_quantizer, quantizer.acoustic_residual_vector_quantizer
        self.parts = (semantic, acoustic)  # a tuple, so that these modules keep their one name within the model
        for part in self.parts:
            for layer in part.layers:
                drop(layer.codebook, "initialized")
        first = len(semantic.layers)
        self.notes = (
            f"Level {first} is no residual of the levels before it: the semantic quantizer (levels before {first}) and "
            f"the acoustic one (from level {first} on) were each given the encoder's latents.",
        )

    def ready(self) -> None:
        complete(self.model)
        for _, layer in self._levels():
            book = layer.codebook
            table = book.embed  # sums over usage; the model would keep the sums beside it
            del book._embed, book.embed_sum
            book.register_buffer("_embed", table, persistent=False)
        for module in self.model.modules():
            if hasattr(module, "padding_left") and hasattr(module, "padding_total"):  # kept beside the buffers
                total = module.padding_total
                module.padding_right = total // 2
                module.padding_left = total - total // 2

    def latents(self, media: Tensor) -> Tensor:
        return self.model.encoder(media, use_streaming=False).latents

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        stages = []
        for part in self.parts:
            given = latents if part.input_proj is None else part.input_proj(latents)
            stages += residual_stages(given, part.layers)
        return stages

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        part, layer = self._levels()[level]
        vectors = layer.decode(indices)
        return kept_only(vectors if part.output_proj is None else part.output_proj(vectors), kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.decoder(sum(embedded)).audio_values

    def codebooks(self) -> tuple[Codebook, ...]:
        books = [layer.codebook for _, layer in self._levels()]
        return tuple(table_of(book.embed, book.cluster_usage) for book in books)

    def _levels(self) -> list[tuple[object, object]]:
        return [(part, layer) for part in self.parts for layer in part.layers]
