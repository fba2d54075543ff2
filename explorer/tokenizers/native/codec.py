"""NativeCodec: a checkpoint of the zoo as a Codec, so that `AdaptedTokenizer` makes the rest of it as of any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.joints.record import Codebook, Combination
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import Codec, CodecLevel
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.model import TokenizerModel
from explorer.tokenizers.native.specs import read_config, spec_of


def load_native(folder: Path, device: str = "auto") -> AdaptedTokenizer:
    """The tokenizer of a checkpoint, on `device` ("auto", "cpu", "cuda", "mps"). Raises CheckpointError."""
    config = read_config(folder)
    model = load_model(folder)
    codec = NativeCodec(model, model.network.reach(config["architecture"]))
    return AdaptedTokenizer(codec, spec_of(config), device)


class NativeCodec(Codec):
    """model: its encoder, quantizer and decoder. token_reach: how many tokens away a token changes the decode."""

    half_precision = False  # its figures were measured in float32
    decode_batch = 64  # small fields through a small decoder

    def __init__(self, model: TokenizerModel, token_reach: int) -> None:
        super().__init__()
        self.model, self.token_reach = model, token_reach
        self._books = model.quantizer.codebooks()
        absent = np.stack([_absent(book, model.quantizer.combination) for book in self._books])
        self.register_buffer("absent", torch.from_numpy(absent), persistent=False)  # (Q, d)

    def latents(self, media: Tensor) -> Tensor:
        return self.model.encode(self.model.network.to_network(media))  # (B, *shape, D)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        stages = self.model.quantizer(latents).stages
        return [CodecLevel(one.indices, one.z_e.flatten(1, -2), one.z_q.flatten(1, -2)) for one in stages]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        every = indices[..., None].expand(*indices.shape, self.model.quantizer.num_quantizers)
        vectors = self.model.quantizer.level_vectors(every)[level]  # (B, *shape, d)
        return vectors if kept is None else torch.where(kept[..., None], vectors, self.absent[level])

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.network.from_network(self.model.decode(self.model.quantizer.combine(embedded)))

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._books


def _absent(book: Codebook, combination: Combination) -> np.ndarray:
    """What stands for a level that is left out, (d,): nothing in a sum, the mean of its codes in a concatenation."""
    if combination == "sum" or book.vectors is None:
        return np.zeros(book.codebook_dim, np.float32)
    return book.vectors[np.isfinite(book.vectors).all(1)].mean(0)
