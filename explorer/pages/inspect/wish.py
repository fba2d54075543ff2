"""What a visitor wants to see by now, though it may not be shown yet: a quick second choice must not undo the first."""

from __future__ import annotations

from dataclasses import replace

from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import Visitor


class Wish:
    """A part of a page: the last wish, if there has been one."""

    def __init__(self, visitor: Visitor) -> None:
        self._lock, self._visit = visitor.lock, None  # type: object, Visit | None

    def set(self, visit: Visit) -> None:
        """What is wanted is this."""
        with self._lock:
            self._visit = visit

    def get(self, shown: Visit) -> Visit:
        """What is wanted now: the last wish, or what is shown."""
        return self._visit or shown

    def change(self, shown: Visit, **choices: object) -> Visit:
        """What is wanted now: the last wish (or what is shown) with `choices` changed and nothing selected."""
        with self._lock:
            self._visit = replace((self._visit or shown).at_rest(), **choices)
            return self._visit

    def close(self) -> None:
        self._visit = None
