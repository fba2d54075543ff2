"""Multi-head vector quantization: projected views of a latent, each with a codebook of its own.

z^(m) = W_m z, z_q^(m) = nearest code of head m, z_q = W_o g(z_q^(1), ..., z_q^(M)) with g concatenation or sum
(as in the survey "Discrete Visual Tokenizers for Multimodal LLMs", 2025, section 7.3). FQGAN (Bai et al. 2024, arXiv
2411.16681, eqs 3 to 6) is such a one: its views are small networks, it concatenates, and it adds a loss that keeps the
codes of two heads at right angles (eq. 7), which is no part of this.
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


class MultiHeadQuantizer(Quantizer):
    """M heads (num_quantizers) of `head_dim` dimensions (default D / M), composed by "concatenate" or "sum"."""

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        num_quantizers: int = 4,
        options: CodebookOptions | None = None,
        head_dim: int | None = None,
        compose: str = "concatenate",
    ) -> None:
        super().__init__(dim, codebook_size, num_quantizers)
        if compose not in ("concatenate", "sum"):
            raise SettingsError(f"compose must be concatenate or sum, got {compose!r}")
        if head_dim is not None and head_dim < 1:
            raise SettingsError(f"head_dim must be at least 1, got {head_dim}")
        if head_dim is None and dim % num_quantizers:
            raise SettingsError(f"{num_quantizers} heads do not divide {dim} dimensions; give head_dim")
        self.head_dim = head_dim or dim // num_quantizers
        self.combination = compose
        self.views = nn.ModuleList(nn.Linear(dim, self.head_dim, bias=False) for _ in range(num_quantizers))
        composed = self.head_dim * (num_quantizers if compose == "concatenate" else 1)
        self.output = nn.Linear(composed, dim, bias=False)
        self.levels = nn.ModuleList(
            VectorQuantizer(self.head_dim, codebook_size, options, level=q) for q in range(num_quantizers)
        )

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        outputs = [level(view(z.float())) for level, view in zip(self.levels, self.views, strict=True)]
        terms: dict[str, Tensor] = {}
        for output in outputs:
            for name, value in output.loss_terms.items():
                terms[name] = terms.get(name, 0.0) + value / self.num_quantizers
        z_q = self.combine([output.z_q for output in outputs])  # (..., D)
        indices = torch.cat([output.indices for output in outputs], dim=-1)  # (..., M)
        return QuantizerOutput(z_q, indices, total(terms, z), terms, tuple(output.stages[0] for output in outputs))

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [level.level_vectors(indices[..., q : q + 1])[0] for q, level in enumerate(self.levels)]

    def tables(self) -> list[Tensor]:
        return [level.tables()[0] for level in self.levels]

    def combine(self, vectors: Sequence[Tensor]) -> Tensor:
        joined = (
            torch.cat(list(vectors), -1) if self.combination == "concatenate" else torch.stack(list(vectors)).sum(0)
        )
        return self.output(joined)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(level.codebooks()[0] for level in self.levels)

    def drain_events(self) -> list[ReseedEvent]:
        return sorted((e for level in self.levels for e in level.drain_events()), key=lambda event: event.step)


def _in_lab(s: LabValues) -> MultiHeadQuantizer:
    head_dim = max(1, s.latent_dim // s.num_quantizers)
    return MultiHeadQuantizer(s.latent_dim, s.codebook_size, s.num_quantizers, options_in_lab(s), head_dim)


LAB = LabSpec(
    "Multi-head VQ",
    ("codebook_size", "codebook_lr", "codebook_options", "num_quantizers"),
    build=_in_lab,
    learns_alone=True,  # the projections of its heads
)
