"""Family: all that is needed to build a model of the convolutional family, read from names and shapes. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from explorer.foundation.errors import CheckpointError
from explorer.public.convvq.plan import Shapes, Trunk, need, read_trunk

# nearest: least Euclidean distance. cosine: both sides normalized, the decoder gets the normalized code. dot: largest
# product. logits: largest output of a 1x1 convolution, and a table beside it. signs: no table. projected: nearest row
# of a table that goes through a matrix. residual: the nearest of what is left, level by level. scales: the same, from
# coarse maps to fine ones.
Search = Literal["nearest", "cosine", "dot", "logits", "signs", "projected", "residual", "scales"]
COUNTS = ("cluster_size_ema", "ema_vocab_hit_SV", "codebook_used")  # endings of names: no parameters, but worth seeing
SCALES_256 = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16)  # of the side of VAR's maps of tokens, for pictures of 256 px


@dataclass(frozen=True)
class Family:
    """low, high: the range of pixels that the networks take and give. quant, post: (in, out, kernel) of the
    convolutions around the codes, () where there are none. codebook_dim: of the space in which codes are searched.
    embed_dim: channels that a code gives to the decoder. counted: tensors of training counts
    -> their length (of VAR's, the number of scales).
    """

    encoder: Trunk
    decoder: Trunk | None
    search: Search
    codebook_size: int
    codebook_dim: int
    embed_dim: int
    levels: int = 1
    quant: tuple[int, ...] = ()
    post: tuple[int, ...] = ()
    low: float = -1.0
    high: float = 1.0
    scales: tuple[int, ...] = ()
    refiners: int = 0  # convolutions that VAR's scales share
    counted: Mapping[str, int] = field(default_factory=dict)


def read_family(shapes: Shapes, search: Search, low: float, high: float, groups: int = 32) -> Family:
    """`shapes` by canonical names. Raises CheckpointError, naming the tensor, for what is not of the family."""
    encoder = read_trunk(shapes, "encoder", groups)
    decoder = read_trunk(shapes, "decoder", groups) if any(name.startswith("decoder.") for name in shapes) else None
    if encoder.in_channels != 3:
        raise CheckpointError(f"The encoder takes {encoder.in_channels} channels; 3 were expected, those of a picture.")
    if decoder is not None and decoder.scale != encoder.scale:
        raise CheckpointError(f"The encoder halves {encoder.scale} times as the decoder doubles {decoder.scale} times.")
    quant, post = (_around(shapes, name) for name in ("quant_conv", "post_quant_conv"))
    size, dim, levels = _codebook(shapes, search, quant[1] if quant else encoder.out_channels)
    refiners = sum(name.startswith("codes.quant_resi.qresi_ls.") and name.endswith(".weight") for name in shapes)
    counted = {name: (*shapes[name], 0)[0] for name in shapes if name.endswith(COUNTS)}
    return Family(
        encoder,
        decoder,
        search,
        codebook_size=size,
        codebook_dim=dim,
        embed_dim=shapes["codes.words.weight"][1] if search == "logits" else dim,
        levels=levels,
        quant=quant,
        post=post,
        low=low,
        high=high,
        scales=SCALES_256 if search == "scales" else (),
        refiners=refiners,
        counted=counted,
    )


def _around(shapes: Shapes, name: str) -> tuple[int, ...]:
    """(in, out, kernel) of a convolution, () if there is none."""
    if f"{name}.weight" not in shapes:
        return ()
    out, into, kernel, _ = need(shapes, f"{name}.weight", 4)
    return into, out, kernel


def _codebook(shapes: Shapes, search: Search, latent_dim: int) -> tuple[int, int, int]:
    """(codes, dimensions in which they are searched, levels)."""
    if search == "signs":
        if not 1 <= latent_dim <= 62:
            raise CheckpointError(f"The encoder gives {latent_dim} signs; 1 to 62 were expected.")
        return 2**latent_dim, latent_dim, 1
    if search == "logits":
        size, dim, *_ = need(shapes, "codes.proj.weight", 4)
        need(shapes, "codes.words.weight", 2)
        return size, dim + 1, 1  # the bias of the convolution is one dimension more
    if search == "residual":
        levels = sum(name.startswith("codes.tables.") and name.endswith(".weight") for name in shapes)
        rows, dim = need(shapes, "codes.tables.0.weight", 2)
        if rows < 2:
            raise CheckpointError("codes.tables.0.weight has one row, which is padding; more were expected.")
        return (*_checked(rows - 1, dim, latent_dim), levels)
    size, dim = need(shapes, "codes.embedding.weight", 2)
    return (*_checked(size, dim, latent_dim), len(SCALES_256) if search == "scales" else 1)


def _checked(size: int, dim: int, latent_dim: int) -> tuple[int, int]:
    if dim != latent_dim:
        raise CheckpointError(f"The codes have {dim} dimensions, the latents {latent_dim}; they must agree.")
    return size, dim
