"""The run of a page of the lab: a process of its own, which ends with the page."""

from __future__ import annotations

import atexit
from functools import cache

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.lab.settings import LabSettings
from explorer.pages.lab.process import LabProcess, ProcessPool
from explorer.pages.shared.visitors import Visitor


class LabRun:
    """A part of a page. preset: the one that its link asks for."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self.preset = visitor, None  # type: Visitor, str | None

    def open(self, chosen: LabSettings) -> LabProcess:
        """A run that plays, in the place of an earlier one. Raises ExplorerError if there is no place for it, or it
        cannot be made."""
        run = pool().open(self._visitor.token, chosen, settings().device, self.preset)
        if self._visitor.gone:  # while it was being started
            self.close()
            raise ExplorerError("This page was closed.")
        return run

    @property
    def process(self) -> LabProcess | None:
        """The run, if there is one."""
        return pool().get(self._visitor.token)

    def close(self) -> None:
        pool().close(self._visitor.token)


@cache
def pool() -> ProcessPool:
    """The one pool of this process."""
    runs = ProcessPool(settings().limits.lab_visitors)
    atexit.register(runs.close_all)
    return runs
