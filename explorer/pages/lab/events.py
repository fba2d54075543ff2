"""What the lab answers to a browser: the newest of a run (`pull`), and what a visitor asks it to do (`do`).

JSON in and out. The run answers for itself, in a process of its own (`lab/process.py`, `lab/desk.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from explorer.foundation.errors import ExplorerError
from explorer.lab.settings import LabSettings
from explorer.pages.lab.desk import end_answer
from explorer.pages.lab.process import LabProcess
from explorer.pages.lab.run import LabRun
from explorer.pages.shared.dispatch import Dispatcher, Event, refusal, reply
from explorer.pages.shared.fields import Entries
from explorer.pages.shared.visitors import Visitor, visitors

GONE = "This run has ended: its page was closed, or the server was started again. Start it again to go on."


@dataclass(frozen=True)
class Resume:
    """settings: those that the browser still has, as `LabSettings` checks them."""

    settings: Annotated[dict[str, Any], Entries()] = field(default_factory=dict)


def pull(request: object) -> str:
    """The newest of a run, less what the browser holds already."""
    request = request if isinstance(request, dict) else {}
    try:
        return _run_of(visitors.get(request.get("token"))).ask("pull", request)
    except ExplorerError as error:
        return reply(end_answer(str(error)))


def do(request: object) -> str:
    """Carry out one action; on an error nothing changed, and the answer says at which setting it was."""
    request = request if isinstance(request, dict) else {}
    if request.get("action") in EVENTS.events:
        return EVENTS.ask(request)
    try:
        return _run_of(visitors.get(request.get("token"))).ask("do", request)
    except Exception as error:
        return refusal(error)


def _run_of(visitor: Visitor | None) -> LabProcess:
    run = visitor.part(LabRun).process if visitor else None
    if run is None:
        raise ExplorerError(GONE)
    return run


def _resume(visitor: Visitor, request: Resume) -> dict[str, Any]:
    """A new run with the settings that the browser still has."""
    visitor.part(LabRun).open(LabSettings().changed(request.settings))
    return {"error": None, "token": visitor.token}


# What is no action of a run that goes on; those are read where it is done, see `lab/desk.py`.
EVENTS = Dispatcher(
    {"resume": Event(_resume, Resume)}, caller=lambda token: visitors.get(token), key="action", gone=GONE
)
