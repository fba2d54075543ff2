"""How a page of one browser component is answered: `answer` takes a request, gives JSON, errors in plain words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explorer.foundation.errors import ExplorerError, SettingsError, plain_words
from explorer.foundation.owners import acting_for, owner
from explorer.pages.codebook.visitors import Visitor, Visitors

GONE = "This page has been open for longer than the server remembers. Load it again to go on."
Answer = Callable[[Visitor | None, dict[str, Any]], str]


def answer(answers: Mapping[str, Answer], everyone: Visitors, request: dict[str, Any]) -> str:
    """JSON of {"ok": true, ...}, or {"ok": false, "error": {"field", "message"}}.

    request: {"what": a key of `answers`, "token": whose page it is, ...}.
    """
    try:
        what = str(request.get("what"))
        if what not in answers:
            raise SettingsError(f"There is nothing called {what[:40]!r} to ask for. There is: {', '.join(answers)}.")
        visitor = everyone.get(request.get("token"))
        with acting_for(visitor.owner if visitor else owner()):
            return answers[what](visitor, request)
    except ExplorerError as error:
        return _refused(str(error), getattr(error, "field", None))
    except Exception as error:
        return _refused(plain_words(error))


def said(content: dict[str, Any]) -> str:
    """An answer that is fine, as JSON; numpy numbers become plain ones."""
    return json.dumps({"ok": True} | content, separators=(",", ":"), allow_nan=False, default=_plain)


def known(visitor: Visitor | None) -> Visitor:
    """The visitor. Raises ExplorerError if the server no longer knows the page."""
    if visitor is None:
        raise ExplorerError(GONE)
    return visitor


def whole(request: dict[str, Any], name: str) -> int:
    """A whole number of the request. Raises SettingsError at that field."""
    value = request.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise SettingsError(f"The {name} must be a whole number of 0 or more.")
    return value


def _refused(message: str, field: str | None = None) -> str:
    return json.dumps({"ok": False, "error": {"field": field, "message": message}})


def _plain(value: object) -> object:
    """Numpy numbers as JSON has them."""
    if isinstance(value, np.generic):
        number = value.item()
        return None if isinstance(number, float) and not math.isfinite(number) else number
    raise TypeError(f"{type(value).__name__} is no JSON")
