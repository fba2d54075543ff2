"""Initialization raced: five starts of a codebook, the same weights of the model and the same batches.

The starts are those of the survey "Discrete Visual Tokenizers for Multimodal LLMs" (2025), section 5, as
`explorer/quantizers/initialization.py` has them. No code is reseeded, so that what a start costs is seen.
"""

from __future__ import annotations

from collections.abc import Callable

from explorer.experiments.arms import Judge
from explorer.experiments.options import Options
from explorer.experiments.races import Race, Racer, run_race
from explorer.joints.experiment import Condition, Experiment

STARTS = (
    Condition("gaussian", "Gaussian", "Drawn from N(0, 1) before a latent was seen."),
    Condition("uniform", "Uniform", "Drawn from [-1, 1] on each axis before a latent was seen."),
    Condition("kmeans", "k-means", "Lloyd's algorithm on the latents of the first batch."),
    Condition("online", "Online bootstrapping", "On latents of the first batch; unused codes move on to the next."),
    Condition("error_driven", "Error-driven", "Drawn from the latents that the codes so far serve worst."),
)
RACE = Race(
    "initialization-raced",
    "Initialization raced: five starts",
    "Five starts, one model, the same batches, nothing reseeded: which codebook comes into use, and what does it cost?",
    tuple(Racer(one, {"initialization": one.id}) for one in STARTS),
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `races.run_race`; nothing is judged, since the racers are no tokenizers."""
    return run_race(RACE, options, progress)
