"""The page of a language model of tokens in the browser: one component, which asks the server for what it shows.

Payloads: the value (`opening`) once, and then the answers of one server function, `language_ask(request) -> JSON`; see
`payload.py`. Everything chosen lives in the browser and in the address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.views.kit.page.component import BrowserComponent


class LanguageView(BrowserComponent):
    """server_functions: language_ask(request) -> JSON of {"ok": true, ...} or {"ok": false, "error": {...}}."""

    NAME = "language/view"
    OPENING = "Opening the language model\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "language-view")
        super().__init__(value, **kwargs)


def opening(
    token: str,
    facts: Mapping[str, Any] | None,
    pictures: Sequence[Mapping[str, str]],
    chosen: Mapping[str, Any],
    message: str = "",
) -> str:
    """The value of LanguageView: whose page it is, the model (None where there is none), the samples, and what a link
    asked for. message: what it asked for in vain, or why there is no model."""
    content = {"token": token, "facts": facts, "pictures": list(pictures), "chosen": dict(chosen), "message": message}
    return json.dumps(content)
