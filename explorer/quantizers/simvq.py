"""SimVQ: the codebook is a frozen random table times one learned linear layer, so every code moves at every step.

Zhu et al. 2024, arXiv 2411.02038 (linear reparameterization), algorithm 1: the code is q_k W with q_k frozen and
Gaussian, beta stands before the commitment. The authors' code gives its linear layer a bias, which algorithm 1 has not
and this has not. The rotation trick is an addition; "ste" is theirs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.joints.record import Codebook
from explorer.quantizers import chance
from explorer.quantizers.base import (
    CodeCounts,
    QuantizedLevel,
    Quantizer,
    QuantizerOutput,
    check_latents,
    mean_square,
    total,
)
from explorer.quantizers.gradients import estimator
from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.nearest import mark_lost, nearest_code, put_lost_on_codes


class SimVQQuantizer(Quantizer):
    """K codes in D dimensions. beta: commitment weight; gradient: "ste" or "rotation"."""

    def __init__(
        self, dim: int, codebook_size: int, beta: float = 0.25, gradient: str = "ste", decay: float = 0.99
    ) -> None:
        super().__init__(dim, codebook_size)
        self.beta, self.gradient = beta, gradient
        self.register_buffer("table", chance.randn(codebook_size, dim) * dim**-0.5)  # (K, D), frozen
        self.basis = nn.Linear(dim, dim, bias=False)
        self.counts = CodeCounts(codebook_size, decay)
        estimator(gradient)

    def vectors(self) -> Tensor:
        """(K, D): table times basis, differentiable in the basis."""
        with torch.autocast(self.table.device.type, enabled=False):
            return self.basis(self.table)

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        shape, z = z.shape[:-1], z.reshape(-1, self.dim).float()  # (N, D)
        vectors = self.vectors()
        indices = nearest_code(z, vectors)  # (N,)
        codes = vectors[indices]
        pull = mean_square(codes, put_lost_on_codes(z.detach(), codes))
        terms = {"commitment": self.beta * mean_square(z, codes.detach()), "codebook": pull}
        if self.training:
            self.counts.update(mark_lost(z, indices, self.codebook_size))
        stage = QuantizedLevel(
            z.detach().view(*shape, self.dim), codes.detach().view(*shape, self.dim), indices.view(shape)
        )
        z_q = estimator(self.gradient)(z, codes).view(*shape, self.dim)
        return QuantizerOutput(z_q, indices.view(*shape, 1), total(terms, z), terms, (stage,))

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [self.vectors()[indices[..., 0]]]

    def tables(self) -> list[Tensor]:
        return [self.vectors()]

    def codebooks(self) -> tuple[Codebook, ...]:
        return (self.counts.codebook(self.vectors()),)


def _in_lab(s: LabValues) -> SimVQQuantizer:
    return SimVQQuantizer(s.latent_dim, s.codebook_size, s.beta, s.gradient, s.decay)


LAB = LabSpec("SimVQ", ("codebook_size", "codebook_lr", "beta", "gradient"), build=_in_lab)
