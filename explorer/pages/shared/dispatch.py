"""Dispatcher: the one way from what a browser's component sends to the handler of a page, and back as JSON.

A page registers each name with the frozen dataclass of its request (`fields`) and with its handler. What cannot be
read, or cannot be, is said in plain words at its field; a bug goes to the log. Never a trace, and nothing changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.foundation.errors import ExplorerError, FieldError, plain_words
from explorer.foundation.owners import acting_for, owner
from explorer.pages.shared.fields import SHOWN_CHARACTERS, read_request

GONE = "This page has been open for longer than the server remembers. Load it again to go on."


@dataclass(frozen=True)
class Nothing:
    """A request that needs nothing but its name."""


@dataclass(frozen=True)
class Event:
    """handle(caller, request) -> content of the answer, or the whole answer as JSON already.

    request: the frozen dataclass that the payload is read into. strangers: whether it is answered for a page, too, that
    the server does not know (any longer); the caller is None then.
    """

    handle: Callable[[Any, Any], dict[str, Any] | str]
    request: type = Nothing
    strangers: bool = False


class Dispatcher:
    """The events of one page.

    caller(token): who asks, by the token of the payload; None for nobody who is known. What is answered is answered for
    the `owner` of the caller, if it has one. key: of the payload, which holds the name. gone: what a stranger is told.
    """

    def __init__(
        self,
        events: Mapping[str, Event],
        caller: Callable[[object], Any] = lambda token: None,
        key: str = "what",
        gone: str = GONE,
    ) -> None:
        self.events, self.key, self.gone = dict(events), key, gone
        self._caller = caller

    def ask(self, payload: object) -> str:
        """The answer as JSON: {"ok": true, ...} or {"ok": false, "error": {"field", "message", ...}}. Never raises."""
        try:
            token = payload.get("token") if isinstance(payload, dict) else None
            return self.ask_of(self._caller(token), payload)
        except Exception as error:
            return refusal(error)

    def ask_of(self, caller: Any, payload: object) -> str:
        """The same, of a caller who is known already."""
        payload = payload if isinstance(payload, dict) else {}
        try:
            event = self._event(payload.get(self.key))
            if caller is None and not event.strangers:
                raise ExplorerError(self.gone)
            request = read_request(event.request, payload)
            with acting_for(getattr(caller, "owner", None) or owner()):
                content = event.handle(caller, request)
            return content if isinstance(content, str) else reply(content)
        except Exception as error:
            return refusal(error)

    def _event(self, name: object) -> Event:
        there = f"There is: {', '.join(self.events)}."
        if not isinstance(name, str):
            raise FieldError(self.key, f"The request does not say what it asks for. {there}")
        if name not in self.events:
            raise FieldError(self.key, f"There is nothing called {name[:SHOWN_CHARACTERS]!r} to ask for. {there}")
        return self.events[name]


def reply(content: dict[str, Any]) -> str:
    """An answer that is fine, as JSON; numpy numbers become plain ones."""
    return json.dumps({"ok": True} | content, separators=(",", ":"), allow_nan=False, default=_plain)


def refusal(error: Exception) -> str:
    """The answer to what cannot be, as JSON. A bug goes to the log, and an apology to the visitor."""
    field, place = (error.field, error.place) if isinstance(error, FieldError) else (None, {})
    return json.dumps({"ok": False, "error": {"field": field, "message": plain_words(error)} | place})


def _plain(value: object) -> object:
    """Numpy numbers as JSON has them."""
    if isinstance(value, np.generic):
        number = value.item()
        return None if isinstance(number, float) and not math.isfinite(number) else number
    raise TypeError(f"{type(value).__name__} is no JSON")
