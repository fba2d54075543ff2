"""The address bar: keeps the link of what is on the screen, so that a copied link restores it. Draws nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping

from explorer.views.kit.page.component import BrowserComponent


class AddressBar(BrowserComponent):
    """Python sets the choices it knows; the selection is read from the bus in the browser."""

    NAME = "kit/page/address"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "address")
        super().__init__(value, **kwargs)


def payload(query: Mapping[str, str]) -> str:
    """The value of AddressBar: names and values for the query of the link."""
    return json.dumps(dict(query))
