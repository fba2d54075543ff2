"""Who is in the lab: the open pages, and the process of each one's run."""

from __future__ import annotations

import atexit
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache

from explorer.config import settings
from explorer.lab.settings import LabSettings
from explorer.pages.lab_process import LabProcess, ProcessPool

VISITORS_KEPT = 200


@dataclass
class Visitor:
    """One open page. preset: the one that its link asks for."""

    token: str
    session: str
    preset: str | None = None


class Visitors:
    """Visitors by token. Bounded: the longest silent one is forgotten, and its run ended."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._visitors: OrderedDict[str, Visitor] = OrderedDict()

    def enter(self, session: str) -> Visitor:
        """A new visitor, with a token that cannot be guessed."""
        visitor = Visitor(secrets.token_urlsafe(18), session)
        with self._lock:
            self._visitors[visitor.token] = visitor
            forgotten = [self._visitors.popitem(last=False)[0] for _ in range(len(self._visitors) - self._size)]
        for token in forgotten:
            pool().close(token)
        return visitor

    def get(self, token: object) -> Visitor | None:
        """The visitor of that token, who then counts as the newest."""
        with self._lock:
            visitor = self._visitors.get(token) if isinstance(token, str) else None
            if visitor:
                self._visitors.move_to_end(visitor.token)
            return visitor

    def leave(self, session: str) -> None:
        """The page of that session was closed: its runs end."""
        with self._lock:
            gone = [token for token, visitor in self._visitors.items() if visitor.session == session]
            for token in gone:
                del self._visitors[token]
        for token in gone:
            pool().close(token)


visitors = Visitors(VISITORS_KEPT)


@cache
def pool() -> ProcessPool:
    """The one pool of this process."""
    runs = ProcessPool(settings().limits.lab_visitors)
    atexit.register(runs.close_all)
    return runs


def open_run(visitor: Visitor, chosen: LabSettings) -> LabProcess:
    """A run for that visitor, which plays. Raises ExplorerError if there is no place or it cannot be made."""
    return pool().open(visitor.token, chosen, settings().device, visitor.preset)
