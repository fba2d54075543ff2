"""The export bar: tokens and codebook as files, one click each."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from explorer.views.kit.page.component import BrowserComponent

KINDS = ("npz", "json", "csv", "codebook", "counts", "decoded")


class ExportBar(BrowserComponent):
    """Event `export` {kind, level}, kind one of KINDS. A value with a file makes the browser save it."""

    NAME = "kit/widgets/export_bar"
    BROWSER_EVENTS = ("export",)

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "export-bar")
        super().__init__(value, **kwargs)


@dataclass(frozen=True)
class ExportFile:
    """A file for the visitor: its name and content."""

    name: str
    data: bytes


def payload(file: ExportFile | None, message: str = "", serial: int = 0) -> str:
    """The value of ExportBar. serial makes two exports of the same file two different values."""
    packed = None if file is None else {"name": file.name, "data": base64.b64encode(file.data).decode("ascii")}
    return json.dumps({"file": packed, "message": message, "serial": serial})
