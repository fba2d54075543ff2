"""The page of experiments in the browser: one component, which asks the server for its charts and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from explorer.views.kit.page.component import BrowserComponent


class ExperimentsView(BrowserComponent):
    """server_functions: experiments_ask(request) -> JSON of {"ok": true, ...} or {"ok": false, "error": {...}}."""

    NAME = "experiments/view"
    OPENING = "Opening the experiment\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "experiments-view")
        super().__init__(value, **kwargs)


def opening(titles: Mapping[str, str], chosen: str, opened: Mapping[str, Any] | None, message: str = "") -> str:
    """The value of ExperimentsView: what can be chosen (id -> title), what is, its `experiment_payload` or None, and
    what a person should know of it."""
    choices = [{"id": name, "title": title} for name, title in titles.items()]
    return json.dumps({"choices": choices, "chosen": chosen, "opened": opened, "message": message})
