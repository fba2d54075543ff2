"""Binary spherical quantization: project the latent to the unit sphere, take signs, stay on the sphere.

Zhao et al. 2024, arXiv 2406.07548: u = v / |v|, and sign(u) / sqrt(L) for the code. The straight-through stand-in is of
sign(u) alone, so that 1 / sqrt(L) of the gradient at the code is passed on to u (vector-quantize-pytorch passes all of
it). The linear layers to L dimensions and back are left to encoder and decoder.

What differs. The sign of 0 is +1 in the paper and -1 in the authors' code and here. The paper's probabilities are
softmax(tau c.u), those of its code and ours softmax(2 t c.u), so that tau is 2 t. The paper takes the entropy of the
mean bit by bit, its code in groups of 1 or 9 bits, this in groups of `group_bits`, exact where one holds all. The code
divides the entropies by the inverse temperature, which is 1 there; here `entropy_weight` is all of their weight. A
commitment, should one be asked for, is the mean over the bits, and their sum in the code. All other defaults are LFQ's.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import normalize

from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.lattices.signs import SignQuantizer, signs_in_lab


class BinarySphericalQuantizer(SignQuantizer):
    """`bits` dimensions L, K = 2^L codes at the corners +-1/sqrt(L) of the cube inside the unit sphere.

    `settings` are those of SignQuantizer, and act on u = z / |z|; the paper has no commitment, so its weight is 0.
    """

    def __init__(self, bits: int = 10, beta: float = 0.0, **settings: float) -> None:
        super().__init__("BSQ", bits, 1 / math.sqrt(max(bits, 1)), beta=beta, **settings)

    def project(self, z: Tensor) -> Tensor:
        return normalize(z, dim=-1)


def _in_lab(s: LabValues) -> BinarySphericalQuantizer:
    return BinarySphericalQuantizer(**signs_in_lab(s))


LAB = LabSpec(
    "BSQ",
    ("entropy_terms",),
    build=_in_lab,
    axis_values=2,
    scores_all=True,
    projects=True,
)
