"""The export bar: tokens and codebook as files, one click each."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

KINDS = ("npz", "json", "csv", "codebook", "counts", "decoded")


@dataclass(frozen=True)
class ExportFile:
    """A file for the visitor: its name and content."""

    name: str
    data: bytes


def offer(missing: Mapping[str, str]) -> str:
    """The value of the bar beside another medium or tokenizer. missing: kind -> why there is no such file."""
    return json.dumps({"missing": dict(missing), "message": ""})


def payload(file: ExportFile | None, message: str = "", serial: int = 0) -> str:
    """The value of the bar; one with a file makes the browser save it. serial makes two of the same file different."""
    packed = None if file is None else {"name": file.name, "data": base64.b64encode(file.data).decode("ascii")}
    return json.dumps({"file": packed, "message": message, "serial": serial})
