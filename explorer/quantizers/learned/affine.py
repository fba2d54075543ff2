"""Affine reparameterization: all codes share a mean and a spread, so that also those that win nothing move along.

Huh et al. 2023 (Straightening out the straight-through estimator, arXiv 2305.08842): the code that is searched is
mean + std * v_k, with the same mean and std (D,) for all k. They learn by the gradient, or they are running moments:
the codes are then moved and stretched so that their mean and variance are those of the latents of late.

The paper's own text was not to be had. Its equation is quoted as c_mean + c_std * e, both shared by the codebook, in
StableVQ (Tang et al., section 3.2), which agrees with the words of the authors' page (minyoungg.github.io/vqtorch) and
with the authors' code (minyoungg/vqtorch). That code differs from this: its std is 1 + s and not exp(s), so it can pass
zero; its moments are averages of each batch's mean and variance, of latents and of codes, while here those of latents
are averages of z and z^2 and those of codes are of now; and beta is split as 1 - beta and beta between commitment and
codebook loss, where here beta weighs the commitment beside a codebook loss of weight 1. Alternated steps and the
synchronized commitment of the same paper are no part of this.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.foundation.errors import SettingsError
from explorer.quantizers.gradients import estimator
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.lab_spec import Inert, LabSpec, LabValues, choice
from explorer.quantizers.learned.table import LearnedTable, Trained, pull_together, start_in_lab
from explorer.quantizers.nearest import finite_rows
from explorer.quantizers.step.ranks import sum_over_ranks

SMALL = 1e-5  # of a variance, so that codes on one place can be stretched


class AffineQuantizer(LearnedTable):
    """K codes in D dimensions. affine: "learned" or "running". decay: also of the running moments."""

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        affine: str = "learned",
        beta: float = 0.25,
        gradient: str = "ste",
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size, beta, initialization, decay)
        if affine not in ("learned", "running"):
            raise SettingsError(f"affine must be learned or running, got {affine!r}")
        estimator(gradient)
        self.affine, self.gradient, self.decay = affine, gradient, decay
        if affine == "learned":
            self.mean, self.log_std = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))  # (D,), (D,)
        else:  # averages that start at zero, and the weight of all that went into them
            self.register_buffer("ema_moments", torch.zeros(2, dim))  # of z and of z^2
            self.register_buffer("ema_weight", torch.zeros(()))

    def code_table(self) -> Tensor:
        finite = finite_rows(self.vectors.detach())[:, None]  # (K, 1)
        own = torch.where(finite, self.vectors, 0)  # (K, D)
        if self.affine == "learned":
            moved = self.mean + self.log_std.exp() * own
        else:
            middle, std = self._moments(own.detach(), finite)
            moved = torch.where(self.ema_weight > 0, self._latents()[0] + std * (own - middle), own)
        return torch.where(finite, moved, self.vectors)

    def _latents(self) -> Tensor:
        """Running mean of the latents, and of their squares: (2, D)."""
        return self.ema_moments / self.ema_weight.clamp_min(1e-12)

    def _moments(self, codes: Tensor, finite: Tensor) -> tuple[Tensor, Tensor]:
        """Mean of the finite codes (K, D), and how much wider than they the latents are spread: (D,), (D,)."""
        many = finite.sum().clamp_min(1)
        middle = codes.sum(0) / many
        variance = ((codes - middle).square() * finite).sum(0) / many
        first, second = self._latents()
        return middle, ((second - first.square()).clamp_min(SMALL) / variance.clamp_min(SMALL)).sqrt()

    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        codes = table[indices]
        return estimator(self.gradient)(z, codes), pull_together(z, codes, self.beta)

    def learn_from(self, z: Tensor, indices: Tensor) -> None:
        if self.affine == "learned":
            return
        good = finite_rows(z)[:, None]  # (N, 1)
        kept = z.masked_fill(~good, 0)
        sums, many = sum_over_ranks(torch.stack([kept.sum(0), kept.square().sum(0)]), good.sum())
        share = (1 - self.decay) * (many > 0)  # a batch without a finite latent says nothing
        moments = sums / many.clamp_min(1)  # (2, D)
        self.ema_moments.lerp_(moments, share)
        self.ema_weight.lerp_(torch.ones_like(self.ema_weight), share)


def _in_lab(s: LabValues) -> AffineQuantizer:
    return AffineQuantizer(s.latent_dim, s.codebook_size, s.affine, s.beta, s.gradient, start_in_lab(s), s.decay)


LAB = LabSpec(
    "Affine codes, shared mean and spread",
    ("codebook_size", "codebook_lr", "beta", "gradient", "decay", "initialization", "init_scale", "init_offset"),
    fields=(
        choice(
            "affine",
            "Mean and spread",
            "Quantizer",
            "Of all codes together: learned by the codebook loss, or those of the latents of late.",
            (("learned", "Learned"), ("running", "Of the latents of late")),
            restarts=True,
            default="learned",
        ),
    ),
    build=_in_lab,
    inert=(
        Inert(
            ("decay",),
            {"affine": ("learned",)},
            "Mean and spread are learned by the gradient, and no average is taken.",
        ),
    ),
    refuses=(("initialization", "online", "Affine codes move by the gradient alone: choose another start."),),
)
