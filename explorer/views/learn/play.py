"""Teaching cards: pictures that one drags, and the shelf of all of them; all of it is done in the browser."""

from __future__ import annotations

from explorer.views.kit.page.component import BrowserComponent


class Play(BrowserComponent):
    """The card that the address names (`card=NAME`), over links to all. It needs no value."""

    NAME = "learn/play"
