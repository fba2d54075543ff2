"""ProgressFile: what a library prints while it works is read for how far it is, and lets a wish to stop in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from explorer.foundation.errors import Cancelled


@dataclass(frozen=True)
class ProgressFile:
    """A file that only listens. pattern: finds the number of what is done and, as a second group, of all there is to do
    (else `total`). progress gets the share, 0..1; `cancelled` is asked at every print and raises Cancelled out of it.
    """

    pattern: str
    progress: Callable[[float], None] | None
    cancelled: Callable[[], bool] | None
    total: int = 0

    def write(self, text: str) -> int:
        self.check()
        found = re.search(self.pattern, text)
        if found:
            done, total = [*map(int, found.groups()), self.total][:2]
            self.report(min(1.0, done / total))
        return len(text)

    def flush(self) -> None:
        """Part of what a file offers; nothing is held back here."""

    def check(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("The map was stopped before it was finished.")

    def report(self, share: float) -> None:
        if self.progress is not None:
            self.progress(share)
