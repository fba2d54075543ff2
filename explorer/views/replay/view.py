"""Recorded runs in the browser: one component, made of the panels of the lab's player.

Payloads: the value (`opening`) once, and then the answers of two server functions; see `lab/payload.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.analysis.codes.definitions import help_for
from explorer.views.kit.page.component import BrowserComponent

HELP = ("dead-lab", "perplexity", "ceiling")
EXAMPLE = """from explorer.recorder import Recorder

recorder = Recorder("runs/first", every=100).watch(model)  # every quantizer in it
for batch in data:
    loss = step_of_yours(model, batch)  # forward, backward, optimizer.step()
    recorder.step(losses={"reconstruction": loss})
recorder.close()"""


class ReplayView(BrowserComponent):
    """server_functions: replay_pull(request) -> JSON and replay_do(request) -> JSON, each of one plain object."""

    NAME = "replay/view"
    OPENING = "Opening the recorded run\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "replay-view")
        super().__init__(value, **kwargs)


def opening(
    token: str, runs: Sequence[Mapping[str, str]], status: Mapping[str, Any], first: Mapping[str, Any], message: str
) -> str:
    """The value of ReplayView. runs: that can be opened. status: of those that are. first: step, level and code of the
    link. message: what of the link cannot be had."""
    return json.dumps(
        {
            "token": token,
            "runs": list(runs),
            "status": status,
            "first": first,
            "message": message,
            "example": EXAMPLE,
            "help": help_for(HELP),
        }
    )
