"""The usage panel of the inspect page: its figure, asked for when the panel comes into sight.

The browser names what it shows by a ticket that came with it and cannot be guessed; a page keeps no other memory here.
"""

from __future__ import annotations

import json
import secrets
import threading
from typing import Any

from explorer.foundation.errors import ExplorerError, SettingsError, plain_words
from explorer.foundation.owners import acting_for, owner
from explorer.foundation.recent import Recent
from explorer.pages.shared import runtime
from explorer.pages.shared.figures import drawn
from explorer.pages.shared.session import Visit

KEPT = 400  # tickets: a page that was open for longer asks in vain, and says so
GONE = "This page has been open for longer than the server remembers. Load it again to go on."
_lock = threading.Lock()
_visits: Recent[str, tuple[Visit, str]] = Recent(KEPT)
_tickets: Recent[Any, str] = Recent(KEPT)


def ticket_of(visit: Visit) -> str:
    """What a browser asks with for the usage of what this visit shows; the same as long as that is the same."""
    key = (runtime.key_of(visit), owner())
    with _lock:
        ticket = _tickets.use(key) or secrets.token_urlsafe(18)
        _tickets.put(key, ticket)
        _visits.put(ticket, (visit, owner()))
    return ticket


def usage_ask(request: dict) -> str:
    """For {"ticket", "level" (from 0), "counts", "codes", "log", "theme"} of the panel: JSON {"ok", "library",
    "figure"}, or {"ok": false, "error": {"field", "message"}}. Not through the queue."""
    try:
        return _drawn(request if isinstance(request, dict) else {})
    except Exception as error:
        return json.dumps({"ok": False, "error": {"field": None, "message": plain_words(error)}})


def _drawn(request: dict[str, Any]) -> str:
    ticket, level, log = (request.get(name) for name in ("ticket", "level", "log"))
    if type(level) is not int or type(log) is not bool or not isinstance(ticket, str):
        raise SettingsError("The usage is asked for with a ticket, a level and a scale.")
    with _lock:
        found = _visits.use(ticket)
    if found is None:
        raise ExplorerError(GONE)
    visit, whose = found
    with acting_for(whose):
        record = runtime.record_of(visit)
        options = {name: str(request.get(name)) for name in ("counts", "codes", "theme")}
        return drawn("usage_by_rank", record, level, log=log, **options)
