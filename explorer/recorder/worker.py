"""Worker: one thread that does one thing at a time, and for which nobody has to wait long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable


class Worker:
    """failed: called with what an act raised."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed, self._idle = failed, threading.Event()
        self._idle.set()
        self._acts: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="explorer-recorder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (act := self._acts.get()) is not None:
            try:
                act()
            except Exception as error:
                self._failed(error)
            finally:
                self._idle.set()

    def submit(self, act: Callable[[], None], patience_s: float) -> bool:
        """Do it when what is being done is done; False, and nothing of it, if that takes longer than `patience_s`."""
        if not self._idle.wait(patience_s):
            return False
        self._idle.clear()
        self._acts.put(act)
        return True

    def wait(self, patience_s: float | None = None) -> bool:
        """Until all is done; False if that takes longer."""
        return self._idle.wait(patience_s)

    def end(self) -> None:
        """Nothing more will come."""
        self._acts.put(None)
