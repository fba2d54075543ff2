"""Index backpropagation quantization (IBQ): the gradient passes the index, so that every code learns from every latent.

Shi et al. 2024 (Scalable image tokenization with index backpropagation quantization, arXiv 2412.02692): the
straight-through estimator stands on the one-hot over all codes, one_hot(argmax p) + p - sg(p), and z_q is that times
the table. The loss is |z_q - z|^2 + |sg(z) - e|^2 + beta |z - sg(e)|^2, e the code without that estimator: eq. 10, as
TencentARC/SEED-Voken/issues/50 and 60 quote it. Squares are means over latents and axes here, as in their code.

Two things differ from paper and code alike: the scores behind p are -|z - e_k|^2 / 2 and not the product z.e_k, whose
argmax need not be the nearest code (for codes of one length p is the same, and so are all gradients but that along a
code); and the temperature of p is a setting. Two differ from the code alone: the entropies are those of p, there of
scores divided by 0.01; and beta weighs the commitment, as in the paper, there the codebook's term (the same issues).
"""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.quantizers.base import mean_square
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.lab_spec import LabSpec, LabValues, slider
from explorer.quantizers.learned.table import LearnedTable, Trained, pull_together, start_in_lab
from explorer.quantizers.nearest import squared_distances


class IndexBackpropQuantizer(LearnedTable):
    """K codes in D dimensions. index_temperature: of p. index_entropy: weight of H(p) per latent minus H(mean p), in
    nats. beta: weight of the commitment; the index loss, (z_q - z)^2 through the index, has weight 1 as in the paper.
    """

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        index_temperature: float = 1.0,
        index_entropy: float = 0.05,
        beta: float = 0.25,
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size, beta, initialization, decay)
        if index_temperature <= 0 or index_entropy < 0:
            raise SettingsError(
                "index_temperature must be > 0 and index_entropy at least 0, got "
                f"{index_temperature} and {index_entropy}"
            )
        self.index_temperature, self.index_entropy = index_temperature, index_entropy

    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        scores = -squared_distances(z, table) / (2 * self.index_temperature)  # (N, K)
        p = scores.softmax(-1)
        hard = torch.zeros_like(p).scatter_(1, indices[:, None], 1.0)  # (N, K); one_hot would look at the indices
        z_q = (hard + (p - p.detach())) @ self.finite_table(table)[0]
        terms = pull_together(z, table[indices], self.beta) | {"index": mean_square(z_q, z)}
        if self.index_entropy:
            terms["entropy"] = self.index_entropy * (_entropy(p).mean() - _entropy(p.mean(0)))
        return z_q, terms


def _entropy(p: Tensor) -> Tensor:
    """Over the last axis, in nats."""
    return -(p * (p + 1e-12).log()).sum(-1)


def _in_lab(s: LabValues) -> IndexBackpropQuantizer:
    return IndexBackpropQuantizer(
        s.latent_dim, s.codebook_size, s.index_temperature, s.index_entropy, s.beta, start_in_lab(s), s.decay
    )


LAB = LabSpec(
    "IBQ: gradient through the index",
    ("codebook_size", "codebook_lr", "beta", "initialization", "init_scale", "init_offset"),
    fields=(
        slider(
            "index_temperature",
            "Index temperature",
            "Quantizer",
            "Of p = softmax(-|z - e|^2 / 2 tau), through which each code gets a gradient.",
            0.001,
            100,
            log=True,
            default=1.0,
        ),
        slider(
            "index_entropy",
            "Index entropy weight",
            "Quantizer",
            "Of H(p) per latent minus H(mean p): sharp for each latent, even over all.",
            0,
            10,
            default=0.05,
        ),
    ),
    build=_in_lab,
    scores_all=True,
    learns_alone=True,  # its codes, from the output
    bound=("beta",),
    refuses=(("initialization", "online", "Codes of IBQ move by the gradient alone: choose another start."),),
)
