"""The guide: a card over a page that leads through the steps of a chapter, where the address names one."""

from __future__ import annotations

import json

from explorer.views.kit.page.component import BrowserComponent


class Guide(BrowserComponent):
    """Draws nothing unless the address has `learn=chapter.step`.

    server_functions: learn_ask(request) -> JSON, with the chapter that is played.
    """

    NAME = "learn/guide"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_classes", "dte-guide-holder")
        super().__init__(value, **kwargs)


def payload(page: str) -> str:
    """The value of Guide. page: the route that it stands on, "" for the first one."""
    return json.dumps({"page": page}, separators=(",", ":"))
