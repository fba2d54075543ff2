"""The one book of visitors: which pages are open, and what belongs to each, as long as it is open and no longer.

A page is known by a token that cannot be guessed, and by the session of Gradio that it is. What a subject keeps for a
page is a `Part` of its entry: own audits, edited pictures, a run of the lab, whose turn it is. All of it ends together:
when the page says that it is closed, when `presence` finds that it is gone, when it is the longest silent of too many,
or when the server ends. What a page wrote lies in a folder of its own and goes with it. What belongs to the visitor and
not to one page (uploads, tokenizers, results) has the visitor's name on it, and `presence` lets it go by that.
"""

from __future__ import annotations

import atexit
import secrets
import threading
from pathlib import Path
from typing import Any, Protocol, TypeVar

from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import owner
from explorer.foundation.recent import Recent
from explorer.pages.shared.visitor_files import files as visitor_files

PAGES_KEPT = 400  # of all kinds together
LAST_WORD_S = 10.0


class Part(Protocol):
    """What one subject keeps for a page. Made by `part` with the visitor whose page it is."""

    def close(self) -> None:
        """The page is gone: end what goes on, let go of what is held."""


P = TypeVar("P", bound=Part)


class Visitor:
    """One open page. owner: whose page it is, and what is made for it. Safe between threads, under `lock`.

    job: what it works on or worked on last, a `VisitorJob` or one that is like it. files: uploads that wait for one.
    """

    def __init__(self, token: str, session: str) -> None:
        self.token, self.session, self.owner = token, session, owner() or f"session:{session}"
        self.job: Any = None
        self.files: tuple[Path, ...] = ()
        self.gone = False
        self.lock = threading.RLock()
        self._parts: dict[type, Part] = {}
        self._folder: Path | None = None
        self._folders = self._ids = 0

    def part(self, kind: type[P]) -> P:
        """What that subject keeps for this page: `kind(visitor)`, made when it is first asked for.

        Raises ExplorerError if the page is closed: nobody would end what was made after that.
        """
        with self.lock:
            self._still_open()
            if kind not in self._parts:
                self._parts[kind] = kind(self)  # type: ignore[call-arg]
            return self._parts[kind]  # type: ignore[return-value]

    def new_id(self) -> str:
        """An id for another result of this page: own-1, own-2, ..."""
        with self.lock:
            self._ids += 1
            return f"own-{self._ids}"

    def new_folder(self) -> Path:
        """A new empty folder of this page. Raises ExplorerError if the page is closed or the disk refuses."""
        with self.lock:
            self._still_open()
            self._folders += 1
            try:
                if self._folder is None:
                    self._folder = visitor_files.new_folder(self.owner)
                made = self._folder / str(self._folders)
                made.mkdir()
            except OSError as error:
                raise ExplorerError(f"The server has no room for another upload: {error.strerror or error}.") from error
            return made

    def _still_open(self) -> None:
        if self.gone:
            raise ExplorerError("This page was closed.")

    def close(self) -> None:
        """End what goes on and delete all files; those that the job still needs go when it has ended."""
        with self.lock:
            self.gone = True
            parts, self._parts = list(self._parts.values()), {}
            running = self.job is not None and self.job.alive
            if running:
                self.job.stop()
        for part in parts:
            part.close()
        if not running:
            self.delete()

    def delete(self) -> None:
        """Delete the folder of the page."""
        if self._folder is not None:
            visitor_files.drop(self._folder)


class Visitors:
    """The open pages by token. Bounded: of the longest silent one that is forgotten all ends as if it were closed."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._pages: Recent[str, Visitor] = Recent(size)

    def enter(self, session: str) -> Visitor:
        """The page of that session, which several components may have; a new one where the session has no name."""
        whose = owner() or f"session:{session}"
        with self._lock:
            for page in self._pages.values():
                if session and page.session == session and page.owner == whose:
                    return self._pages.use(page.token)  # type: ignore[return-value]
            page = Visitor(secrets.token_urlsafe(18), session)
            forgotten = self._pages.put(page.token, page)
        for other in forgotten.values():
            other.close()
        return page

    def get(self, token: object) -> Visitor | None:
        """The page of that token, which then counts as the newest."""
        with self._lock:
            return self._pages.use(token) if isinstance(token, str) else None

    def leave(self, session: str) -> None:
        """The page of that session was closed."""
        with self._lock:
            gone = self._pages.drop(lambda token, page: page.session == session)
        for page in gone:
            page.close()

    def owners(self) -> set[str]:
        """As `presence.Keeper`: the sessions whose pages are open, as far as is known here."""
        with self._lock:
            return {f"session:{page.session}" for page in self._pages.values() if page.session}

    def let_go(self, owner: str) -> None:
        """As `presence.Keeper`: that session ended without a word."""
        self.leave(owner.removeprefix("session:"))

    def leave_all(self) -> None:
        """The server ends."""
        with self._lock:
            everyone = list(self._pages.values())
            self._pages.clear()
        for page in everyone:
            page.close()
        for page in everyone:  # a thread inside torch while Python ends would end it badly
            if page.job is not None:
                page.job.join(LAST_WORD_S)


visitors = Visitors(PAGES_KEPT)
atexit.register(visitors.leave_all)
