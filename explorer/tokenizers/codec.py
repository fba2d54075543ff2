"""Codec: what a public tokenizer must say of itself in tensors. `AdaptedTokenizer` makes the rest of it.

One file an architecture under `tokenizers/`: the modules with the names of the file's keys, and the methods
`latents`, `quantize`, `embed` and `decode`. Checks, masks, single codes, batches and numpy are done once, in
`adapted_tokenizer.py`.

Letters of the shapes: B media, N tokens of a level, D codebook_dim, C channels of the space in which levels combine.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.joints.record import Codebook, Metric, TokenLayout
from explorer.joints.tokenizer import TokenizerSpec, even_layouts
from explorer.quantizers.nearest import nearest_code


@dataclass(frozen=True)
class CodecLevel:
    """One level of a batch: indices (B, *layout shape) int64; z_e, z_q (B, N, D), in the space of the codebook."""

    indices: Tensor
    z_e: Tensor
    z_q: Tensor


class Codec(nn.Module, ABC):
    """A public tokenizer in torch. `spec` is given before use; weights are filled in by the loader.

    Media: pictures (B, 3, H, W) in [0, 1]; sound (B, channels, samples) in about [-1, 1]; clips (B, 3, frames, H, W)
    in [0, 1]. What the original takes instead ([-1, 1], say) is made inside.
    """

    spec: TokenizerSpec
    token_reach: int | None = None  # how many tokens away a token still changes the output; None: everywhere
    context: int | None = None  # of a sound: tokens before that change a token, later ones never do; None: unknown
    half_precision = True  # whether it may run in float16 on CUDA
    searched: tuple[str, ...] = ()  # modules that stay float32 there: tables of codes, and what else the search reads
    decode_batch = 8  # fields of codes decoded at a time
    skips_lost_codes = True  # whether its search passes over codes that are not finite; if not, they are refused
    notes: tuple[str, ...] = ()  # what a reader of its records should know, in plain words
    warnings: tuple[str, ...] = ()  # what was seen to be wrong when it was made, in whole sentences

    @abstractmethod
    def latents(self, media: Tensor) -> Tensor:
        """The encoder: media -> what `quantize` takes."""

    @abstractmethod
    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        """Every level's latents before quantization, codes and indices. For residual levels z_e is the residual."""

    @abstractmethod
    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        """What the codes of a level give to the decoder, in the space where levels are summed (or concatenated).

        indices: (B, *layout shape). kept: booleans of that shape; where False the token gives what stands for nothing
        (zero in a sum; the mean code in a concatenation). Shapes of all levels fit together.
        """

    @abstractmethod
    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        """The decoder: what `embed` gave for each level -> media.

        A codec whose `aside` gives something takes it as a second argument, `aside=None`, and can do without it.
        """

    def aside(self, media: Tensor) -> Tensor | None:
        """What the public codec sends beside its tokens, such as the loudness of each second; mostly nothing."""
        return None

    @abstractmethod
    def codebooks(self) -> tuple[Codebook, ...]:
        """One codebook a level, in the space of z_e and z_q and with the metric of its search."""

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        """The layout of each level for a medium of extent (H, W), (samples,) or (frames, H, W).

        Here: all levels alike, `spec.downsampling` to a token. Codecs whose levels differ override this.
        """
        return even_layouts(self.spec, extent)

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        """The extent of the medium that indices of these shapes decode to: the inverse of `layouts`.

        Raises RecordError for shapes that no medium gives.
        """
        spec = self.spec
        if spec.fixed_size:
            return spec.fixed_size
        first = shapes[0]
        if spec.layout == "grid3d":
            alone = int(spec.first_frame_alone)
            return ((first[0] - alone) * spec.time_step + alone, *(n * spec.downsampling for n in first[1:]))
        return tuple(n * spec.downsampling for n in first)


def lookup(table: Tensor, indices: Tensor, kept: Tensor | None = None) -> Tensor:
    """Rows of a table (K, D) channels first: indices (B, *shape) -> (B, D, *shape); zero where not kept."""
    rows = nn.functional.embedding(indices, table)  # (B, *shape, D)
    if kept is not None:
        rows = rows.where(kept[..., None], 0)  # a product would keep the NaN of a code that is not finite
    return rows.movedim(-1, 1)


def flat(latents: Tensor) -> Tensor:
    """(B, D, *shape) -> (B, N, D), positions row-major."""
    return latents.flatten(2).transpose(1, 2)


def nearest(latents: Tensor, table: Tensor, metric: Metric = "euclidean") -> Tensor:
    """Index of the nearest row: (B, N, D), (K, D) -> (B, N) int64, the first of equals; see `nearest_code`."""
    return nearest_code(latents.reshape(-1, latents.shape[-1]), table, metric).reshape(latents.shape[:-1])


def published_nearest(latents: Tensor, table: Tensor, most_bytes: int = 2**28) -> Tensor:
    """`nearest` as taming-transformers and its heirs compute it, for the tokens of their files.

    |z|^2 - 2 z.c + |c|^2, in that order of operations. In float32 that loses the digits that tell codes apart where
    both lie far from zero; those are then the tokens that the original gives.
    Codes that are not finite are never chosen, as in `nearest`, where the original gives them every token.
    """
    flat_z, square = latents.reshape(-1, latents.shape[-1]), table.square().sum(1)
    rows = max(1, most_bytes // (4 * len(table)))
    found = [
        far_where_lost(part.square().sum(1, keepdim=True) + square - 2 * part @ table.T, square).argmin(1)
        for part in flat_z.split(rows)
    ]
    return torch.cat(found).reshape(latents.shape[:-1])


def far_where_lost(distances: Tensor, squares: Tensor) -> Tensor:
    """distances (N, K), infinite where the squared length (K,) of a code is not finite: NaN would be least of all."""
    lost = ~squares.isfinite()
    return distances.masked_fill_(lost, math.inf) if bool(lost.any()) else distances
