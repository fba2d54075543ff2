"""The address bar: keeps the link of what is on the screen, so that a copied link restores it. Draws nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping


def payload(query: Mapping[str, str]) -> str:
    """The value of the bar: names and values for the query of the link."""
    return json.dumps(dict(query))
