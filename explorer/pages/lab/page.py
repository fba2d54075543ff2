"""The training lab: a toy run that trains while you watch, breaks on purpose and mends in place.

The page is one browser component. It asks for frames itself (`lab_pull`), at the rate at which it can draw them, and
what a visitor does reaches the run by `lab_do`, neither through the queue of events.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from explorer.foundation.errors import ExplorerError
from explorer.lab.presets import PRESETS
from explorer.lab.settings import LabSettings
from explorer.pages.lab import events as lab_events
from explorer.pages.lab.beginnings import first_sight
from explorer.pages.lab.link import linked_run
from explorer.pages.lab.run import LabRun
from explorer.pages.lab.sources import thread_of
from explorer.pages.shared.visitors import visitors
from explorer.views.lab.view import LabView, opening

OPENED_AT_ONCE = 8  # pages that wait for their runs, which the first does for torch


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = LabView(server_functions=[lab_pull, lab_do])
    opens = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": OPENED_AT_ONCE}
    demo.load(_open, None, view, **opens)
    demo.unload(_leave)


def lab_pull(request: dict[str, Any]) -> str:
    """The newest of a run."""
    return lab_events.pull(request if isinstance(request, dict) else {})


def lab_do(request: dict[str, Any]) -> str:
    """Carry out one action."""
    return lab_events.do(request if isinstance(request, dict) else {})


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link, and its run is brought to where the link left it. A page that can show what
    the run begins with does not wait for that: it asks when the run is there (`begun`)."""
    visitor = visitors.enter(request.session_hash or "")
    wanted = linked_run(dict(request.query_params))
    lab = visitor.part(LabRun)
    first = first_sight(wanted)
    lab.begin(wanted)
    token, said = visitor.token, ""
    if first is None:
        try:
            said = lab.begun()
        except ExplorerError as error:
            token, said = "", str(error)
    return opening(token, said, asdict(wanted.settings), asdict(LabSettings()), presets_json(), lab.preset, first)


def presets_json() -> list[dict[str, Any]]:
    """As the cards read them, with what sets the broken run and the mended one apart."""
    cards = []
    for one in PRESETS.values():
        broken = asdict(LabSettings().changed(one.changes))
        apart = {"broken": {name: broken[name] for name in one.mend.changes}, "mended": dict(one.mend.changes)}
        cards.append(one.as_json() | {"thread": thread_of(one.source), "apart": apart})
    return cards


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: its run ends."""
    visitors.leave(request.session_hash or "")
