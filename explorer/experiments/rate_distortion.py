"""Rate and distortion over codebook size K and dimension D (Jia et al. 2025, arXiv 2502.12448: second next check)."""

from __future__ import annotations

from collections.abc import Callable

from explorer.experiments.arms import Judge
from explorer.experiments.options import Options
from explorer.experiments.pictures import BARE, Choice, Question, answer, codebook
from explorer.joints.experiment import Condition, Experiment

SIZES, DIMS = (16, 128, 1024), (2, 8, 32)


def _choice(size: int, dim: int) -> Choice:
    about = f"VQ with EMA and reseeding, {size:,} codes in {dim} dimensions."
    return Choice(Condition(f"k{size}-d{dim}", f"K = {size:,}, D = {dim}", about), "vq", codebook(size, dim))


QUESTION = Question(
    "rate-distortion",
    "Rate and distortion over K and D",
    "What do more codes buy, and does it matter in how many dimensions they lie?",
    (*(_choice(size, dim) for dim in DIMS for size in SIZES), BARE),
    ("rates_of_runs", "usage_of_runs", "losses_of_runs"),
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `pictures.answer`."""
    return answer(QUESTION, options, judge, progress)
