"""Presence: who is here now, and what goes when somebody has left.

Every page holds a connection open (Gradio's heartbeat), which ends when the page is closed or the network drops.
GRACE_S later, time enough to go from page to page, whatever is the visitor's is let go: files, tokenizers, results. Who
has no such connection, such as a call by `curl`, or a page behind a proxy that cut it, has SILENT_S after each request.
Who leaves a page open and does nothing for IDLE_S counts as gone, too.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

GRACE_S, SILENT_S, IDLE_S = 25.0, 600.0, 3600.0
PARTING_S = 5.0  # requests that come so soon after the connection ended were sent before
EVERY_S = 5.0
LATEST_S = 60.0  # after which nothing is left of who closed the last page, or was cut off
UNTIL = "within a minute after you close your last page here, or after an hour without a click"
_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Something that holds things of visitors."""

    def owners(self) -> set[str]:
        """The visitors of whom it holds anything."""

    def let_go(self, owner: str) -> None:
        """Hold nothing of that visitor any longer."""


@dataclass
class Signs:
    """Of one visitor. requests, beats: open now, the latter by which nothing is done. last: when something was done.
    parted: when the last beat ended, if anything."""

    last: float
    requests: int = 0
    beats: int = 0
    parted: float | None = None


class Presence:
    """Who is here, by name: of visitors, and of sessions of Gradio (one a page). Safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._signs: dict[str, Signs] = {}
        self._keepers: list[Callable[[], Iterable[Keeper]]] = []
        self._after: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None

    def watch(self, keepers: Callable[[], Iterable[Keeper]], after: Callable[[], None] | None = None) -> None:
        """Let the keepers let go of visitors who have left; then `after` is called once."""
        self._keepers.append(keepers)
        if after is not None:
            self._after.append(after)

    def touch(self, *names: str) -> None:
        """They did something just now."""
        with self.connected(names):
            pass

    @contextmanager
    def connected(self, names: Iterable[str], beat: bool = False) -> Iterator[None]:
        """While it lasts a request of theirs is open. beat: it is only held open, and nobody does anything by it."""
        names = {name for name in names if name}
        kind = "beats" if beat else "requests"
        self._count(names, kind, 1)
        try:
            yield
        finally:
            self._count(names, kind, -1)

    def _count(self, names: set[str], kind: str, step: int) -> None:
        now = self._clock()
        with self._lock:
            for name in names:
                signs = self._signs.setdefault(name, Signs(now))
                setattr(signs, kind, getattr(signs, kind) + step)
                if kind == "requests":
                    signs.last = now
                elif step < 0 and not signs.beats:
                    signs.parted = now

    def quiet_s(self) -> float:
        """Seconds since the last request of anybody ended, beats apart; 0 while one is open, infinity without any."""
        now = self._clock()
        with self._lock:
            signs = list(self._signs.values())
            if any(one.requests for one in signs):
                return 0.0
            return now - max((one.last for one in signs), default=-math.inf)

    def is_here(self, name: str) -> bool:
        """Whether that visitor, or session, is still there."""
        with self._lock:
            return name in self._signs and self._here(self._signs[name])

    def _here(self, signs: Signs) -> bool:
        now, parted = self._clock(), signs.parted
        if signs.beats or signs.requests:
            return now - signs.last <= IDLE_S
        left = parted is not None and signs.last <= parted + PARTING_S
        return now - (parted if left else signs.last) <= (GRACE_S if left else SILENT_S)  # type: ignore[operator]

    def sweep(self) -> bool:
        """Let go of what belongs to nobody who is here; whether there was anything."""
        found = False
        for keeper in [keeper for keepers in self._keepers for keeper in keepers()]:
            for name in keeper.owners():
                if not self.is_here(name):
                    found = True
                    try:
                        keeper.let_go(name)
                    except Exception:  # one that breaks must not keep what the others hold
                        _log.exception("could not let go of what a visitor left")
        with self._lock:
            open_now = {name for name, signs in self._signs.items() if signs.beats or signs.requests}
            for name in [name for name, signs in self._signs.items() if not self._here(signs) and name not in open_now]:
                del self._signs[name]
        if found:
            for after in self._after:
                after()
        return found

    def start(self) -> None:
        """Sweep from now on, every EVERY_S."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._go_on, name="presence", daemon=True)
            self._thread.start()

    def _go_on(self) -> None:
        while True:
            time.sleep(EVERY_S)
            try:
                self.sweep()
            except Exception:
                _log.exception("could not look who is here")


presence = Presence()
