"""The training lab: a toy run that trains while you watch, breaks on purpose and mends in place.

The page is one browser component. It asks for frames itself (`lab_pull`), at the rate at which it can draw them, and
what a visitor does reaches the run by `lab_do`, neither through the queue of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import gradio as gr

from explorer.errors import ExplorerError
from explorer.lab.presets import PRESETS, preset
from explorer.lab.settings import LabSettings, settings_from_json
from explorer.pages import lab_events
from explorer.pages.lab_visitors import Visitor, open_run, visitors
from explorer.views.lab_view import LabView, opening


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = LabView(server_functions=[lab_pull, lab_do])
    demo.load(_open, None, view, show_progress="hidden", api_visibility="private")
    demo.unload(_leave)


def lab_pull(request: dict[str, Any]) -> str:
    """The newest of a run."""
    return lab_events.pull(request if isinstance(request, dict) else {})


def lab_do(request: dict[str, Any]) -> str:
    """Carry out one action."""
    return lab_events.do(request if isinstance(request, dict) else {})


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link: its run begins to play at once."""
    visitor = visitors.enter(request.session_hash or "")
    chosen, said = _wanted(dict(request.query_params), visitor)
    try:
        open_run(visitor, chosen)
    except ExplorerError as error:
        visitors.leave(visitor.session)
        return opening("", str(error), asdict(chosen), asdict(LabSettings()), _presets(), visitor.preset)
    return opening(visitor.token, said, asdict(chosen), asdict(LabSettings()), _presets(), visitor.preset)


def _wanted(query: Mapping[str, str], visitor: Visitor) -> tuple[LabSettings, str]:
    """The settings that a link asks for; what does not hold falls back to the default, and is said."""
    try:
        chosen, base = None, LabSettings()
        if "preset" in query:
            chosen = preset(query["preset"])
            base = LabSettings().changed(chosen.changes)
        if "settings" in query:
            base = settings_from_json(query["settings"])
        visitor.preset = chosen.id if chosen else None
        return base, ""
    except ExplorerError as error:
        return LabSettings(), f"The link asks for a run that cannot be, so the first one is shown. {error}"


def _presets() -> list[dict[str, Any]]:
    return [one.as_json() for one in PRESETS.values()]


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: its run ends."""
    visitors.leave(request.session_hash or "")
