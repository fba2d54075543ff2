"""What LFQ and BSQ share: the code of a latent is the sign of each of its dimensions, kept in use by entropy terms.

The sign of 0 is -1, as in the original implementations and in MAGVIT-v2 (arXiv 2310.05737), eq. 3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.joints.record import LatticeRule
from explorer.quantizers.base import QuantizedLevel, QuantizerOutput, check_latents, mean_square, total
from explorer.quantizers.gradients import straight_through
from explorer.quantizers.lab_spec import LabValues
from explorer.quantizers.lattices.lattice import LatticeQuantizer, sign_entropies
from explorer.quantizers.nearest import finite_rows, mark_lost


def sign_rule(name: str, bits: int, scale: float) -> LatticeRule:
    """The corners {-scale, +scale}^bits; the first axis is the most significant bit.

    So have it vector-quantize-pytorch and the authors of BSQ in their code; the papers of LFQ (eq. 4) and BSQ sum
    2^(i-1) over the axes i, which makes the first the least significant: the same codes, their numbers mirrored.
    """
    if int(bits) != bits or not 1 <= bits <= 62:
        raise SettingsError(f"bits must be a whole number from 1 to 62, got {bits}")
    return LatticeRule(name, ((-scale, scale),) * bits, first_axis_most_significant=True)


class SignQuantizer(LatticeQuantizer):
    """`bits` dimensions, K = 2^bits codes at +-scale; a subclass says where latents are put first (`project`).

    entropy_weight scales mean H(p) - diversity * H(mean p), p the soft assignment at `inverse_temperature`: each
    latent should be sure of its code, and all codes should be used. beta: commitment weight.
    """

    def __init__(
        self,
        name: str,
        bits: int,
        scale: float,
        entropy_weight: float = 0.1,
        diversity: float = 1.0,
        inverse_temperature: float = 100.0,
        beta: float = 0.25,
        group_bits: int = 10,
        decay: float = 0.99,
    ) -> None:
        super().__init__(sign_rule(name, bits, scale), decay)
        self.scale, self.beta = scale, beta
        self.entropy_weight, self.diversity = entropy_weight, diversity
        self.inverse_temperature, self.group_bits = inverse_temperature, group_bits

    def project(self, z: Tensor) -> Tensor:
        """z (..., D) float32 -> the latents whose signs are taken."""
        return z

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        u = self.project(z.float())  # (..., D)
        positive = (u > 0) & finite_rows(u)[..., None]
        codes = torch.where(positive, self.scale, -self.scale)
        indices = self.indices_of(positive)
        terms = {"commitment": self.beta * mean_square(u, codes)}
        if self.training and self.entropy_weight and u.numel():
            flat = u.reshape(-1, self.dim)
            sure, diverse = sign_entropies(flat, self.scale, self.inverse_temperature, self.group_bits)
            terms["entropy_per_latent"] = self.entropy_weight * sure
            terms["entropy_of_mean"] = -self.entropy_weight * self.diversity * diverse
        if self.training:
            self.counts.update(mark_lost(u, indices, self.codebook_size))
        stage = QuantizedLevel(u.detach(), codes, indices)
        z_q = straight_through(self.scale * u, codes)  # the stand-in is of the signs alone: z_q is `scale` times them
        return QuantizerOutput(z_q, indices[..., None], total(terms, z), terms, (stage,))


def signs_in_lab(s: LabValues) -> dict[str, float]:
    """The settings of SignQuantizer in a run of the lab."""
    return {
        "bits": s.latent_dim,
        "entropy_weight": s.entropy_weight,
        "diversity": s.diversity,
        "inverse_temperature": s.inverse_temperature,
        "group_bits": min(12, s.latent_dim),
        "decay": s.decay,
    }
