"""VisitorBook: who has a page open, by a token that cannot be guessed. Bounded: the longest silent are forgotten."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from explorer.foundation.recent import Recent


class Known(Protocol):
    """What a book knows of a visitor."""

    token: str
    session: str


V = TypeVar("V", bound=Known)


class VisitorBook(Generic[V]):
    """make(token, session): a new visitor. close(visitor): what ends with its page."""

    def __init__(self, size: int, make: Callable[[str, str], V], close: Callable[[V], None]) -> None:
        self._make, self._close, self._lock = make, close, threading.Lock()
        self._visitors: Recent[str, V] = Recent(size)

    def enter(self, session: str) -> V:
        """A new visitor."""
        visitor = self._make(secrets.token_urlsafe(18), session)
        with self._lock:
            forgotten = self._visitors.put(visitor.token, visitor)
        for other in forgotten.values():
            self._close(other)
        return visitor

    def get(self, token: object) -> V | None:
        """The visitor of that token, who then counts as the newest."""
        with self._lock:
            return self._visitors.use(token) if isinstance(token, str) else None

    def leave(self, session: str) -> None:
        """The page of that session was closed."""
        with self._lock:
            gone = self._visitors.drop(lambda token, visitor: visitor.session == session)
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
