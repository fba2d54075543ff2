"""How runs of an experiment are named, coloured and dashed: by medium where there are several, else by condition."""

from __future__ import annotations

from explorer.foundation.colormaps import CATEGORIES
from explorer.foundation.words import count_of
from explorer.joints.experiment import Experiment, ExperimentRun
from explorer.media.medium import NOUNS

DASHES = ("solid", "dot", "dash")
SYMBOLS = ("circle", "square", "triangle-up", "diamond")


def name_of(experiment: Experiment, run: ExperimentRun) -> str:
    """ "EMA and reseeding, sounds"; without the medium where there is one."""
    title = next(one.title for one in experiment.conditions if one.id == run.condition)
    return f"{title}, {NOUNS[run.modality]}" if len(experiment.modalities) > 1 else title


def colour_of(experiment: Experiment, run: ExperimentRun) -> str:
    """By medium, or by condition where there is one medium."""
    media = experiment.modalities
    place = media.index(run.modality) if len(media) > 1 else place_of(experiment, run)
    return CATEGORIES[place % len(CATEGORIES)]


def dash_of(experiment: Experiment, run: ExperimentRun) -> str:
    """By condition, also where its colour tells it: never by hue alone. Each round of colours begins a dash later."""
    place = place_of(experiment, run)
    return DASHES[(place + place // len(CATEGORIES)) % len(DASHES)]


def place_of(experiment: Experiment, run: ExperimentRun) -> int:
    """The number of its condition."""
    return [one.id for one in experiment.conditions].index(run.condition)


def codes_of(run: ExperimentRun) -> int:
    """Of all levels together."""
    return int(run.measured.get("codes", len(run.counts)))


def seeds_of(experiment: Experiment) -> str:
    """ "2 seeds"."""
    return count_of(len(experiment.seeds), "seed")
