"""Turns: who asked last. A newer request for the same thing makes the older one stale, and ends its child process."""

from __future__ import annotations

import subprocess
import threading

MAPS = "maps"  # the thing whose turns end the layout of maps


class Turns:
    """Of one page, or of one piece of work. Things are few names. Safe between threads."""

    def __init__(self, page: object = None) -> None:
        """page: whose part it is, see `visitors`; nothing is asked of it."""
        self._lock, self._count, self._closed = threading.Lock(), 0, False
        self._turns: dict[str, int] = {}
        self._workers: dict[str, subprocess.Popen] = {}

    def begin(self, thing: str) -> int:
        """A new turn; a worker of the turn before is ended."""
        with self._lock:
            self._count += 1
            self._turns[thing] = self._count
            self._end_worker(thing)
            return self._count

    def holds(self, thing: str, turn: int) -> bool:
        """Whether that turn is still the newest, and the page there."""
        with self._lock:
            return not self._closed and self._turns.get(thing) == turn

    def attach(self, thing: str, turn: int, worker: subprocess.Popen) -> None:
        """Let the next turn end `worker`; ended at once if there has been one already."""
        with self._lock:
            if not self._closed and self._turns.get(thing) == turn:
                self._workers[thing] = worker
            else:
                worker.kill()

    def close(self) -> None:
        """No turn holds any longer, and nothing goes on."""
        with self._lock:
            self._closed = True
            for thing in list(self._workers):
                self._end_worker(thing)

    def _end_worker(self, thing: str) -> None:
        if thing in self._workers:
            self._workers.pop(thing).kill()
