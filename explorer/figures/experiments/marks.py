"""One measure of every run, a mark each: what is lost, what a classifier reads, what reaches the encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explorer.figures.experiments.naming import SYMBOLS, name_of, seeds_of
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import TEXTS, dots
from explorer.foundation.colormaps import CATEGORIES
from explorer.joints.experiment import Experiment
from explorer.media.medium import NOUNS

if TYPE_CHECKING:
    import plotly.graph_objects as go


def losses_of_runs(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Share of the variance of held-out media that is lost, a mark a seed; without a quantizer it is the network's."""
    words = (
        "Squared error over the variance of the held-out media: 0% is a perfect decode, 100% what their mean would "
        f"reach. {seeds_of(experiment)}, a mark each. What lies between a mark and the one without "
        "a quantizer is the price of the codes."
    )
    said = {"title": "What is lost", "words": words}
    measures = {"media_error": "of the variance lost"}
    x = named_axis("lost of the variance (share)", tickformat="~%", rangemode="tozero")
    return _marks("losses_of_runs", experiment, measures, x, ".1%", theme, said)


def accuracy_of_runs(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Share of held-out media that a linear classifier puts into their class, a mark a seed."""
    classes = max(int(run.measured.get("classes", 0)) for run in experiment.runs)
    words = (
        f"Share of held-out media that a linear classifier puts into the right one of {classes} classes, from tokens "
        f"one-hot. Without a quantizer: from the raw values, and from latents. {seeds_of(experiment)}"
        f", a mark each; chance is {1 / max(classes, 1):.0%}."
    )
    said = {"title": "What a linear classifier reads", "words": words}
    measures = {"accuracy": "of held-out media right", "accuracy_of_latents": "of held-out media right, from latents"}
    x = named_axis("in the right class (share)", tickformat="~%")
    return _marks("accuracy_of_runs", experiment, measures, x, ".1%", theme, said)


def gradients_of_runs(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Gradients at the latents beside those at their codes: length, direction, and that of the bare network."""
    words = (
        f"Gradients of the squared error at the latents, {seeds_of(experiment)}: their length over that at the codes; "
        "their cosine to it; and their cosine to the gradient of the same network without its quantizer. 1 is alike, 0 "
        "is at right angles."
    )
    said = {"title": "What reaches the encoder", "words": words}
    measures = {
        "gradient_ratio": "of the length at the codes",
        "gradient_cosine": "cosine of the gradients at latent and code",
        "gradient_bias": "cosine of the gradients with and without the quantizer",
    }
    x = named_axis("ratio or cosine (number)", rangemode="tozero")
    return _marks("gradients_of_runs", experiment, measures, x, ".3f", theme, said)


def _marks(
    name: str,
    experiment: Experiment,
    measures: Mapping[str, str],
    x: Mapping[str, Any],
    form: str,
    theme: Theme,
    said: Mapping[str, str],
) -> go.Figure:
    """A row a medium, or a condition where there is one medium; in it a mark a run, measure and condition.

    measures: name -> what a value is, for the hover text. form: how it is written.
    """
    several, drawn, told = len(experiment.modalities) > 1, [], set()
    for number, condition in enumerate(experiment.conditions):
        for place, (measure, of) in enumerate(measures.items()):
            runs = [r for r in experiment.runs if r.condition == condition.id and measure in r.measured]
            if not runs:
                continue
            rows = [NOUNS[run.modality] if several else condition.title for run in runs]
            texts = [
                f"{name_of(experiment, run)}, seed {run.seed}<br>{run.measured[measure]:{form}} {of} "
                f"({run.measured['held_out']:,} of {NOUNS[run.modality]} held out)"
                for run in runs
            ]
            mark, label = (number, condition.title) if several else (place, of)
            colour = CATEGORIES[mark % len(CATEGORIES)] if condition.quantized else ink(theme)["muted"]
            look = {"symbol": SYMBOLS[mark % len(SYMBOLS)], "hovertext": texts, "hover": TEXTS}
            values = [run.measured[measure] for run in runs]
            drawn.append(dots(values, rows, colour, label, size=11, showlegend=label not in told, **look))
            told.add(label)
    y = named_axis("what was trained (a row each)", autorange="reversed", automargin=True)
    return frame_traces(name, drawn, x, y, theme=theme, **said)
