"""Calls whose client has left: nobody will have the answer, so the work for it ends."""

from __future__ import annotations

from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import has_left


def check_there() -> None:
    """Raises ExplorerError, which nobody reads, where the client closed its connection before the answer."""
    if has_left():
        raise ExplorerError("Who asked for this closed the connection before the answer.")
