"""What the lab answers to a browser: the newest of a run (`pull`), and what a visitor asks it to do (`do`).

JSON in and out. The run answers for itself, in a process of its own (`lab/process.py`, `lab/desk.py`).
"""

from __future__ import annotations

import json
from typing import Any

from explorer.foundation.errors import ExplorerError, plain_words
from explorer.lab.settings import FieldError, LabSettings
from explorer.pages.lab.desk import ended, refusal
from explorer.pages.lab.process import LabProcess
from explorer.pages.lab.visitors import Visitor, open_run, pool, visitors

GONE = "This run has ended: its page was closed, or the server was started again. Start it again to go on."


def pull(request: dict[str, Any]) -> str:
    """The newest of a run, less what the browser holds already."""
    try:
        return _run_of(visitors.get(request.get("token"))).ask("pull", request)
    except ExplorerError as error:
        return json.dumps(ended(str(error)))


def do(request: dict[str, Any]) -> str:
    """Carry out one action; on an error nothing changed, and the answer says at which setting it was."""
    visitor = visitors.get(request.get("token"))
    try:
        if visitor is not None and request.get("action") == "resume":
            return _resume(visitor, request)
        return _run_of(visitor).ask("do", request)
    except FieldError as error:
        return refusal(str(error), error.name)
    except Exception as error:
        return refusal(plain_words(error))


def _run_of(visitor: Visitor | None) -> LabProcess:
    run = pool().get(visitor.token) if visitor else None
    if run is None:
        raise ExplorerError(GONE)
    return run


def _resume(visitor: Visitor, request: dict[str, Any]) -> str:
    """A new run with the settings that the browser still has."""
    wanted = request.get("settings") if isinstance(request.get("settings"), dict) else {}
    open_run(visitor, LabSettings().changed(wanted))
    return json.dumps({"ok": True, "error": None, "token": visitor.token})
