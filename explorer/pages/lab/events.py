"""What the lab answers to a browser: the newest of a run (`pull`), and what a visitor asks it to do (`do`).

JSON in and out. The run answers for itself, in a process of its own (`lab/process.py`, `lab/desk.py`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any
from urllib.parse import parse_qsl

from explorer.foundation.errors import ExplorerError
from explorer.lab.settings import LabSettings
from explorer.pages.lab.desk import end_answer
from explorer.pages.lab.link import LinkedRun, linked_run, requests_of
from explorer.pages.lab.process import LabProcess
from explorer.pages.lab.run import LabRun
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing, refusal, reply
from explorer.pages.shared.fields import PATH_CHARACTERS, Entries, Text
from explorer.pages.shared.visitors import Visitor, visitors

GONE = "This run has ended: its page was closed, or the server was started again. Start it again to go on."


@dataclass(frozen=True)
class Resume:
    """settings: those of run A that the browser still has, as `LabSettings` checks them. query: of a link to the run
    that ended, which says the rest of it: its preset, what run B changes, how fast it went."""

    settings: Annotated[dict[str, Any], Entries()] = field(default_factory=dict)
    query: Annotated[str, Text(most=PATH_CHARACTERS)] = ""


@dataclass(frozen=True)
class Travel:
    """query: of a link to the lab, without its question mark."""

    query: Annotated[str, Text(most=PATH_CHARACTERS)] = ""


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


def _begun(visitor: Visitor, request: Nothing) -> dict[str, Any]:
    """The run that this page was opened with is there; `message`: what of its link could not be had."""
    return {"error": None, "message": visitor.part(LabRun).begun()}


def _resume(visitor: Visitor, request: Resume) -> dict[str, Any]:
    """The run that ended again, from step 0 and playing. Points drawn by hand may be too many for a link, so the
    settings come beside it."""
    settings = LabSettings().changed(request.settings)
    wanted = replace(_asked(request.query), settings=settings, paused=False, said="")
    return {"error": None, "token": visitor.token, "message": visitor.part(LabRun).follow(wanted)}


def _asked(query: str) -> LinkedRun:
    return linked_run(dict(parse_qsl(query, keep_blank_values=True)))


def _travel(visitor: Visitor, request: Travel) -> dict[str, Any]:
    """What another link asks for, on a page that is open: its run begins with it; where it has ended, a new one does.

    As an action is answered, and `message`: what of the link could not be had.
    """
    wanted = _asked(request.query)
    lab = visitor.part(LabRun)
    lab.preset = wanted.preset
    run, new = lab.process, {}
    if run is None or not run.alive:
        run, new = lab.open(wanted.settings), {"token": visitor.token}
    begin = {"action": "begin", "changes": asdict(wanted.settings), "preset": wanted.preset}
    answers = [json.loads(run.ask("do", one)) for one in (begin, *requests_of(wanted))]
    if not answers[0]["ok"]:
        raise ExplorerError(answers[0]["error"]["message"])
    said = [wanted.said, *(one["error"]["message"] for one in answers if not one["ok"])]
    last = [one for one in answers if one["ok"]][-1]
    return last | new | {"message": " ".join(filter(None, said))}


# What is no action of a run that goes on; those are read where it is done, see `lab/desk.py`.
EVENTS = Dispatcher(
    {"begun": Event(_begun), "resume": Event(_resume, Resume), "travel": Event(_travel, Travel)},
    caller=lambda token: visitors.get(token),
    key="action",
    gone=GONE,
)
