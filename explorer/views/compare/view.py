"""The compare page in the browser: one component, which asks the server for what it shows.

Payloads: the value (`opening`) once, and then the answers of one server function, `compare_ask(request) -> JSON`; see
`compare/payload.py`. Everything chosen lives in the browser and in the address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.views.kit.page.component import BrowserComponent


class CompareView(BrowserComponent):
    """server_functions: compare_ask(request) -> JSON of {"ok": true, ...} or {"ok": false, "error": {...}}."""

    NAME = "compare/view"
    OPENING = "Opening the comparison\N{HORIZONTAL ELLIPSIS}"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "compare-view")
        super().__init__(value, **kwargs)


def opening(
    token: str,
    tokenizers: Sequence[dict[str, Any]],
    limits: Mapping[str, int | Sequence[int]],
    chosen: Sequence[str],
    media: str,
    message: str = "",
) -> str:
    """The value of CompareView: whose pictures it may read, what can be chosen, and what a link asked for.

    tokenizers: as `tokenizers_payload`. limits: {"least", "most"} tokenizers, "media" pictures of a set, "file_bytes",
    "upload_bytes", "sides" that a picture may have at most. chosen: ids. media: such as "sample:coffee". message: what
    a link asked for in vain, or "".
    """
    return json.dumps(
        {
            "token": token,
            "tokenizers": list(tokenizers),
            "limits": dict(limits),
            "chosen": list(chosen),
            "media": media,
            "message": message,
        }
    )
