"""Lookup-free quantization: the code of a latent is the sign of each of its dimensions.

MAGVIT-v2 (Yu et al. 2023, arXiv 2310.05737), eqs 3 to 5: sign, index, and the penalty E[H(q)] - H[E(q)], as others
quote them (Open-MAGVIT2, Luo et al. 2024, arXiv 2409.04410, eqs 1 to 3). The weights 0.25 of the commitment and 0.1 of
the penalty are the authors', who start the latter at three times that.
"""

from __future__ import annotations

from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.lattices.signs import SignQuantizer, signs_in_lab


class LookupFreeQuantizer(SignQuantizer):
    """`bits` dimensions, K = 2^bits codes at +-1. `settings` are those of SignQuantizer."""

    def __init__(self, bits: int = 10, **settings: float) -> None:
        super().__init__("LFQ", bits, 1.0, **settings)


def _in_lab(s: LabValues) -> LookupFreeQuantizer:
    return LookupFreeQuantizer(beta=s.beta, **signs_in_lab(s))


LAB = LabSpec(
    "LFQ",
    ("beta", "entropy_terms"),
    build=_in_lab,
    axis_values=2,
    scores_all=True,
)
