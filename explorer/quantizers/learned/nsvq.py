"""NSVQ, noise substitution: while training the quantization error is replaced by noise of the same length.

Vali and Backstrom 2022 (NSVQ: Noise substitution in vector quantization for machine learning, IEEE Access 10):
z_q = z + |z - e| v / |v| with v ~ N(0, I). No straight-through estimator and no loss of its own: the gradient of what
the decoder makes of it reaches latent and code through the length |z - e|. So its first author tells it: Vali 2025
(Vector quantization in deep neural networks for speech and image processing, doctoral thesis, Aalto), section 5.2 and
figure 5.2. So it stands in the authors' code (MHVali/Noise-Substitution-in-Vector-Quantization), and so it is quoted as
the forerunner of DiVeQ (kexue.fm/archives/11328). The replacement of codes that a number of batches did not use is no
part of this.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import normalize

from explorer.quantizers import chance
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.learned.table import LearnedTable, Trained, start_in_lab

SMALL = 1e-12  # under the root, whose slope at zero is infinite


class NoiseSubstitutionQuantizer(LearnedTable):
    """K codes in D dimensions."""

    def __init__(
        self, dim: int, codebook_size: int, initialization: Initialization | None = None, decay: float = 0.99
    ) -> None:
        super().__init__(dim, codebook_size, 0.0, initialization, decay)

    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        return z + distance(z, table[indices]) * normalize(chance.randn_like(z), dim=-1), {}


def distance(z: Tensor, codes: Tensor) -> Tensor:
    """|z - e| (N, 1), with a gradient of zero where they meet: (N, D), (N, D)."""
    return ((z - codes).square().sum(-1, keepdim=True) + SMALL).sqrt()


def _in_lab(s: LabValues) -> NoiseSubstitutionQuantizer:
    return NoiseSubstitutionQuantizer(s.latent_dim, s.codebook_size, start_in_lab(s), s.decay)


LAB = LabSpec(
    "NSVQ: noise for the error",
    ("codebook_size", "codebook_lr", "initialization", "init_scale", "init_offset"),
    build=_in_lab,
    learns_alone=True,  # its codes, from the output
    refuses=(("initialization", "online", "Codes of NSVQ move by the gradient alone: choose another start."),),
)
