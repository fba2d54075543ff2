"""The page of experiments: results that ship or were brought, side by side; nothing is trained here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from explorer.experiments import EXPERIMENTS
from explorer.experiments.shelf import open_experiment, shown_experiments
from explorer.foundation.errors import ExplorerError
from explorer.pages.experiments import events
from explorer.pages.shared.link_keys import tell_stray
from explorer.views.experiments.payload import experiment_payload
from explorer.views.experiments.view import ExperimentsView, opening

FIRST = next(iter(EXPERIMENTS))


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = ExperimentsView(server_functions=[experiments_ask])
    demo.load(_open, None, view, show_progress="hidden", api_visibility="private")


def experiments_ask(request: dict[str, Any]) -> str:
    """One answer of the page, as JSON."""
    return events.ask(request)


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link."""
    query = dict(request.query_params)
    return opening_of(query.get("experiment", FIRST), tell_stray("experiments", query))


def opening_of(asked: str, stray: Sequence[str] = ()) -> str:
    """The opening of the page; for no experiment the first one, where there are no results how they are made. stray:
    what else of a link cannot be, in sentences."""
    chosen = asked if asked in EXPERIMENTS else FIRST
    lost = () if chosen == asked else ("There is no such experiment; the first one is shown.",)
    said = " ".join([*lost, *stray])
    try:
        return opening(shown_experiments(), chosen, experiment_payload(open_experiment(chosen)), said)
    except ExplorerError as error:
        return opening(shown_experiments(), chosen, None, str(error))
