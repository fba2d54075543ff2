"""VisitorBook: who has a page open, by a token that cannot be guessed. Bounded: the longest silent are forgotten."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Known(Protocol):
    """What a book knows of a visitor."""

    token: str
    session: str


V = TypeVar("V", bound=Known)


class VisitorBook(Generic[V]):
    """make(token, session): a new visitor. close(visitor): what ends with its page."""

    def __init__(self, size: int, make: Callable[[str, str], V], close: Callable[[V], None]) -> None:
        self._size, self._make, self._close, self._lock = size, make, close, threading.Lock()
        self._visitors: OrderedDict[str, V] = OrderedDict()

    def enter(self, session: str) -> V:
        """A new visitor."""
        visitor = self._make(secrets.token_urlsafe(18), session)
        with self._lock:
            self._visitors[visitor.token] = visitor
            forgotten = [self._visitors.popitem(last=False)[1] for _ in range(len(self._visitors) - self._size)]
        for other in forgotten:
            self._close(other)
        return visitor

    def get(self, token: object) -> V | None:
        """The visitor of that token, who then counts as the newest."""
        with self._lock:
            visitor = self._visitors.get(token) if isinstance(token, str) else None
            if visitor is not None:
                self._visitors.move_to_end(visitor.token)
            return visitor

    def leave(self, session: str) -> None:
        """The page of that session was closed."""
        with self._lock:
            gone = [visitor for visitor in self._visitors.values() if visitor.session == session]
            for visitor in gone:
                del self._visitors[visitor.token]
        for visitor in gone:
            self._close(visitor)

    def owners(self) -> set[str]:
        """As `presence.Keeper`: the sessions whose pages are open, as far as is known here."""
        with self._lock:
            return {f"session:{visitor.session}" for visitor in self._visitors.values() if visitor.session}

    def let_go(self, owner: str) -> None:
        """As `presence.Keeper`: that session ended without a word."""
        self.leave(owner.removeprefix("session:"))

    def leave_all(self) -> list[V]:
        """The server ends: all who were there, closed."""
        with self._lock:
            everyone = list(self._visitors.values())
            self._visitors.clear()
        for visitor in everyone:
            self._close(visitor)
        return everyone
