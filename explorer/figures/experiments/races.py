"""Runs that race from one state: a measure over the steps, the mean of the seeds in the band that they span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.experiments.naming import DASHES, seeds_of
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme
from explorer.figures.traces import line
from explorer.foundation.colormaps import CATEGORIES
from explorer.foundation.errors import RecordError
from explorer.joints.experiment import Experiment

if TYPE_CHECKING:
    import plotly.graph_objects as go

BAND = 0.16  # opacity


def perplexity_of_races(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Perplexity of held-out tokens over the steps (customdata: the step). Raises RecordError without that curve."""
    said = {"title": "How many codes are in use, in effect", "words": "Perplexity of the codes of held-out media."}
    y = named_axis("perplexity (codes)", rangemode="tozero")
    return _bands("perplexity_of_races", experiment, "perplexity", y, ".1f", theme, said)


def dead_of_races(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Share of dead codes over the steps (customdata: the step). Raises RecordError without that curve."""
    words = "Share of the codes that no training latent chose for the window in which 8 latents a code are counted."
    said = {"title": "How many codes are dead", "words": words}
    y = named_axis("dead codes (share)", tickformat="~%", range=[0, 1.04])
    return _bands("dead_of_races", experiment, "dead", y, ".1%", theme, said)


def losses_of_races(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Share of the variance lost over the steps (customdata: the step). Raises RecordError without that curve."""
    words = "Squared error over the variance of held-out media: 100% is what their mean would reach."
    said = {"title": "What is lost, as they learn", "words": words}
    y = named_axis("lost of the variance (share)", tickformat="~%", rangemode="tozero")
    return _bands("losses_of_races", experiment, "media_error", y, ".1%", theme, said)


def _bands(
    name: str,
    experiment: Experiment,
    measure: str,
    y: dict[str, Any],
    form: str,
    theme: Theme,
    said: dict[str, str],
) -> go.Figure:
    """A line and a band a condition. form: how a value is written."""
    drawn: list[Any] = []
    for number, condition in enumerate(experiment.conditions):
        runs = [run for run in experiment.runs if run.condition == condition.id and measure in run.curves]
        if not runs:
            continue
        steps, values = runs[0].steps, np.stack([run.curves[measure] for run in runs])  # (seeds, r)
        colour = CATEGORIES[number % len(CATEGORIES)]
        low, high = values.min(0), values.max(0)
        edge = {"width": 0, "showlegend": False}
        drawn.append(line(steps, high, colour, condition.title, **edge))
        drawn.append(line(steps, low, colour, condition.title, fill="tonexty", fillcolor=_veil(colour), **edge))
        texts = [
            f"{condition.title}<br>step {step:,} of {steps[-1]:,}: {mean:{form}}, {len(runs)} seeds "
            f"from {least:{form}} to {most:{form}}"
            for step, mean, least, most in zip(steps.tolist(), values.mean(0), low, high, strict=True)
        ]
        look = {"dash": DASHES[number % len(DASHES)], "hover": "%{hovertext}", "hovertext": texts, "customdata": steps}
        drawn.append(line(steps, values.mean(0), colour, condition.title, **look))
    if not drawn:
        raise RecordError(f"No run of this experiment has a curve of {measure.replace('_', ' ')}.")
    apart = experiment.settings.get("common_steps", 0)
    since = f" Step 0 is the state that all share, step {apart:,} of the run before." if apart else ""
    words = (
        f"{said['words']} A line is the mean of {seeds_of(experiment)}, its band reaches from the lowest to the "
        f"highest.{since}"
    )
    x = named_axis("training step (number)")
    return frame_traces(name, drawn, x, y, theme=theme, pick="step", title=said["title"], words=words)


def _veil(colour: str) -> str:
    """A colour "#rrggbb" as a transparent one."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{BAND})"
