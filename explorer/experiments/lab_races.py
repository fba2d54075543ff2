"""The races that ship: which start of a codebook serves best, and which way to revive its dead codes.

Starts and strategies are those of the survey "Discrete Visual Tokenizers for Multimodal LLMs" (2025), sections 5 and
4.2, as `explorer/quantizers/initialization.py` and `explorer/quantizers/reseeding.py` have them. Nothing is judged,
since the racers are no tokenizers.
"""

from __future__ import annotations

from collections.abc import Callable

from explorer.experiments.arms import Judge
from explorer.experiments.options import Options
from explorer.experiments.races import Race, Racer, run_race
from explorer.joints.experiment import Condition, Experiment

COLLAPSED_AFTER = 200  # steps from a Gaussian start
STARTS = (
    Condition("gaussian", "Gaussian", "Drawn from N(0, 1) before a latent was seen."),
    Condition("uniform", "Uniform", "Drawn from [-1, 1] on each axis before a latent was seen."),
    Condition("kmeans", "k-means", "Lloyd's algorithm on the latents of the first batch."),
    Condition("online", "Online bootstrapping", "On latents of the first batch; unused codes move on to the next."),
    Condition("error_driven", "Error-driven", "Drawn from the latents that the codes so far serve worst."),
)
STRATEGIES = (
    Condition("none", "No reseeding", "The collapsed run goes on as it is."),
    Condition("random_latent", "Random latent", "A dead code gets a latent of the batch, with a little noise."),
    Condition("hard_example", "Hard example", "A dead code gets one of the 5% of latents that are served worst."),
    Condition("split", "Split a popular code", "A dead code gets the place of a much used one, with a little noise."),
    Condition("reservoir", "Reservoir", "A dead code gets one of the latents kept of the last batches."),
)
INITIALIZATION = Race(
    "initialization-raced",
    "Initialization raced: five starts",
    "Five starts, one model, the same batches, nothing reseeded: which codebook comes into use, and what does it cost?",
    tuple(Racer(one, {"initialization": one.id}) for one in STARTS),
)
RESEEDING = Race(
    "reseeding-raced",
    "Reseeding raced: four strategies from one state",
    "One collapsed run, forked: which way to revive dead codes is the soonest, and which serves the pictures best?",
    tuple(Racer(one, {"reseeding": one.id}) for one in STRATEGIES),
    after=COLLAPSED_AFTER,
)


def initialization(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """Five starts, the same weights of the model and the same batches; no code is reseeded, so that what a start costs
    is seen."""
    return run_race(INITIALIZATION, options, progress)


def reseeding(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """Four strategies take over one collapsed run, from the same state to the bit, on the same batches."""
    return run_race(RESEEDING, options, progress)
