"""The panel "Bring a tokenizer": name a Hub repository or a file, see what it is, load it.

Payloads: the value (`load_payload.opening_payload`) once, then the answers of one server function,
`load_ask(request) -> JSON`; see `bring/payload.py` and `pages/bring/events.py`.
"""

from __future__ import annotations

from explorer.views.kit.page.component import BrowserComponent


class LoadPanel(BrowserComponent):
    """Event `brought` {id} when a tokenizer was loaded, or shall be shown that is here already; `removed` {id} when one
    of the visitor's own was taken back."""

    NAME = "bring/panel"
    BROWSER_EVENTS = ("brought", "removed")

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "load-panel")
        super().__init__(value, **kwargs)
