"""DiVeQ: the quantization error as its length times a direction that is fixed, so that no loss of its own is needed.

Vali et al. 2025 (DiVeQ: Differentiable vector quantization using the reparameterization trick, arXiv 2509.26469):
z_q = z + |e - z| sg(u / |u|), u = e - z + v, v ~ N(0, s^2 I) with a small s. What the decoder gets is the code but for
that noise, and the gradient reaches latent and code through the length. So it is quoted from the paper
(kexue.fm/archives/11328; zhaoyang97/Paper-Notes-en on GitHub), and so it stands in the authors' code; s = 0 is the
detached variant of its appendix.
The default s = 0.001 is that of the authors' code, which calls it a variance and uses it as a standard deviation; the
paper's experiments have s^2 = 0.001 and 0.01, as its reviews quote them, which is s = 0.03 and 0.1. The authors'
replacement of unused codes, and their space-filling variant, are no part of this.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import normalize

from explorer.foundation.errors import SettingsError
from explorer.quantizers import chance
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.lab_spec import Inert, LabSpec, LabValues, slider
from explorer.quantizers.learned.nsvq import distance
from explorer.quantizers.learned.table import LearnedTable, Trained, start_in_lab


class DirectionalQuantizer(LearnedTable):
    """K codes in D dimensions. direction_noise: s, in units of the latents; 0 gives the very code."""

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        direction_noise: float = 0.001,
        initialization: Initialization | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size, 0.0, initialization, decay)
        if direction_noise < 0:
            raise SettingsError(f"direction_noise must be at least 0, got {direction_noise}")
        self.direction_noise = direction_noise

    def train_step(self, z: Tensor, table: Tensor, indices: Tensor) -> Trained:
        codes = table[indices]
        towards = (codes - z).detach() + self.direction_noise * chance.randn_like(z)
        return z + distance(z, codes) * normalize(towards, dim=-1), {}


def _in_lab(s: LabValues) -> DirectionalQuantizer:
    return DirectionalQuantizer(s.latent_dim, s.codebook_size, s.direction_noise, start_in_lab(s), s.decay)


LAB = LabSpec(
    "DiVeQ: the error as a length",
    ("codebook_size", "codebook_lr", "initialization", "init_scale", "init_offset"),
    fields=(
        slider(
            "direction_noise",
            "Noise of the direction",
            "Quantizer",
            "Sigma of the noise on the direction from latent to code; 0 gives the very code.",
            0,
            10,
            default=0.001,
        ),
    ),
    build=_in_lab,
    inert=(
        Inert(
            ("direction_noise",),
            {"model": ("none",)},
            "Without a model the length of the error is all that is learnt from, and not its direction.",
        ),
    ),
    learns_alone=True,  # its codes, from the output
    refuses=(("initialization", "online", "Codes of DiVeQ move by the gradient alone: choose another start."),),
)
