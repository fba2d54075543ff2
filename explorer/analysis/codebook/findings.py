"""A finding of the diagnosis, and the surveys that its rules come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from explorer.analysis.severity import RANK, Severity

LI = "Li et al. 2025, https://arxiv.org/abs/2507.22920"
JIA = "Utilization as a first check: Jia et al. 2025, https://arxiv.org/abs/2502.12448"
VISUAL = "Survey 'Discrete Visual Tokenizers for Multimodal LLMs' (2025)"
GITHUB = "https://github.com/"


def percent(share: float) -> str:
    """A share as whole percent; never 100% of what is not all, nor 0% of what is not none."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def each_words(share: float) -> str:
    """Tokens for each code: "0.24", "6,400"."""
    return f"{share:,.0f}" if share >= 100 else f"{share:.3g}"


Sure = Literal["certain", "likely", "possible"]
Figure = Literal["facts", "heatmap", "map", "geometry", "growth", "batches", "halves", "code"]

CODES_NAN, LATENTS_NAN = "Codes are NaN", "Latents are NaN"  # kinds of findings beside which nothing can be judged
NOT_FINITE = (CODES_NAN, LATENTS_NAN)
GO_BACK = (
    "Go back to a checkpoint from before the loss became NaN; then a lower rate, clipped gradients, or an epsilon in "
    "divisions by counts and lengths."
)


@dataclass(frozen=True)
class Finding:
    """level: what kind of news; sure: of the statement in the title. advice: what to try. figure: the panel that shows
    it. source: survey section or public thread, with its address. codebook_level: number, None for all or several.

    kind: what it is in a word or two without figures, such as "Dead codes", by which findings of many levels become
    one. levels: the numbers of those that it speaks of, where they are several.
    """

    level: Severity
    title: str
    text: str
    sure: Sure
    advice: str
    figure: Figure
    source: str
    codebook_level: int | None = None
    kind: str = ""
    levels: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, as the browser gets them; `advice` is called "try" there."""
        names = ("level", "title", "text", "sure", "figure", "source", "codebook_level")
        return {name: getattr(self, name) for name in names} | {"try": self.advice, "levels": list(self.levels)}


RANK_SURE = {"certain": 0, "likely": 1, "possible": 2}


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Broken before doubtful before what is only noted, and what is well last; of one kind the surest first, and before
    all of them that the run diverged, which nothing else can be judged beside."""
    return tuple(sorted(findings, key=lambda one: (RANK[one.level], one.kind not in NOT_FINITE, RANK_SURE[one.sure])))
