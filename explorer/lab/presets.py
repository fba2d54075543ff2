"""Presets of the lab: runs that break on purpose, each for a reason that people have met, and one change that mends.

The settings were found by experiment; `tests/lab/test_presets.py` runs each over three seeds and asserts that it
breaks and that mending mends. No torch, no gradio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.errors import UnknownIdError
from explorer.registry import unknown_id_message


@dataclass(frozen=True)
class Mend:
    """One setting changed (`changes`), and in words what that does. Live unless the control restarts the run."""

    label: str
    says: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Preset:
    """`changes` of the default settings make the run; `watch` and `why` say what is seen, `source` who met it."""

    id: str
    title: str
    watch: str
    why: str
    source: str
    changes: Mapping[str, Any]
    mend: Mend

    def as_json(self) -> dict[str, Any]:
        """As the cards of the page read it."""
        mend = {"label": self.mend.label, "says": self.mend.says}
        words = {name: getattr(self, name) for name in ("id", "title", "watch", "why", "source")}
        return words | {"mend": mend}


_SMALL = {"batch_size": 256, "threshold": 0.4}  # N/K = 4 tokens a code; dead below a tenth of that
_PLAIN = _SMALL | {"model": "none"}  # the latents are the data: only the codebook moves
_RESEED = Mend(
    "Reseed dead codes",
    "Every 10 steps, each dead code is put on a latent of the batch; it acts on this run.",
    {"reseeding": "random_latent"},
)
_BETA = {"beta": 0.25}
_FASTER = {"codebook_lr": 3e-2}

_ALL = (
    Preset(
        "far_init",
        "Gaussian start, far away",
        "All codes start six units to the right of the data. One to four of 64 are ever chosen; the rest stay hollow.",
        "Only the code nearest to a latent is moved. From far away the same few codes are nearest to every latent, so "
        "nothing ever pulls at the others.",
        "No public report is known to us; survey 004, section 5, names it",
        _PLAIN | {"init_offset": 6.0},
        _RESEED,
    ),
    Preset(
        "rich_get_richer",
        "The rich get richer",
        "All codes start in the middle. Seven or so on the outside of the crowd win every latent in the first steps; "
        "the heatmap shows a few bright rows and black ones that never light again.",
        "A code that is chosen moves to its latents and is chosen again; one that is not chosen never moves. Without "
        "reseeding a dead code stays dead.",
        "LatentActionPretraining/LAPA/issues/17",
        _PLAIN | {"initialization": "uniform", "init_scale": 1 / 64},
        _RESEED,
    ),
    Preset(
        "kmeans_collapse",
        "k-means start, collapsed at step 2",
        "The first frame is the best start there is: all codes on latents. Within 100 steps about nine in ten die.",
        "k-means fits the codes to the encoder as it is before training. The encoder's output grows at once, and the "
        "codes that do not win are left behind at the old scale.",
        "lucidrains/vector-quantize-pytorch/issues/66",
        _SMALL | {"initialization": "kmeans"},
        _RESEED,
    ),
    Preset(
        "ema_overwrites",
        "EMA overwrites reseeded codes",
        "Codes are reseeded onto latents (flash) and are back where they were a step later; the event log fills with "
        "'died again', for ever.",
        "The reseed set the vector but not the EMA statistics. The next EMA step computes the vector anew from the "
        "old sum and the old count, and the code jumps back.",
        "facebookresearch/encodec/issues/61",
        _PLAIN
        | {
            "initialization": "uniform",
            "init_scale": 1 / 64,
            "reseeding": "random_latent",
            "fresh_statistics": False,
        },
        Mend(
            "Fresh statistics",
            "A reseeded code gets a sum and a count that agree with its new vector; it acts on this run.",
            {"fresh_statistics": True},
        ),
    ),
    Preset(
        "stale_statistics",
        "Stale counts after reseeding",
        "Every code is used, and yet most are torn away and put elsewhere at every check: see the reseed ticks. The "
        "codes never spread evenly along the arms.",
        "A reseeded code keeps the low count it died with. Ten steps later the slow EMA has not lifted it over the "
        "threshold, so it is called dead again before it could move to a better place. Left alone this goes on for "
        "thousands of steps.",
        "jishengpeng/WavTokenizer/issues/89",
        _PLAIN
        | {
            "dataset": "spiral",
            "update": "gradient",
            "threshold": 2.5,
            "reseeding": "hard_example",
            "fresh_statistics": False,
        },
        Mend(
            "Fresh statistics",
            "A reseeded code starts with the mean count, and has time to earn its own; it acts on this run.",
            {"fresh_statistics": True},
        ),
    ),
    Preset(
        "threshold_too_high",
        "Threshold above N/K",
        "64 latents a step for 256 codes: a fair share is 0.25, the threshold is 2. Every 10 steps a quarter of all "
        "codes is reseeded, for ever; the picture never settles.",
        "At most N / threshold = 32 codes can have a count of 2 at once. All others look dead, however well they are "
        "placed. A check puts each dead code on a latent of its own, so 64 of them, as many as the batch has.",
        "jishengpeng/WavTokenizer/issues/82",
        {"model": "none", "batch_size": 64, "codebook_size": 256, "threshold": 2.0, "reseeding": "random_latent"},
        Mend(
            "Threshold 0.02",
            "Well under the fair share N/K = 0.25, so only codes that get next to nothing are reseeded; it acts on "
            "this run.",
            {"threshold": 0.02},
        ),
    ),
    Preset(
        "decay_too_slow",
        "Decay too high for drift",
        "Five clusters, a code each. The clusters turn and the codes trail behind, outside of them; the quantization "
        "error grows to ten times what it was at the start and stays there.",
        "With decay 0.99 a code is the mean of its latents over about 100 steps, in which the clusters turn by 25 "
        "degrees. The statistics are of a distribution that is gone.",
        "No public report is known to us; the EMA is that of survey 002, eqs 11-13",
        _PLAIN | {"dataset": "drift", "drift": 0.7, "codebook_size": 5, "initialization": "error_driven"},
        Mend("Decay 0.9", "The mean of about 10 steps follows the clusters; it acts on this run.", {"decay": 0.9}),
    ),
    Preset(
        "beta_too_low",
        "Commitment too low",
        "The latents swell to ten times the size of the codebook, and the quantization error with them.",
        "The reconstruction loss pushes latents apart and only the commitment term ties them to their codes. With "
        "beta 0.001 it hardly pulls, and codes that move at their own learning rate cannot follow.",
        "CompVis/taming-transformers/issues/219",
        _SMALL | {"update": "gradient", "codebook_size": 32, "beta": 1e-3},
        Mend("Beta 1", "Latents are pulled back to their codes; it acts on this run.", {"beta": 1.0}),
    ),
    Preset(
        "beta_too_high",
        "Commitment too high",
        "Reseeding brings nearly every code into use and the quantization error goes to 0, yet the latents stay "
        "squeezed onto a line, and the outputs miss about half of what there is.",
        "At beta 100 the commitment term outweighs the reconstruction: moving away from the nearest code costs more "
        "than any gain, so the encoder is frozen.",
        "TencentARC/SEED-Voken/issues/51 (a quantization loss that goes to 0)",
        _SMALL | {"beta": 100.0, "lr": 5e-4, "reseeding": "random_latent"},
        Mend("Beta 0.25", "The usual weight: latents spread and codes go with them; it acts on this run.", _BETA),
    ),
    Preset(
        "cat_and_mouse",
        "Codebook slower than the encoder",
        "Latents race outwards, the codes stay a cluster in the middle and never catch up.",
        "The encoder learns at 0.01, the codes at 0.00001. By the time a code has moved, its latents are elsewhere.",
        "No public report is known to us; survey 004, section 3.4.3, names it",
        _SMALL
        | {
            "update": "gradient",
            "codebook_size": 16,
            "lr": 1e-2,
            "codebook_lr": 1e-5,
            "initialization": "uniform",
            "init_scale": 0.3,
        },
        Mend("Codebook learning rate 0.03", "The codes catch up with their latents; it acts on this run.", _FASTER),
    ),
    Preset(
        "near_duplicates",
        "Full usage by duplicates",
        "A k-means start is made even by force: codes with less than half a fair share become copies of popular ones. "
        "Usage is full, yet most codes sit on one another, and the quantization error rises.",
        "A copy with next to no noise shares the latents of its original. It counts as used and adds nothing, and at "
        "so low a learning rate the pair never parts.",
        "Neur-IO/OptVQ/issues/9",
        _PLAIN
        | {
            "dataset": "mixture",
            "update": "gradient",
            "codebook_lr": 1e-6,
            "initialization": "kmeans",
            "threshold": 2.0,
            "every": 50,
            "reseeding": "split",
            "reseed_noise": 1e-3,
        },
        Mend(
            "Codebook learning rate 0.01",
            "Each of a pair moves to its own share of the latents, and they part; it acts on this run.",
            {"codebook_lr": 1e-2},
        ),
    ),
    Preset(
        "lfq_sign",
        "LFQ entropy with the wrong sign",
        "Bits freeze one after the other until one or two of 16 codes take everything, and all outputs fall onto as "
        "many points.",
        "The entropy of the mean assignment should be raised, so that all codes are used. With its sign turned the "
        "loss lowers it, and collapse is what the optimizer is asked for.",
        "lucidrains/vector-quantize-pytorch/issues/154",
        {
            "batch_size": 256,
            "dataset": "mixture",
            "quantizer": "lfq",
            "dim": 4,
            "lr": 3e-3,
            "entropy_weight": 1.0,
            "diversity": -1.0,
            "inverse_temperature": 1.0,
        },
        Mend("Diversity 1", "The right sign: the mean assignment is spread; it acts on this run.", {"diversity": 1.0}),
    ),
    Preset(
        "entropy_too_strong",
        "Usage forced too hard",
        "No code is dead and the perplexity is near its ceiling, yet outputs miss many times more than they need "
        "to: see that curve. (The picture of outputs takes the nearest code; training samples one.)",
        "The entropy term rewards even usage of a batch, at weight 10 more than any reconstruction. The cheapest way "
        "to be even is to choose nearly at random, and then a code says little of its latent.",
        "No public report is known to us; our own small photo runs met it (LFQ, 10 bits)",
        {
            "batch_size": 256,
            "quantizer": "gumbel",
            "lr": 3e-3,
            "codebook_lr": 3e-3,
            "sharpness": 1.0,
            "kl_weight": 10.0,
        },
        Mend(
            "KL weight 0.01",
            "Choices may be uneven, and become sure: outputs miss less and less; it acts on this run.",
            {"kl_weight": 0.01},
        ),
    ),
    Preset(
        "wide_latents",
        "Too many latent dimensions",
        "The ring in 256 latent dimensions: more than 50 of 64 codes die within 100 steps and never come back.",
        "Codes are sampled by a softmax over squared distances, and these grow with the number of dimensions. In 256 "
        "the softmax is sure from the first step: a few codes take everything, and no other gets a gradient.",
        "TencentARC/SEED-Voken/issues/59",
        {
            "batch_size": 256,
            "quantizer": "gumbel",
            "dim": 256,
            "lr": 3e-3,
            "codebook_lr": 3e-3,
            "init_scale": 0.3,
            "sharpness": 3.0,
            "kl_weight": 0.1,
        },
        Mend("D = 32", "The same run in 32 dimensions: it starts anew, with the same seed.", {"dim": 32}),
    ),
)
PRESETS: Mapping[str, Preset] = {one.id: one for one in _ALL}


def preset(id: str) -> Preset:
    """The preset of that id. Raises UnknownIdError with the valid ones."""
    if id not in PRESETS:
        raise UnknownIdError(unknown_id_message("preset", id, list(PRESETS)))
    return PRESETS[id]
