"""Binary spherical quantization: project the latent to the unit sphere, take signs, stay on the sphere.

Zhao et al. 2024, arXiv 2406.07548: u = v / |v|, and sign(u) / sqrt(L) for the code. The linear layers to L dimensions
and back are left to encoder and decoder.

What differs. The sign of 0 is +1 in the paper and -1 in the authors' code and here. Paper and code pass 1 / sqrt(L) of
the gradient at the code on to u, since their stand-in is of sign(u) alone; here all of it is passed, as in
vector-quantize-pytorch. The paper's probabilities are softmax(tau c.u), those of its code and ours softmax(2 t c.u), so
that tau is 2 t. The paper takes the entropy of the mean bit by bit, its code in groups of 1 or 9 bits, this in groups
of `group_bits`. The paper trains without a commitment; in its code that is summed over the bits, where here it is their
mean, and has weight 0; and the entropies are divided by the inverse temperature, which is 1 there. The defaults here
are LFQ's.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import normalize

from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.lattices.signs import SignQuantizer, signs_in_lab


class BinarySphericalQuantizer(SignQuantizer):
    """`bits` dimensions L, K = 2^L codes at the corners +-1/sqrt(L) of the cube inside the unit sphere.

    `settings` are those of SignQuantizer, and act on u = z / |z|.
    """

    def __init__(self, bits: int = 10, **settings: float) -> None:
        super().__init__("BSQ", bits, 1 / math.sqrt(max(bits, 1)), **settings)

    def project(self, z: Tensor) -> Tensor:
        return normalize(z, dim=-1)


def _in_lab(s: LabValues) -> BinarySphericalQuantizer:
    return BinarySphericalQuantizer(**signs_in_lab(s))


LAB = LabSpec(
    "BSQ",
    ("beta", "entropy_terms"),
    build=_in_lab,
    axis_values=2,
    scores_all=True,
    projects=True,
)
