"""CVQ-VAE, online clustered codebook: codes that are seldom used are drawn onto latents.

Zheng and Vedaldi 2023 (Online clustered codebook, arXiv 2307.15139). At each training step, with n_k of the N latents:
N_k <- g N_k + (1 - g) n_k / N, a_k = exp(-10 K N_k / (1 - g) - eps), e_k <- (1 - a_k) e_k + a_k anchor_k. A code in
use has a_k of almost 0 and learns by the codebook loss alone. No rule says dead and no code jumps, so there are no
events.

So it stands in the paper, as notes on it quote it (ricolxwz/note, cvq-vae.md: n_k over the B h w latents of a batch),
and in the authors' code, lyndonzheng/CVQ-VAE, whose epsilon is 0.001, but for three things: unless told otherwise that
takes the nearest by cosine and anchors by "probrandom"; its "random" anchors are of earlier batches, too, where a batch
has fewer latents than there are codes; and it has a contrastive loss to add, as the paper has, which is no part of
this.
"""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.quantizers import chance
from explorer.quantizers.gradients import estimator
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.lab_spec import LabSpec, LabValues, choice
from explorer.quantizers.learned.table import LearnedTable, Trained, pull_together, start_in_lab
from explorer.quantizers.nearest import finite_rows, nearest_code, squared_distances
from explorer.quantizers.step.ranks import stack_over_ranks, sum_over_ranks, world
from explorer.quantizers.step.rows import rows_of

ANCHORS = ("closest", "random", "probrandom")
EPSILON = 1e-3


class OnlineClusteredQuantizer(LearnedTable):
    """K codes in D dimensions. anchor: where a code is drawn to: the "closest" latent of the batch, a "random" one, or
    one drawn with a chance of exp(-|z - e_k|^2) ("probrandom"). decay: g of the usage."""

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        anchor: str = "closest",
        beta: float = 0.25,
        gradient: str = "ste",
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size, beta, initialization, decay)
        if anchor not in ANCHORS:
            raise SettingsError(f"anchor must be one of {', '.join(ANCHORS)}, got {anchor!r}")
        estimator(gradient)
        self.anchor, self.gradient, self.decay = anchor, gradient, decay
        self.register_buffer("usage", torch.zeros(codebook_size))  # (K,): N_k, shares of the latents

    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        codes = table.clone()[indices]  # a copy: the vectors change before the backward pass
        return estimator(self.gradient)(z, codes), pull_together(z, codes, self.beta)

    def learn_from(self, z: Tensor, indices: Tensor) -> None:
        n, many = sum_over_ranks(self.counts.tally(indices), finite_rows(z).sum())  # (K,), ()
        self.usage.lerp_(n / many.clamp_min(1), 1 - self.decay)
        pull = (-10 * self.codebook_size * self.usage / (1 - self.decay) - EPSILON).exp()[:, None]  # (K, 1): a_k
        pull = pull * (many > 0)
        anchors = torch.nan_to_num(self._anchors(z), 0, 0, 0)  # (K, D); only where no latent is finite
        lost = ~finite_rows(self.vectors)[:, None]  # a lost code starts anew on its anchor
        kept = torch.where(lost & (pull > 0), anchors, self.vectors)
        self.vectors.copy_(torch.where(pull > 0, torch.lerp(kept, anchors, pull), self.vectors))

    def _anchors(self, z: Tensor) -> Tensor:
        """For each code a row of z (N, D): (K, D). Never one that is not finite, while there are others."""
        codes = torch.nan_to_num(self.vectors, 0, 0, 0)
        if self.anchor == "random":
            rows = rows_of(self, z)
            return rows.take(rows.draw_any(self.codebook_size))
        if self.anchor == "closest":
            found = z[nearest_code(codes, z)]
            away = (codes - found).square().sum(-1) if world() > 1 else codes[:, 0]  # (K,)
        else:
            logits = -squared_distances(codes, z)  # (K, N); infinite for latents that are not finite
            best, rows = (logits + chance.gumbel_like(logits)).max(-1)
            found, away = z[rows], -best
        offers = stack_over_ranks(torch.cat([found, away[:, None]], -1))  # (R, K, D + 1), one of each rank
        least = offers[..., -1].nan_to_num(torch.inf).argmin(0)  # (K,)
        return offers[least, torch.arange(self.codebook_size, device=z.device), :-1]


def _in_lab(s: LabValues) -> OnlineClusteredQuantizer:
    return OnlineClusteredQuantizer(
        s.latent_dim, s.codebook_size, s.anchor, s.beta, s.gradient, start_in_lab(s), s.decay
    )


LAB = LabSpec(
    "CVQ: online clustered codes",
    ("codebook_size", "codebook_lr", "beta", "gradient", "decay", "initialization", "init_scale", "init_offset"),
    fields=(
        choice(
            "anchor",
            "Anchor",
            "Quantizer",
            "The latent of the batch that a code is drawn to while it is seldom used.",
            (
                ("closest", "The closest latent"),
                ("random", "A random latent"),
                ("probrandom", "Random, rather near ones"),
            ),
            default="closest",
        ),
    ),
    build=_in_lab,
    scores_all=True,
    refuses=(("initialization", "online", "CVQ draws its unused codes onto latents anyway: choose another start."),),
)
