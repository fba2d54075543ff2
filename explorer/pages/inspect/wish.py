"""What a visitor wants to see, and what is shown: a quick second choice must not undo one that is not shown yet."""

from __future__ import annotations

from dataclasses import replace

from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import Visitor


class Wish:
    """A part of a page. shown: what is on the screen, a Visit of nothing before the first. own: the last of them that
    was of a file of the visitor."""

    def __init__(self, visitor: Visitor) -> None:
        self._lock, self._wanted = visitor.lock, None  # type: object, Visit | None
        self.shown = Visit()
        self.own: Visit | None = None

    def show(self, visit: Visit) -> None:
        """This is on the screen now."""
        self.shown = visit
        if visit.upload:
            self.own = visit

    def set(self, visit: Visit) -> None:
        """What is wanted is this."""
        with self._lock:
            self._wanted = visit

    def get(self) -> Visit:
        """What is wanted now: the last wish, or what is shown."""
        return self._wanted or self.shown

    def change(self, **choices: object) -> Visit:
        """What is wanted now: the last wish (or what is shown) with `choices` changed and nothing selected."""
        with self._lock:
            self._wanted = replace(self.get().at_rest(), **choices)
            return self._wanted

    def close(self) -> None:
        self._wanted = None
