"""The same encoder on the same pictures under every quantizer: usage over training, and what each costs.

The survey of discrete tokenization (2025), its first next check. All have 256 codes a level; the same are layers, data
and their order, not the weights at step 0, since latents have as many dimensions as each quantizer needs.
"""

from __future__ import annotations

from collections.abc import Callable

from explorer.experiments.arms import Judge
from explorer.experiments.options import Options
from explorer.experiments.pictures import BARE, RESEEDING, Choice, Question, answer, codebook
from explorer.joints.experiment import Condition, Experiment

K = 256
CHOICES = (
    Choice(
        Condition("plain", "VQ, codebook loss", "Codes start within 1/K of the origin; nothing revives a dead one."),
        "vq",
        codebook(K, 8, update="gradient", initialization={"name": "uniform", "scale": 1 / K}),
    ),
    Choice(
        Condition("vq", "VQ, EMA and reseeding", "Started on latents, dead codes put onto latents."),
        "vq",
        codebook(K, 8),
    ),
    Choice(
        Condition("cosine", "Cosine VQ", "Latents and codes on the unit sphere."),
        "vq",
        codebook(K, 8, metric="cosine", update="ema", initialization={"name": "online"}, reseeding=RESEEDING),
    ),
    Choice(
        Condition("kmeans", "k-means tokens", "Fitted after a third of the steps, then frozen."),
        "kmeans",
        {"dim": 8, "codebook_size": K},
        fit_share=1 / 3,
    ),
    Choice(
        Condition("simvq", "SimVQ", "A frozen table times one learned matrix."), "simvq", {"dim": 8, "codebook_size": K}
    ),
    Choice(
        Condition("gumbel", "Gumbel-softmax VQ", "Codes are sampled at a temperature that falls."),
        "gumbel",
        {"dim": 8, "codebook_size": K, "initialization": {"name": "gaussian", "scale": 0.5}, "kl_weight": 0.02},
        temperature=(1.0, 0.3),
    ),
    Choice(Condition("fsq", "FSQ (8, 8, 4)", "Three bounded dimensions, rounded."), "fsq", {"levels": [8, 8, 4]}),
    Choice(
        Condition("lfq", "LFQ, 8 bits", "Signs, kept in use by an entropy term."),
        "lfq",
        {"bits": 8, "entropy_weight": 0.05, "diversity": 1.5, "inverse_temperature": 1.0},
    ),
    Choice(
        Condition("bsq", "BSQ, 8 bits", "Signs on the unit sphere."),
        "bsq",
        {"bits": 8, "entropy_weight": 0.006, "inverse_temperature": 10.0},
    ),
    Choice(
        Condition("pq", "PQ, 4 groups", "8 dimensions in four groups: 32 bits a token."),
        "pq",
        codebook(K, 8) | {"num_quantizers": 4},
    ),
    Choice(
        Condition("rvq", "RVQ, 4 levels", "Each level takes what the one before left: 32 bits a token."),
        "rvq",
        codebook(K, 8) | {"num_quantizers": 4},
    ),
    Choice(
        Condition("additive", "AQ, 4 codebooks", "The sum of four codes, searched jointly: 32 bits a token."),
        "additive",
        {"dim": 8, "codebook_size": K, "num_quantizers": 4},
    ),
    BARE,
)
QUESTION = Question(
    "same-encoder",
    "The same encoder under every quantizer",
    "Of quantizers with 256 codes a level, which are used, which die, and what does each cost the picture?",
    CHOICES,
    ("codes_of_runs", "usage_of_runs", "losses_of_runs"),
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `pictures.answer`."""
    return answer(QUESTION, options, judge, progress)
