"""What a checkpoint of no known format still tells, for the panel and the API: its tables, and a drafted adapter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from explorer.analysis.opening.draft import NAME, draft
from explorer.analysis.opening.file import OpenedTable, open_file
from explorer.analysis.opening.words import facts
from explorer.foundation.errors import CheckpointError, RecordError
from explorer.pages.shared.plotly_js import plotly_address

DRAWN = 2  # tables whose codes are drawn in the panel
DOTS = 1024  # codes of each


def opened_payload(file: Path, name: str = "") -> dict[str, Any]:
    """All that a file or folder tells; `adapter` is the text of a draft, `adapter_name` what to save it as. name: as
    the visitor knows the file. Raises CheckpointError for what is damaged, unsafe, or holds no tensors."""
    found = open_file(file)
    name = name or file.name
    maps = {"maps": [_map(table) for table in found.tables[:DRAWN]], "library": plotly_address()}
    return facts(found, draft(found, name)) | maps | {"name": name, "adapter_name": NAME}


def _map(table: OpenedTable) -> dict[str, Any] | None:
    """The figure of its codes, "light" and "dark"; None where it cannot be drawn, which its sentences say."""
    from explorer.figures import opened_codes, recolour  # plotly comes with the first figure

    try:
        drawn = opened_codes(table, most=DOTS)
    except RecordError:
        return None
    return {"light": json.loads(drawn.to_json()), "dark": json.loads(recolour(drawn, "dark").to_json())}


def opened_or_none(file: Path, name: str = "") -> dict[str, Any] | None:
    """The same; None for a file that tells nothing."""
    try:
        told = opened_payload(file, name)
    except CheckpointError:
        return None
    return told if told["problem"] else None
