"""Product (grouped) quantization: the dimensions are split into groups, each with a codebook of its own.

Jegou et al. 2011 (Product quantization for nearest neighbor search, IEEE TPAMI 33), eqs 8 to 11: x is cut into G parts
of D / G numbers, each quantized by itself, which makes K^G combinations of G x K stored vectors, and the errors of the
parts add up. There each codebook is k-means of its slice; here it learns as any codebook of VQ does.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook
from explorer.quantizers.base import Quantizer, QuantizerOutput, ReseedEvent, check_latents, total
from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer, options_in_lab


class ProductQuantizer(Quantizer):
    """G groups (num_quantizers) of D / G dimensions, K codes each; z_q is their concatenation."""

    combination = "concatenate"

    def __init__(
        self, dim: int, codebook_size: int, num_quantizers: int = 4, options: CodebookOptions | None = None
    ) -> None:
        super().__init__(dim, codebook_size, num_quantizers)
        if dim % num_quantizers:
            raise SettingsError(f"{num_quantizers} groups do not divide {dim} dimensions")
        self.group_dim = dim // num_quantizers
        self.levels = nn.ModuleList(
            VectorQuantizer(self.group_dim, codebook_size, options, level=q) for q in range(num_quantizers)
        )

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        outputs = [level(part) for level, part in zip(self.levels, z.split(self.group_dim, dim=-1), strict=True)]
        terms: dict[str, Tensor] = {}
        for output in outputs:
            for name, value in output.loss_terms.items():
                terms[name] = terms.get(name, 0.0) + value / self.num_quantizers
        z_q = torch.cat([output.z_q for output in outputs], dim=-1)  # (..., D)
        indices = torch.cat([output.indices for output in outputs], dim=-1)  # (..., G)
        return QuantizerOutput(z_q, indices, total(terms, z), terms, tuple(output.stages[0] for output in outputs))

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [level.level_vectors(indices[..., q : q + 1])[0] for q, level in enumerate(self.levels)]

    def tables(self) -> list[Tensor]:
        return [level.tables()[0] for level in self.levels]

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(vectors), dim=-1)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(level.codebooks()[0] for level in self.levels)

    def drain_events(self) -> list[ReseedEvent]:
        return sorted((e for level in self.levels for e in level.drain_events()), key=lambda event: event.step)


def _in_lab(s: LabValues) -> ProductQuantizer:
    return ProductQuantizer(s.latent_dim, s.codebook_size, s.num_quantizers, options_in_lab(s))


LAB = LabSpec(
    "Product quantization",
    ("codebook_size", "codebook_lr", "codebook_options", "num_quantizers"),
    build=_in_lab,
    splits=True,
)
