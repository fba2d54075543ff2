"""NativeCodec: a checkpoint of the zoo as a Codec, so that `AdaptedTokenizer` makes the rest of it as of any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.joints.record import Codebook, Combination, TokenLayout
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import Codec, CodecLevel
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.model import TokenizerModel, TwoGridModel
from explorer.tokenizers.native.specs import LATENT_TOKENS, read_config, spec_of
from explorer.tokenizers.native.two_grids import COARSE, FINE


def load_native(folder: Path, device: str = "auto") -> AdaptedTokenizer:
    """The tokenizer of a checkpoint, on `device` ("auto", "cpu", "cuda", "mps"). Raises CheckpointError."""
    config = read_config(folder)
    model, architecture = load_model(folder), config["architecture"]
    if isinstance(model, TwoGridModel):
        codec: NativeCodec = TwoGridCodec(model, None)
    elif architecture.get("kind") == LATENT_TOKENS:
        codec = LatentTokenCodec(model, architecture["tokens"], bool(architecture.get("token_dropout")))
    else:
        codec = NativeCodec(model, model.network.reach(architecture))
    return AdaptedTokenizer(codec, spec_of(config), device)


class NativeCodec(Codec):
    """model: its encoder, quantizer and decoder. token_reach: how many tokens away a token changes the decode."""

    half_precision = False  # its figures were measured in float32
    decode_batch = 64  # small fields through a small decoder

    def __init__(self, model: TokenizerModel, token_reach: int | None) -> None:
        super().__init__()
        self.model, self.token_reach = model, token_reach
        self.context = getattr(model.encoder, "context", None)
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
        return self._kept(level, self.model.quantizer.level_vectors(every)[level], kept)  # (B, *shape, d)

    def _kept(self, level: int, vectors: Tensor, kept: Tensor | None) -> Tensor:
        return vectors if kept is None else torch.where(kept[..., None], vectors, self.absent[level])

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.network.from_network(self.model.decode(self.model.quantizer.combine(embedded)))

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._books


class LatentTokenCodec(NativeCodec):
    """Pictures of one size as tokens that have no places.

    dropped: whether it was trained with tokens dropped, whose codes were the zero vector: so are those that are left
    out, and its first tokens alone decode as they did in training.
    """

    def __init__(self, model: TokenizerModel, tokens: int, dropped: bool = False) -> None:
        super().__init__(model, None)
        if dropped:
            self.absent.zero_()
        self._layouts = (TokenLayout("set1d", (tokens,)),) * model.quantizer.num_quantizers

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        return self._layouts


class TwoGridCodec(NativeCodec):
    """Pictures as two grids: level 0 is the top, of half as many tokens a side as level 1, the bottom."""

    model: TwoGridModel

    def quantize(self, latents: tuple[Tensor, Tensor]) -> list[CodecLevel]:  # type: ignore[override]
        _, *outputs = self.model.quantize(*latents)
        stages = [stage for one in outputs for stage in one.stages]
        return [CodecLevel(one.indices, one.z_e.flatten(1, -2), one.z_q.flatten(1, -2)) for one in stages]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        """(B, h, w) -> what the decoder sees of the top, or codes of the bottom, (B, C, h, w) of the finer grid."""
        vectors = self.model.quantizer.of_grid(level).level_vectors(indices[..., None])[0]
        codes = self._kept(level, vectors, kept).movedim(-1, 1)
        return self.model.decoder.raise_top(codes) if level == 0 else codes

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.network.from_network(self.model.decoder(*embedded))

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        return tuple(TokenLayout("grid2d", tuple(side // px for side in extent), extent) for px in (COARSE, FINE))

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        return tuple(COARSE * side for side in shapes[0])


def _absent(book: Codebook, combination: Combination) -> np.ndarray:
    """What stands for a level that is left out, (d,): nothing in a sum, the mean of its codes in a concatenation."""
    if combination == "sum" or book.vectors is None:
        return np.zeros(book.codebook_dim, np.float32)
    return book.vectors[np.isfinite(book.vectors).all(1)].mean(0)
