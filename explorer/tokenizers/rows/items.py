"""RQ-VAE semantic ids: an encoder of item vectors, a residual quantizer, a decoder.

TIGER (Rajput et al. 2023, Recommender systems with generative retrieval, arXiv 2305.05065): the codes of an item, level
by level, are its semantic id, so that items that are alike share the first codes of it. Letters: B tables, N items, D
numbers of an item, E of its latent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from explorer.foundation.errors import MediaError, RecordError, SettingsError
from explorer.foundation.words import count_of
from explorer.joints.record import Codebook
from explorer.quantizers.base import Quantizer, QuantizerOutput
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import Codec, CodecLevel

MOST_WIDTH = 4096


class ItemModel(nn.Module):
    """features (..., D) -> latents (..., E) -> features, with one hidden layer on either side."""

    def __init__(self, features: int, hidden: int, quantizer: Quantizer) -> None:
        super().__init__()
        if not (1 <= features <= MOST_WIDTH and 1 <= hidden <= MOST_WIDTH):
            raise SettingsError(f"an item has 1 to {MOST_WIDTH} numbers and hidden ones, got {features} and {hidden}")
        self.features, self.quantizer, latent = features, quantizer, quantizer.dim
        self.encoder = nn.Sequential(nn.Linear(features, hidden), nn.SiLU(), nn.Linear(hidden, latent))
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, features))

    def forward(self, items: Tensor) -> tuple[Tensor, QuantizerOutput]:
        output = self.quantizer(self.encoder(items))
        return self.decoder(output.z_q), output


class ItemsCodec(Codec):
    """Media: (B, D, N). Tokens of a level: (B, N), one an item."""

    half_precision = False
    decode_batch = 256
    token_reach = 0

    def __init__(self, model: ItemModel) -> None:
        super().__init__()
        self.model = model
        self._books = model.quantizer.codebooks()

    def latents(self, media: Tensor) -> Tensor:
        return self.model.encoder(media.movedim(1, -1))  # (B, N, E)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return [CodecLevel(one.indices, one.z_e, one.z_q) for one in self.model.quantizer(latents).stages]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        every = indices[..., None].expand(*indices.shape, self.model.quantizer.num_quantizers)
        vectors = self.model.quantizer.level_vectors(every)[level]  # (B, N, E)
        return vectors if kept is None else torch.where(kept[..., None], vectors, 0)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.decoder(self.model.quantizer.combine(embedded)).movedim(-1, 1)

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._books


class ItemsTokenizer(AdaptedTokenizer):
    """Takes and gives vectors of items (N, D) float32 (`media.rows.items`)."""

    def _array(self, media: Tensor, extent: tuple[int, ...]) -> np.ndarray:
        array = media.float().movedim(1, -1).cpu().numpy()  # (B, N, D)
        if array.shape[1:-1] != tuple(extent):
            raise RecordError(f"{self.spec.id} decoded to {count_of(array.shape[1], 'item')}, expected {extent}")
        return np.ascontiguousarray(array)

    def _checked_media(self, media: np.ndarray) -> np.ndarray:
        shape, features = np.shape(media), self.spec.channels
        if len(shape) != 2 or 0 in shape or shape[1] != features:
            raise MediaError(f"{self.spec.id} needs vectors of shape (items, {features}), got {shape}")
        media = np.ascontiguousarray(media, np.float32)
        if not np.isfinite(media).all():
            raise MediaError(f"{self.spec.id} needs finite values; the vectors hold NaN or infinity")
        return media


def item_model(architecture: Mapping, quantizer: Quantizer) -> ItemModel:
    """The model of a checkpoint's "architecture". Raises KeyError or SettingsError for one that describes none."""
    return ItemModel(int(architecture["features"]), int(architecture["hidden"]), quantizer)
