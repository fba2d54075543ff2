"""The results of the Inspect page as one component, which asks Python for what it shows.

Value: JSON of {"token", "turn", "parts"}. token: of the page, for its questions. turn: of the choice that is shown.
parts: name -> value of each view that changes, as its own module says: view, player, reconstruction, card, exports,
address, editor. What follows on a choice is asked for by `inspect_ask(request) -> JSON`, whose answers have parts too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from explorer.views.kit.page.component import BrowserComponent

PARTS = ("view", "player", "reconstruction", "card", "exports", "address", "editor")


class InspectPage(BrowserComponent):
    """server_functions: inspect_ask, alone_ask and edit_ask, each of one plain object -> JSON.

    Event `visit` {query} when the page is to show what another link names.
    """

    NAME = "inspect/page"
    BROWSER_EVENTS = ("visit",)

    def __init__(self, value: str = "", **kwargs) -> None:
        """kwargs go to gr.HTML."""
        kwargs.setdefault("elem_id", "inspect-page")
        super().__init__(value, **kwargs)


def payload(token: str, turn: int, parts: Mapping[str, str], chosen: bool = True) -> str:
    """The value of InspectPage. parts: by PARTS. chosen: whether a code is chosen, so that its card is among them."""
    return json.dumps({"token": token, "turn": turn, "parts": dict(parts), "chosen": chosen}, separators=(",", ":"))
