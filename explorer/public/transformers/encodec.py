"""EnCodec: residual quantization of sound by a convolutional encoder and decoder with an LSTM.

Défossez et al. 2022, arXiv 2210.13438; github.com/facebookresearch/encodec. The 48 kHz model works in chunks of a
second that overlap by a hundredth, each brought to loudness 1; the loudness is sent beside the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, TokenLayout
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

USUAL_LOUDNESS = 0.1  # root mean square of ordinary sound: what tokens without their loudness are decoded at
LOUDNESS_NOTE = (
    "The loudness of each second is sent beside the tokens. Where tokens are decoded without it, as after an edit, "
    f"they sound at a root mean square of {USUAL_LOUDNESS}."
)


class EncodecCodec(Codec):
    """config: of config.json. Tokens of all chunks follow one another as one sequence."""

    half_precision = False  # thirty-two residuals, each smaller: float16 would choose other codes
    skips_lost_codes = False  # the search is the library's

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.encodec.configuration_encodec:EncodecConfig", config)
        self.model = library_module("models.encodec.modeling_encodec:EncodecModel", settings)
        for layer in self.model.quantizer.layers:
            drop(layer.codebook, "inited", "embed_avg")
        self.hop, self.normalize = settings.hop_length, settings.normalize
        self.chunk, self.stride = settings.chunk_length, settings.chunk_stride or settings.chunk_length
        self.notes = (LOUDNESS_NOTE,) if self.normalize else ()

    def ready(self) -> None:
        complete(self.model)

    def latents(self, media: Tensor) -> Tensor:
        chunks = self._chunks(media)
        loudness = self._loudness(chunks) if self.normalize else [1.0] * len(chunks)
        return torch.cat([self.model.encoder(c / s) for c, s in zip(chunks, loudness, strict=True)], dim=2)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return residual_stages(latents, self.model.quantizer.layers)

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return kept_only(self.model.quantizer.layers[level].decode(indices), kept)

    def aside(self, media: Tensor) -> Tensor | None:
        """The loudness of each chunk, (chunks, B, 1, 1)."""
        return torch.stack(self._loudness(self._chunks(media))) if self.normalize else None

    def decode(self, embedded: Sequence[Tensor], aside: Tensor | None = None) -> Tensor:
        total = sum(embedded)  # (B, D, T)
        if self.chunk is None:
            return self.model.decoder(total)
        counts = self._tokens_of_chunks(self.extent([total.shape[2:]])[0])
        decoded = [self.model.decoder(part) for part in total.split(counts, dim=2)]
        if self.normalize:
            loudness = [USUAL_LOUDNESS] * len(decoded) if aside is None else list(aside)
            decoded = [part * s for part, s in zip(decoded, loudness, strict=True)]
        return self._overlapped(decoded)

    def codebooks(self) -> tuple[Codebook, ...]:
        books = [layer.codebook for layer in self.model.quantizer.layers]
        return tuple(table_of(book.embed, book.cluster_size) for book in books)

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        layout = TokenLayout("sequence", (sum(self._tokens_of_chunks(extent[0])),), extent)
        return (layout,) * self.spec.num_quantizers

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        tokens = shapes[0][0]
        if self.chunk is None:
            return (tokens * self.hop,)
        # Each further hop of samples adds a token to the last chunk and, where chunks overlap, one to the chunk before.
        samples = tokens * self.hop
        while samples > 0 and sum(self._tokens_of_chunks(samples)) > tokens:
            samples -= self.hop
        if samples <= 0 or sum(self._tokens_of_chunks(samples)) != tokens:
            raise RecordError(f"{self.spec.id} has no sound of {tokens} tokens; {tokens - 1} or {tokens + 1} can be")
        return (samples,)

    def _starts(self, samples: int) -> range:
        return range(0, samples, self.stride or samples)

    def _tokens_of_chunks(self, samples: int) -> list[int]:
        length = self.chunk or samples
        return [-(-min(length, samples - start) // self.hop) for start in self._starts(samples)]

    def _chunks(self, media: Tensor) -> list[Tensor]:
        """Sound (B, C, S) in pieces that overlap; the last may be shorter."""
        length = self.chunk or media.shape[2]
        return [media[..., start : start + length] for start in self._starts(media.shape[2])]

    @staticmethod
    def _loudness(chunks: Sequence[Tensor]) -> list[Tensor]:
        """Root mean square of the mean of the channels: (B, 1, 1) a chunk."""
        return [c.mean(1, keepdim=True).square().mean(2, keepdim=True).sqrt() + 1e-8 for c in chunks]

    def _overlapped(self, parts: Sequence[Tensor]) -> Tensor:
        """Chunks added up under triangles that are highest in their middle, over the sum of the triangles."""
        length = parts[0].shape[2]
        ramp = torch.linspace(0, 1, length + 2, dtype=parts[0].dtype, device=parts[0].device)[1:-1]
        triangle = 0.5 - (ramp - 0.5).abs()
        total = max(i * self.stride + part.shape[2] for i, part in enumerate(parts))
        summed = parts[0].new_zeros(*parts[0].shape[:2], total)
        weights = parts[0].new_zeros(total)
        for i, part in enumerate(parts):
            place = slice(i * self.stride, i * self.stride + part.shape[2])
            summed[..., place] += triangle[: part.shape[2]] * part
            weights[place] += triangle[: part.shape[2]]
        return summed / weights
