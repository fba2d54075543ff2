"""The training lab in the browser: one component, which asks the server for the newest frame when it can draw it.

Payloads: the value (`opening`) once, and then the answers of two server functions; see `lab/payload.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from explorer.analysis.codes.definitions import help_for
from explorer.lab.controls import CONTROLS
from explorer.lab.inert import inert_json
from explorer.views.kit.page.component import BrowserComponent

HELP = ("dead-lab", "perplexity", "ceiling", "fsq", "signs")


class LabView(BrowserComponent):
    """server_functions: lab_pull(request) -> JSON and lab_do(request) -> JSON, each of one plain object."""

    NAME = "lab/view"
    OPENING = "Opening the training lab\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "lab-view")
        super().__init__(value, **kwargs)


def opening(
    token: str,
    message: str,
    settings: dict[str, Any],
    defaults: dict[str, Any],
    presets: Sequence[dict[str, Any]],
    preset: str | None,
    first: dict[str, Any] | None = None,
) -> str:
    """The value of LabView: whose run it is, and what can be chosen.

    first: {"settings", "sides"} as of an answer to a pull, of a run that is still being opened: the browser asks when
    it has `begun`, and is told the message then.
    """
    return json.dumps(
        {
            "token": token,
            "message": message,
            "controls": [control.as_json() for control in CONTROLS],
            "inert": inert_json(),
            "presets": list(presets),
            "settings": settings,
            "defaults": defaults,
            "preset": preset,
            "first": first,
            "help": help_for(HELP),
        }
    )
