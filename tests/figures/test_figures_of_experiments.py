"""The figures of experiments: lines that hue alone would not tell apart, and shares whose ticks say what they are."""

import pytest

from explorer.figures.experiments.naming import DASHES, dash_of, place_of
from explorer.figures.experiments.usage import usage_of_runs
from tests.made_experiments import made_experiment


def test_conditions_that_follow_each_other_differ_by_dash():
    experiment = made_experiment()
    dashes = {place_of(experiment, run): dash_of(experiment, run) for run in experiment.runs}
    assert dashes == {place: DASHES[place] for place in range(len(dashes))} and len(dashes) > 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_ticks_half_a_percent_apart_are_not_written_alike(theme):
    """A format without digits rounds 93.5% and 94% to one label; "~" writes as many digits as there are."""
    assert usage_of_runs(made_experiment(), theme=theme).layout.yaxis.tickformat == "~%"
