"""Soft-to-hard vector quantization: while training a latent is a mixture of all codes that hardens, after it one code.

Agustsson et al. 2017 (Soft-to-hard vector quantization for end-to-end learning compressible representations, arXiv
1704.00648): the soft assignment is softmax(-sigma |z - e_k|^2), and sigma, here 1 / temperature, is annealed upwards.
The paper's own equations were not at hand: so it stands in the authors' code of a later paper of theirs
(fab-jul/imgcomp-cvpr, quantizer.py) and where others take it over (DeepJSCC-Q, Tung et al. 2022, arXiv 2206.08100, as
notes on it quote it); the thesis of one of the authors (Mentzer, fab-jul/phd-thesis, imgcomp.tex) has the distance to a
number's centers without a square. The commitment loss is no part of it. The paper also relaxes the entropy of the codes
and counts it as a cost of bits, which is no part of this.
"""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.quantizers.base import mean_square
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.lab_spec import LabSpec, LabValues, slider
from explorer.quantizers.learned.table import LearnedTable, Trained, start_in_lab
from explorer.quantizers.nearest import squared_distances


class SoftQuantizer(LearnedTable):
    """K codes in D dimensions, mixed by softmax(-|z - e|^2 / tau).

    tau falls in even ratios from `soft_temperature` to `final_temperature` over the first `anneal_steps` training
    steps, in units of squared distance. At tau -> 0 the mixture is the nearest code, which is what evaluation gives.
    """

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        soft_temperature: float = 1.0,
        final_temperature: float = 0.01,
        anneal_steps: int = 1000,
        beta: float = 0.25,
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size, beta, initialization, decay)
        if soft_temperature <= 0 or final_temperature <= 0 or anneal_steps < 1:
            raise SettingsError(
                "soft_temperature and final_temperature must be > 0 and anneal_steps at least 1, got "
                f"{soft_temperature}, {final_temperature} and {anneal_steps}"
            )
        self.soft_temperature, self.final_temperature = soft_temperature, final_temperature
        self.anneal_steps = anneal_steps

    @property
    def tau(self) -> Tensor:
        """The temperature of the next training step: ()."""
        clock = self.counts.clock.to(torch.float32 if self.counts.clock.device.type == "mps" else torch.float64)
        done = (clock / self.anneal_steps).clamp_max(1.0)
        return self.soft_temperature * (self.final_temperature / self.soft_temperature) ** done

    def mixture_weights(self, z: Tensor, table: Tensor) -> Tensor:
        """z (N, D), table (K, D) -> weights (N, K) of rows that sum to 1; of codes that are not finite 0."""
        return (-squared_distances(z, table) / self.tau).softmax(-1)

    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        z_q = self.mixture_weights(z, table) @ self.finite_table(table)[0]
        return z_q, {"commitment": self.beta * mean_square(z, table.detach()[indices])}


def _in_lab(s: LabValues) -> SoftQuantizer:
    return SoftQuantizer(
        s.latent_dim,
        s.codebook_size,
        s.soft_temperature,
        s.final_temperature,
        s.anneal_steps,
        s.beta,
        start_in_lab(s),
        s.decay,
    )


LAB = LabSpec(
    "Soft VQ, annealed",
    ("codebook_size", "codebook_lr", "beta", "initialization", "init_scale", "init_offset"),
    fields=(
        slider(
            "soft_temperature",
            "Temperature at the start",
            "Quantizer",
            "tau of the mixture softmax(-|z - e|^2 / tau) in the first step.",
            0.001,
            100,
            log=True,
            default=1.0,
        ),
        slider(
            "final_temperature",
            "Temperature at the end",
            "Quantizer",
            "tau from the last step of the annealing on; near 0 the mixture is one code.",
            0.0001,
            100,
            log=True,
            default=0.01,
        ),
        slider(
            "anneal_steps",
            "Annealing",
            "Quantizer",
            "Steps in which tau goes from its start to its end, in even ratios.",
            1,
            100_000,
            step=1,
            log=True,
            unit="steps",
            default=1000,
        ),
    ),
    build=_in_lab,
    scores_all=True,
    learns_alone=True,  # its codes, from the output
    bound=("beta",),
    refuses=(("initialization", "online", "Codes of soft VQ move by the gradient alone: choose another start."),),
)
