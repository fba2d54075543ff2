"""A finding of the diagnosis, and the surveys that its rules come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

LI = "Li et al. 2025, https://arxiv.org/abs/2507.22920"
JIA = "Utilization as a first check: Jia et al. 2025, https://arxiv.org/abs/2502.12448"
VISUAL = "Survey 'Discrete Visual Tokenizers for Multimodal LLMs' (2025)"
GITHUB = "https://github.com/"


def percent(share: float) -> str:
    """A share as whole percent; never 100% of what is not all, nor 0% of what is not none."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"


@dataclass(frozen=True)
class Finding:
    """level: what kind of news; sure: of the statement in the title. advice: what to try. figure: the panel that shows
    it. source: survey section or public thread, with its address. codebook_level: number, None for all or one."""

    level: Literal["good", "note", "warning", "bad"]
    title: str
    text: str
    sure: Literal["certain", "likely", "possible"]
    advice: str
    figure: Literal["heatmap", "map", "geometry", "growth", "batches", "halves", "code"]
    source: str
    codebook_level: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, as the browser gets them; `advice` is called "try" there."""
        names = ("level", "title", "text", "sure", "figure", "source", "codebook_level")
        return {name: getattr(self, name) for name in names} | {"try": self.advice}
