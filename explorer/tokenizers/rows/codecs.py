"""Codecs of series: FAST, and quantizers over windows of rows. Letters: B media, D columns, T rows, n rows a token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook, TokenLevel
from explorer.joints.tokenizer import Pieces
from explorer.quantizers.base import Quantizer
from explorer.quantizers.fast import CosineRounding
from explorer.quantizers.fast_merges import Merges, merge
from explorer.tokenizers.codec import Codec, CodecLevel


class SeriesCodec(Codec):
    """Media: (B, D, T), every column about [-1, 1]. Tokens of a level: (B, D, T / downsampling)."""

    half_precision = False
    token_reach = None

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        columns, steps = shapes[0]
        rows = steps * self.spec.downsampling
        if rows % self.spec.media_multiple:
            raise RecordError(f"{steps} tokens a column are no whole chunks of {self.spec.media_multiple} rows")
        return columns, rows

    def ways(self) -> int:
        """In how many ways a code can stand in a stretch, each of which is shown."""
        return 1

    def stretch(self, code: int, way: int) -> np.ndarray:
        """The tokens of one column of one stretch in which the code stands in that way, and nothing beside it: (n,)."""
        return np.array([code], np.int64)


class FastCodec(SeriesCodec):
    """FAST with its merges. A token is the integer of one frequency of one column in one chunk.

    How tokens of any number become a record: before they are merged they are a full grid, columns x (chunks x
    frequencies), of integers, which are the codes of a lattice; every view counts and shows these. Within a chunk the
    lowest frequency comes first, and all of its frequencies stand for the whole chunk (`TokenLayout.chunk`). Merges
    lose nothing, so they are told beside the grid (`pieces`): which of its integers are sent as one. They follow the
    order of the original, low frequencies of all columns first.
    """

    WAYS = 4  # frequencies at which a code alone is shown

    def __init__(self, rounding: CosineRounding, merges: Merges, counts: np.ndarray | None = None) -> None:
        super().__init__()
        self.rounding, self.merges, self._counts = rounding, merges, counts

    def latents(self, media: Tensor) -> Tensor:
        return self.rounding.transform(media)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        indices = self.rounding.indices_of(latents)
        flat = (latents.flatten(1)[..., None], self.rounding.integers(indices).flatten(1)[..., None])
        return [CodecLevel(indices, *flat)]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        integers = self.rounding.integers(indices)
        return integers if kept is None else torch.where(kept, integers, 0)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.rounding.restore(embedded[0])

    def codebooks(self) -> tuple[Codebook, ...]:
        rule = self.rounding.rule
        return (Codebook(rule.codebook_size, 1, "implicit", rule=rule, counts=self._counts),)

    def ways(self) -> int:
        return min(self.WAYS, self.rounding.chunk)

    def stretch(self, code: int, way: int) -> np.ndarray:
        tokens = np.full(self.rounding.chunk, self.rounding.limit, np.int64)
        tokens[way] = code
        return tokens

    def pieces(self, level: TokenLevel) -> Pieces:
        columns, steps = level.indices.shape
        chunks = level.indices.reshape(columns, -1, self.rounding.chunk)  # (D, C, n)
        of, ids, sizes = np.empty(chunks.shape, np.int64), [], self.merges.lengths()
        for number in range(chunks.shape[1]):
            found = merge(chunks[:, number].T.reshape(-1), self.merges)  # low frequencies of all columns first
            names = np.repeat(np.arange(len(found)) + len(ids), sizes[found])
            of[:, number] = names.reshape(self.rounding.chunk, columns).T
            ids += found.tolist()
        return Pieces(of.reshape(columns, steps), np.array(ids, np.int64), self.merges.vocabulary)


class WindowCodec(SeriesCodec):
    """A quantizer over windows of `rows` rows of one column each, without a network.

    Every column goes apart, as in TOTEM (Talukder et al. 2024, arXiv 2402.16412), so that a file of any number of
    columns fits. What the codes are is what they decode to.
    """

    decode_batch = 64

    def __init__(self, quantizer: Quantizer) -> None:
        super().__init__()
        self.quantizer = quantizer
        self._books = quantizer.codebooks()

    def latents(self, media: Tensor) -> Tensor:
        return media.unflatten(-1, (-1, self.quantizer.dim))  # (B, D, T / n, n)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        stages = self.quantizer(latents).stages
        return [CodecLevel(one.indices, one.z_e.flatten(1, 2), one.z_q.flatten(1, 2)) for one in stages]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        every = indices[..., None].expand(*indices.shape, self.quantizer.num_quantizers)
        vectors = self.quantizer.level_vectors(every)[level]  # (B, D, T / n, n)
        return vectors if kept is None else torch.where(kept[..., None], vectors, 0)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.quantizer.combine(embedded).flatten(-2)

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._books
