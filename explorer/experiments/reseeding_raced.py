"""Reseeding raced: four strategies take over one collapsed run, from the same state to the bit, on the same batches.

The strategies are those of the survey "Discrete Visual Tokenizers for Multimodal LLMs" (2025), section 4.2, as
`explorer/quantizers/reseeding.py` has them.
"""

from __future__ import annotations

from collections.abc import Callable

from explorer.experiments.arms import Judge
from explorer.experiments.options import Options
from explorer.experiments.races import Race, Racer, run_race
from explorer.joints.experiment import Condition, Experiment

COLLAPSED_AFTER = 200  # steps from a Gaussian start
STRATEGIES = (
    Condition("none", "No reseeding", "The collapsed run goes on as it is."),
    Condition("random_latent", "Random latent", "A dead code gets a latent of the batch, with a little noise."),
    Condition("hard_example", "Hard example", "A dead code gets one of the 5% of latents that are served worst."),
    Condition("split", "Split a popular code", "A dead code gets the place of a much used one, with a little noise."),
    Condition("reservoir", "Reservoir", "A dead code gets one of the latents kept of the last batches."),
)
RACE = Race(
    "reseeding-raced",
    "Reseeding raced: four strategies from one state",
    "One collapsed run, forked: which way to revive dead codes is the soonest, and which serves the pictures best?",
    tuple(Racer(one, {"reseeding": one.id}) for one in STRATEGIES),
    after=COLLAPSED_AFTER,
)


def run(options: Options, judge: Judge, progress: Callable[[str], None]) -> Experiment:
    """See `races.run_race`; nothing is judged, since the racers are no tokenizers."""
    return run_race(RACE, options, progress)
