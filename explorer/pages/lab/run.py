"""The run of a page of the lab: a process of its own, which ends with the page."""

from __future__ import annotations

import atexit
from concurrent.futures import Future
from functools import cache
from threading import Thread

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.lab.settings import LabSettings
from explorer.pages.lab.link import LinkedRun, restore
from explorer.pages.lab.process import LabProcess, ProcessPool
from explorer.pages.shared.visitors import Visitor, visitors


class LabRun:
    """A part of a page. preset: the one that its link asks for."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self.preset = visitor, None  # type: Visitor, str | None
        self._linked: Future[str] | None = None

    def follow(self, wanted: LinkedRun) -> str:
        """Open the run of a link and bring it to where the link left it. -> what could not be had, in words.

        Raises ExplorerError as `open` does.
        """
        self.preset = wanted.preset
        run = self.open(wanted.settings)
        return " ".join(filter(None, (wanted.said, restore(wanted, run.ask))))

    def begin(self, wanted: LinkedRun) -> None:
        """Follow a link while its page is on its way."""
        linked: Future[str] = Future()
        self._linked, self.preset = linked, wanted.preset

        def carry_out() -> None:
            try:
                linked.set_result(self.follow(wanted))
            except BaseException as error:
                linked.set_exception(error)

        Thread(target=carry_out, name="lab run on its way", daemon=True).start()

    def begun(self) -> str:
        """What of the link could not be had, in words, as soon as its run is open; "" for nothing.

        Raises ExplorerError as `open` does, after which the page has no place, and where no link was followed.
        """
        if self._linked is None:
            raise ExplorerError("No run was begun on this page. Load it again.")
        try:
            return self._linked.result()
        except BaseException:
            visitors.leave(self._visitor.session)
            raise

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
