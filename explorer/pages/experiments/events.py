"""What the page of experiments answers: its charts, and the file of all results."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Annotated, Any

from explorer.experiments import EXPERIMENTS
from explorer.experiments.shelf import open_experiment
from explorer.joints.files.experiments import as_bytes
from explorer.pages.shared.dispatch import Dispatcher, Event
from explorer.pages.shared.fields import OneOf
from explorer.pages.shared.figures import Themed, draw_figure
from explorer.views.experiments.payload import experiment_payload

CHARTS = (
    *("codes_of_runs", "usage_of_runs", "losses_of_runs", "rates_of_runs", "gradients_of_runs", "accuracy_of_runs"),
    *("perplexity_of_races", "dead_of_races", "losses_of_races"),
)


@dataclass(frozen=True)
class OfExperiment:
    """experiment: its id."""

    experiment: Annotated[str, OneOf(tuple(EXPERIMENTS))]


@dataclass(frozen=True)
class Chart(OfExperiment):
    """name: of the figure."""

    name: Annotated[str, OneOf(CHARTS)] = field(kw_only=True)
    theme: Themed = field(kw_only=True)


def _open(caller: None, request: OfExperiment) -> dict[str, Any]:
    """An experiment in words and figures."""
    return {"opened": experiment_payload(open_experiment(request.experiment))}


def _figure(caller: None, request: Chart) -> str:
    return draw_figure(request.name, open_experiment(request.experiment), theme=request.theme)


def _file(caller: None, request: OfExperiment) -> dict[str, Any]:
    """All results, base64."""
    data = as_bytes(open_experiment(request.experiment))
    name, encoded = f"{request.experiment}.json", base64.b64encode(data).decode("ascii")
    return {"file": {"name": name, "mime": "application/json", "data": encoded}}


EVENTS = Dispatcher(
    {
        "open": Event(_open, OfExperiment, strangers=True),
        "figure": Event(_figure, Chart, strangers=True),
        "file": Event(_file, OfExperiment, strangers=True),
    }
)
ask = EVENTS.ask
