"""Who is in the lab: the open pages, and the process of each one's run."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from functools import cache

from explorer.foundation.config import settings
from explorer.lab.settings import LabSettings
from explorer.pages.lab.process import LabProcess, ProcessPool
from explorer.pages.shared.visitor_book import VisitorBook

VISITORS_KEPT = 200


@dataclass
class Visitor:
    """One open page. preset: the one that its link asks for."""

    token: str
    session: str
    preset: str | None = None


visitors = VisitorBook(VISITORS_KEPT, Visitor, lambda visitor: pool().close(visitor.token))


@cache
def pool() -> ProcessPool:
    """The one pool of this process."""
    runs = ProcessPool(settings().limits.lab_visitors)
    atexit.register(runs.close_all)
    return runs


def open_run(visitor: Visitor, chosen: LabSettings) -> LabProcess:
    """A run for that visitor, which plays. Raises ExplorerError if there is no place or it cannot be made."""
    return pool().open(visitor.token, chosen, settings().device, visitor.preset)
