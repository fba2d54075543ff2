"""VisitorJob: long work that a visitor starts in a page. One thread each, few at once, stopped, ended with the page."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import ClassVar

from explorer.foundation import stages
from explorer.foundation.errors import Cancelled, plain_words
from explorer.foundation.owners import acting_for
from explorer.pages.shared.visitors import Visitor

SILENT_S = 300  # a browser that has not asked for so long is gone, though nobody said so
WAIT_S = 0.2


class VisitorJob(ABC):
    """`state` is waiting, running, stopping, done, stopped or failed; `message` says why it ended.

    A subclass sets PLACES (how many run at once in this process) and writes `work`, which asks `cancelled` often and
    sets `state` when it is done.
    """

    PLACES: ClassVar[threading.BoundedSemaphore]

    def __init__(self, visitor: Visitor, name: str) -> None:
        self.state, self.message = "waiting", ""
        self.alive = True  # its files must not be deleted before it has ended; changes under the visitor's lock
        self._visitor, self._stop = visitor, threading.Event()
        self._asked = self._began = time.monotonic()
        self._thread = threading.Thread(target=self._turn, name=name, daemon=True)

    @abstractmethod
    def work(self) -> None:
        """What is to be done, in the job's own thread. Raises Cancelled when it was stopped before anything came."""

    def failed(self) -> None:
        """After an error; a subclass may tidy up."""
        return

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for its end, so long at most."""
        self._thread.join(seconds)

    def stop(self) -> None:
        """Ask it to end at the next place where it can; what is done so far stays valid."""
        self._stop.set()

    def cancelled(self) -> bool:
        """Whether it shall end: it was stopped, or the browser went away without a word."""
        return self._stop.is_set() or time.monotonic() - self._asked > SILENT_S

    def asked(self) -> str:
        """The browser asks, which keeps it alive: how it stands."""
        self._asked = time.monotonic()
        return "stopping" if self._stop.is_set() and self.state in ("waiting", "running") else self.state

    def _turn(self) -> None:
        try:
            while not self.PLACES.acquire(timeout=WAIT_S):
                if self.cancelled():
                    raise Cancelled("Stopped before it began.")
            try:
                self.state = "running"
                with acting_for(self._visitor.owner), stages.listening(stopped=self.cancelled):
                    self.work()
            finally:
                self.PLACES.release()
        except Cancelled as error:
            self.state, self.message = "stopped", str(error)
        except Exception as error:
            self.state, self.message = "failed", plain_words(error)
            self.failed()
        finally:
            with self._visitor.lock:
                self.alive = False
                if self._visitor.gone:
                    self._visitor.delete()
