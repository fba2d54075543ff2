"""What a checkpoint of no known format still tells, for the panel and the API: its tables, and a drafted adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.analysis.opening.draft import NAME, draft
from explorer.analysis.opening.file import open_file
from explorer.analysis.opening.words import facts
from explorer.foundation.errors import CheckpointError


def opened_payload(file: Path, name: str = "") -> dict[str, Any]:
    """All that a file or folder tells; `adapter` is the text of a draft, `adapter_name` what to save it as. name: as
    the visitor knows the file. Raises CheckpointError for what is damaged, unsafe, or holds no tensors."""
    found = open_file(file)
    name = name or file.name
    return facts(found, draft(found, name)) | {"name": name, "adapter_name": NAME}


def opened_or_none(file: Path, name: str = "") -> dict[str, Any] | None:
    """The same; None for a file that tells nothing."""
    try:
        told = opened_payload(file, name)
    except CheckpointError:
        return None
    return told if told["problem"] else None
