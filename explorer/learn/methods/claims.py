"""What Table 1 of Li et al. 2025 (arXiv 2507.22920) says of collapse, beside which our own runs are put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Claim:
    """mitigates: whether the survey says that the method mitigates collapse. conditions: of the experiment
    "same-encoder"; none where nothing is trained."""

    method: str
    section: str
    mitigates: Literal["no", "partially", "yes"]
    conditions: tuple[str, ...]


CLAIMS: tuple[Claim, ...] = (
    Claim("VQ", "2.1", "no", ("plain", "vq")),
    Claim("RVQ", "2.2", "no", ("rvq",)),
    Claim("PQ", "2.3", "partially", ("pq",)),
    Claim("AQ", "2.4", "partially", ("additive",)),
    Claim("FSQ", "2.5", "yes", ("fsq",)),
    Claim("LFQ", "2.6", "yes", ("lfq",)),
    Claim("BSQ", "2.7", "yes", ("bsq",)),
    Claim("GART", "2.8", "yes", ()),
)
