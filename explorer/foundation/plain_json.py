"""JSON of others: bounded in bytes and in lists, since a small text can ask for much memory; too deep is an error."""

from __future__ import annotations

import json
from typing import Any

from explorer.foundation.errors import RecordError

TEXT_BYTES = 2**27  # of one text; its numbers and names take up to 12 times that
NESTS = 2**22  # lists and objects in it; each takes 56 bytes and more, however short it is written


def parse_json(text: bytes | str, name: str, most_bytes: int = TEXT_BYTES, most_nests: int = NESTS) -> Any:
    """What the text says. Raises RecordError, with the name, for one that is larger, and ValueError for what is no JSON
    or is nested too deeply."""
    opened = text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    if len(text) > most_bytes or opened > most_nests:
        raise RecordError(
            f"{name!r} has {len(text) / 2**20:,.0f} MiB of text with {opened:,} lists and objects; at most "
            f"{most_bytes / 2**20:,.0f} MiB and {most_nests:,} are read"
        )
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
