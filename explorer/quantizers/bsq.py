"""Binary spherical quantization: project the latent to the unit sphere, take signs, stay on the sphere.

Zhao et al. 2024, arXiv 2406.07548; survey 002, section 2.7; survey 004, section 8.3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, normalize

from explorer.quantizers.base import QuantizerOutput, Stage, check_latents, total
from explorer.quantizers.gradients import straight_through
from explorer.quantizers.lattice import LatticeQuantizer, sign_entropies
from explorer.quantizers.lfq import sign_rule


class BinarySphericalQuantizer(LatticeQuantizer):
    """`bits` dimensions L, K = 2^L codes at the corners +-1/sqrt(L) of the cube inside the unit sphere.

    entropy_weight, diversity and inverse_temperature as for LFQ, on u = z / |z|; beta: commitment weight.
    """

    def __init__(
        self,
        bits: int = 10,
        entropy_weight: float = 0.1,
        diversity: float = 1.0,
        inverse_temperature: float = 100.0,
        beta: float = 0.25,
        group_bits: int = 10,
        decay: float = 0.99,
    ) -> None:
        super().__init__(sign_rule("BSQ", bits, 1 / math.sqrt(max(bits, 1))), decay)
        self.scale = 1 / math.sqrt(bits)
        self.entropy_weight, self.diversity, self.beta = entropy_weight, diversity, beta
        self.inverse_temperature, self.group_bits = inverse_temperature, group_bits

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        u = normalize(z.float(), dim=-1)  # (..., L)
        positive = u >= 0  # sign(0) is +1
        codes = torch.where(positive, self.scale, -self.scale)
        indices = self.indices_of(positive)
        terms = {"commitment": self.beta * mse_loss(u, codes)}
        if self.training and self.entropy_weight:
            flat = u.reshape(-1, self.dim)
            sure, diverse = sign_entropies(flat, self.scale, self.inverse_temperature, self.group_bits)
            terms["entropy_per_latent"] = self.entropy_weight * sure
            terms["entropy_of_mean"] = -self.entropy_weight * self.diversity * diverse
        if self.training:
            self.counts.update(indices)
        stage = Stage(u.detach(), codes, indices)
        return QuantizerOutput(straight_through(u, codes), indices[..., None], total(terms, z), terms, (stage,))
