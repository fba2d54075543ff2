"""What the parts of a token are called on every page: levels of a sum, groups of a concatenation.

Each stage of a residual quantizer takes what the stages before it left over, so from the second on its input is a
residual and no latent. Product and multi-head quantizers cut the latent into groups: there is no order among them.
"""

from __future__ import annotations

from explorer.joints.record import Combination


def part_noun(combination: Combination) -> str:
    """ "level" or "group"."""
    return "group" if combination == "concatenate" else "level"


def given_noun(combination: Combination, level: int) -> str:
    """What the quantizer of a level (from 0) is given: "latent" or "residual"."""
    return "residual" if combination == "sum" and level > 0 else "latent"
