"""The codebook page in the browser: one component, which asks the server for what it shows.

Payloads: the value (`opening`) once, and then the answers of one server function, `codebook_ask(request) -> JSON`; the
numbers of those answers are made in `codebook/payload.py`. Everything chosen lives in the browser and in the address.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from explorer.views.kit.page.component import BrowserComponent


class CodebookView(BrowserComponent):
    """server_functions: codebook_ask(request) -> JSON of {"ok": true, ...} or {"ok": false, "error": {...}}."""

    NAME = "codebook/view"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "codebook-view")
        super().__init__(value, **kwargs)


def opening(
    token: str,
    tokenizers: Sequence[dict[str, Any]],
    *,
    tokenizer: str | None,
    audit: str | None = None,
    level: int = 0,
    code: int | None = None,
    message: str = "",
) -> str:
    """The value of CodebookView: whose audits it may read, what can be chosen, and what a link asked for.

    tokenizers: {"id", "title", "modality", "quantizer", "vocabulary"} each. tokenizer None: an audit of plain indices.
    level and code count from 0; the browser drops a level or code that the opened audit does not have. message: what a
    link asked for in vain, in plain words, or "".
    """
    return json.dumps(
        {
            "token": token,
            "tokenizers": list(tokenizers),
            "tokenizer": tokenizer,
            "audit": audit,
            "level": level,
            "code": code,
            "message": message,
        }
    )
