"""Experiments that the surveys call for: each is one command, one file of results that ships, and a place on one page.

`python -m explorer experiment cross-modal` trains them again, smaller, and writes the file; the page draws either.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.registry import Registry

# Id -> its function: (Options, judge, progress) -> Experiment.
EXPERIMENTS: Registry = Registry(
    "experiment",
    {
        "cross-modal": "explorer.experiments.cross_modal:run",
        "same-encoder": "explorer.experiments.same_encoder:run",
        "vq-against-rvq": "explorer.experiments.vq_against_rvq:run",
        "rate-distortion": "explorer.experiments.rate_distortion:run",
        "gradient-flow": "explorer.experiments.gradient_flow:run",
        "linear-probe": "explorer.experiments.linear_probe:run",
        "initialization-raced": "explorer.experiments.lab_races:initialization",
        "reseeding-raced": "explorer.experiments.lab_races:reseeding",
    },
)
TITLES: Mapping[str, str] = {
    "cross-modal": "One VQ on pictures, sound and clips",
    "same-encoder": "The same encoder under every quantizer",
    "vq-against-rvq": "VQ against RVQ",
    "rate-distortion": "Rate and distortion over K and D",
    "gradient-flow": "How the gradient passes the quantizer",
    "linear-probe": "What a linear classifier reads from tokens",
    "initialization-raced": "Initialization raced: five starts",
    "reseeding-raced": "Reseeding raced: four strategies from one state",
}


def results_file(experiment_id: str) -> Path:
    """Where the results lie that ship with an experiment. Raises UnknownIdError with the valid ids."""
    return settings().assets / "experiments" / f"{EXPERIMENTS.check(experiment_id)}.json"
