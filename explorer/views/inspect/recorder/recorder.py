"""The recorder: a button that records by the microphone and sends what was heard as a WAV file.

Payload, once: {"most_seconds"}. The browser asks for the microphone when the button is pressed, and never before.
"""

from __future__ import annotations

import json

from explorer.views.kit.page.component import BrowserComponent


class Recorder(BrowserComponent):
    """Event `recorded` {path}: of the file, as the server's upload address named it."""

    NAME = "inspect/recorder/recorder"
    BROWSER_EVENTS = ("recorded",)

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "recorder")
        super().__init__(value, **kwargs)


def payload(most_seconds: float) -> str:
    """The value of Recorder. most_seconds: where a recording ends by itself, as longer sounds are cut there."""
    return json.dumps({"most_seconds": most_seconds}, separators=(",", ":"))
