"""VQ against RVQ at equal bits: PSNR and SSIM (Jia et al. 2025, arXiv 2502.12448: second of the first experiments)."""

from __future__ import annotations

from collections.abc import Callable

from explorer.experiments.arms import Judge
from explorer.experiments.options import Options
from explorer.experiments.pictures import BARE, Choice, Question, answer, codebook
from explorer.joints.experiment import Condition, Experiment

DIM = 8


def _vq(size: int, bits: int) -> Choice:
    about = f"{size:,} codes: {bits} bits a token."
    return Choice(Condition(f"vq-{bits}", f"VQ, {bits} bits", about), "vq", codebook(size, DIM))


def _rvq(size: int, levels: int, bits: int) -> Choice:
    about = f"{levels} levels of {size:,} codes: {bits} bits a token."
    config = codebook(size, DIM) | {"num_quantizers": levels}
    return Choice(Condition(f"rvq-{levels}-{bits}", f"RVQ, {levels} levels, {bits} bits", about), "rvq", config)


QUESTION = Question(
    "vq-against-rvq",
    "VQ against RVQ",
    "With as many bits a token, is one large codebook better than several small ones for what the last left over?",
    (_vq(64, 6), _rvq(8, 2, 6), _vq(256, 8), _rvq(16, 2, 8), _vq(1024, 10), _rvq(32, 2, 10), _rvq(256, 2, 16), BARE),
    ("rates_of_runs", "codes_of_runs", "usage_of_runs", "losses_of_runs"),
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `pictures.answer`."""
    return answer(QUESTION, options, judge, progress)
