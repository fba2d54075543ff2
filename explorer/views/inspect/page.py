"""The results of the Inspect page as one component, which asks Python for what it shows.

Value: JSON of {"token", "turn", "parts", "shared"}. token: of the page, for its questions. turn: of the choice that is
shown. shared: what several parts show, which is sent once (`share_urls`). parts: name -> value of each view that
changes, as its own module says: view, player, reconstruction, card, exports, address, editor. What follows on a choice
is asked for by `inspect_ask(request) -> JSON`, whose answers have parts too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping

from explorer.views.kit.page.component import BrowserComponent

_URL = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]{256,}")  # a picture or a sound; shorter ones are not worth it
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
    return json.dumps({"token": token, "turn": turn, **share_urls(parts), "chosen": chosen}, separators=(",", ":"))


def share_urls(parts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """{"parts", "shared"}: a data URL that occurs more than once stands in `shared`, by the name that is in its place.

    The picture of a medium is in up to three of the views. The browser puts them back (`whole` of inspect/desk.js).
    """
    found = Counter(url for text in parts.values() for url in _URL.findall(text))
    names = {url: _name_of(url) for url, count in found.items() if count > 1}
    changed = {name: _URL.sub(lambda url: names.get(url[0], url[0]), text) for name, text in parts.items()}
    return {"parts": changed if names else dict(parts), "shared": {name: url for url, name in names.items()}}


def _name_of(url: str) -> str:
    """Of its content, so that no text that somebody wrote is one."""
    return f"data:shared/{hashlib.blake2b(url.encode(), digest_size=12).hexdigest()}"
