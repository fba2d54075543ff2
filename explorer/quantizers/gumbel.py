"""Gumbel-softmax VQ: codes are sampled from a categorical relaxation while training, the nearest one is taken after.

Jang et al. 2017 (arXiv 1611.01144), eqs 1 and 2, and section 2.2 where one code is passed on; dVAE (Ramesh et al.
2021, arXiv 2102.12092). Three things differ from dVAE, whose encoder gives the logits: here they are scaled negative
squared distances, so that argmax is nearest-code assignment and the codebook has an honest Euclidean geometry; the KL
to the uniform distribution is that of the mean over a batch, which asks for even use and lets each latent be sure,
where dVAE takes it of each latent; and there is a pull between latents and codes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
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
from explorer.quantizers.gradients import straight_through
from explorer.quantizers.initialization import Initialization, random_vectors
from explorer.quantizers.lab_spec import LabSpec, LabValues, slider, toggle
from explorer.quantizers.nearest import finite_rows, mark_lost, nearest_code, put_lost_on_codes, squared_distances


class GumbelQuantizer(Quantizer):
    """K codes in D dimensions. temperature: tau of eq. 2, settable while training (anneal it from outside).

    sharpness: where the learned scale of the logits starts; without one, latents near each other would be sampled
    almost evenly whatever the temperature, and the codes would never tell them apart.

    hard: sample one code (straight-through) instead of a mixture. kl_weight: KL(mean p || uniform). beta: weight of
    the pull between latents and their nearest codes, which keeps what is decoded after training near what was trained.
    """

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        temperature: float = 1.0,
        hard: bool = True,
        kl_weight: float = 0.01,
        beta: float = 0.25,
        sharpness: float = 5.0,
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size)
        if temperature <= 0 or sharpness <= 0:
            raise SettingsError(f"temperature and sharpness must be > 0, got {temperature} and {sharpness}")
        self.temperature, self.hard, self.kl_weight, self.beta = temperature, hard, kl_weight, beta
        self.vectors = nn.Parameter(random_vectors(codebook_size, dim, initialization or Initialization()))  # (K, D)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(sharpness)))
        self.counts = CodeCounts(codebook_size, decay)

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        shape, z = z.shape[:-1], z.reshape(-1, self.dim).float()  # (N, D)
        indices = nearest_code(z, self.vectors)  # (N,)
        codes = self.vectors[indices]
        good = finite_rows(z.detach())  # (N,)
        terms = {
            "commitment": self.beta * mean_square(z, torch.where(good[:, None], codes, codes.detach()))
        }  # both move
        if self.training and len(z):
            z_q, indices, terms["kl_to_uniform"] = self._sampled(put_lost_on_codes(z, codes))
            z_q = z_q.masked_fill(~good[:, None], torch.nan)
            self.counts.update(mark_lost(z, indices, self.codebook_size))
        else:
            z_q = straight_through(z, codes)
        stage = QuantizedLevel(
            z.detach().view(*shape, self.dim),
            self.vectors.detach()[indices].view(*shape, self.dim),
            indices.view(shape),
        )
        return QuantizerOutput(z_q.view(*shape, self.dim), indices.view(*shape, 1), total(terms, z), terms, (stage,))

    def _sampled(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """z (N, D) -> mixtures of codes (N, D), the codes of most weight (N,), the weighted KL(mean p || uniform)."""
        finite = finite_rows(self.vectors.detach())  # (K,)
        with torch.autocast(z.device.type, enabled=False):
            vectors = torch.where(finite[:, None], self.vectors, 0)
            logits = -self.log_sharpness.exp() * squared_distances(z, vectors)  # (N, K): log pi up to a constant
            logits = logits.masked_fill(~finite, -torch.inf)
            weights = chance.gumbel_softmax(logits, self.temperature, self.hard)  # eq. 2
            z_q = weights @ vectors
        mean = logits.softmax(-1).mean(0)  # (K,)
        kl = self.kl_weight * (math.log(len(mean)) + (mean * (mean + 1e-12).log()).sum())
        return z_q, weights.detach().argmax(-1), kl

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [self.vectors[indices[..., 0]]]

    def tables(self) -> list[Tensor]:
        return [self.vectors]

    def codebooks(self) -> tuple[Codebook, ...]:
        return (self.counts.codebook(self.vectors),)


def _in_lab(s: LabValues) -> GumbelQuantizer:
    start = s.initialization if s.initialization in ("gaussian", "uniform") else "gaussian"
    return GumbelQuantizer(
        s.latent_dim,
        s.codebook_size,
        s.temperature,
        s.hard,
        s.kl_weight,
        s.beta,
        s.sharpness,
        Initialization(start, s.init_scale, s.init_offset),
        s.decay,
    )


LAB = LabSpec(
    "Gumbel-softmax VQ",
    ("codebook_size", "codebook_lr", "beta", "init_scale", "init_offset"),
    fields=(
        slider(
            "temperature", "Temperature", "Quantizer", "tau of the Gumbel-softmax.", 0.01, 10, log=True, default=1.0
        ),
        toggle("hard", "Sample one code", "Quantizer", "Else a mixture of codes is passed on.", default=True),
        slider("kl_weight", "KL weight", "Quantizer", "Of KL(mean assignment || uniform).", 0, 10, default=0.01),
        slider(
            "sharpness",
            "Sharpness at the start",
            "Quantizer",
            "Learned scale of the logits.",
            0.01,
            100,
            log=True,
            restarts=True,
            default=5.0,
        ),
    ),
    build=_in_lab,
    scores_all=True,
    learns_alone=True,  # its codes and the scale of its logits, by the gradient
)
