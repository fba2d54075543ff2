"""LabProcess: one visitor's run in a process of its own, so that no run slows, breaks or outlives another.

The server holds one end of a line, the run the other: requests go in, JSON comes out, between two steps of the run.
The process ends when the server hangs up, when nobody has touched the page for minutes, or when its run breaks.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from explorer.foundation.errors import ExplorerError, FieldError, SettingsError, plain_words
from explorer.lab.settings import LabSettings

SCARCE = 3.0
MOST_REST_S = 0.03
BROKE = "The run ended by an error of the app, or for want of memory. Start it again."
# The third is what every optimizer of torch imports when it is made, which takes more than a second.
PRELOADED = ["explorer.lab.runner", "explorer.pages.lab.desk", "torch._dynamo"]
_LAST = b"\0"  # begins the last word of a process: why its run ended
_log = logging.getLogger(__name__)


class LabProcess:
    """The server's end. Safe between threads: one request is answered at a time."""

    def __init__(
        self, settings: LabSettings, device: str, preset: str | None = None, idle_s: float | None = None
    ) -> None:
        """Starts the run, playing. Raises SettingsError (FieldError) for settings that cannot be."""
        self.ended: str | None = None
        self._lock = threading.Lock()
        self._line, theirs = process_context().Pipe()
        self._process = process_context().Process(
            target=serve, args=(theirs, settings, device, preset, idle_s), name="lab", daemon=True
        )
        self._process.start()
        theirs.close()
        refused = json.loads(self._next())
        if refused:
            self.end(refused["message"])
            raise FieldError(refused["field"], refused["message"]) if refused["field"] else SettingsError(self.ended)

    def ask(self, kind: str, request: dict[str, Any]) -> str:
        """The answer of the run to "pull" or "do". Raises ExplorerError if it has ended."""
        with self._lock:
            if self.ended:
                raise ExplorerError(self.ended)
            with suppress(OSError):  # it has ended; its last word may still be on the line
                self._line.send_bytes(json.dumps([kind, request]).encode())
            return self._next()

    def _next(self) -> str:
        """The next answer."""
        try:
            answer = self._line.recv_bytes()
        except (EOFError, OSError):
            answer = _LAST + (self.ended or BROKE).encode()
        if answer.startswith(_LAST):
            self.ended = self.ended or answer[len(_LAST) :].decode()
            raise ExplorerError(self.ended)
        return answer.decode()

    @property
    def alive(self) -> bool:
        return self.ended is None and self._process.is_alive()

    def end(self, why: str) -> None:
        """End the run at once; nothing of it is kept."""
        self.ended = self.ended or why
        self._process.terminate()

    def join(self, seconds: float) -> None:
        """Wait until a process that was ended is gone."""
        self._process.join(seconds)


def serve(line: Connection, settings: LabSettings, device: str, preset: str | None, idle_s: float | None) -> None:
    """The run's end: answer what is on the line, then take the next step."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then hangs up
    from explorer.foundation.device import use_one_thread  # torch, as all of a run: the server itself goes without

    use_one_thread()  # small products gain nothing from more, and visitors share the cores
    with suppress(EOFError, OSError):  # the server hung up
        desk = _open(line, settings, device, preset, idle_s)
        rest, manners = 0.0, Manners(desk.runner) if desk else None
        while desk and not desk.runner.ended:
            if line.poll(rest):
                kind, request = json.loads(line.recv_bytes())
                line.send_bytes((desk.pull if kind == "pull" else desk.do)(request).encode())
                rest = 0.0
            else:
                rest = manners.turn()
        if desk:
            line.send_bytes(_LAST + desk.runner.ended.encode())


class Manners:
    """Turns of a run that leaves the cores to others where there are too few: frames come before steps.

    A run that gets less than one part in SCARCE of a core rests after each step as long as the step was kept waiting.
    """

    def __init__(self, runner: Any) -> None:
        self.runner = runner
        self._wall, self._cpu = 0.0, 0.0  # seconds of the latest turns, older ones fading

    def turn(self) -> float:
        """As LabRunner.turn: the seconds to rest."""
        wall, cpu = time.perf_counter(), time.process_time()
        rest = self.runner.turn()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self._wall, self._cpu = 0.9 * self._wall + wall, 0.9 * self._cpu + cpu
        scarce = self.runner.device.type == "cpu" and self._wall > SCARCE * self._cpu
        return max(rest, min(wall - cpu, MOST_REST_S)) if scarce else rest


def _open(line: Connection, settings: LabSettings, device: str, preset: str | None, idle_s: float | None) -> Any:
    """The desk of a run that plays; None, and the reason on the line, if there can be none."""
    from explorer.lab.runner import LabRunner  # torch
    from explorer.pages.lab.desk import LabDesk

    try:
        runner = LabRunner(settings, device) if idle_s is None else LabRunner(settings, device, idle_s)
        runner.play()
    except Exception as error:
        field = error.field if isinstance(error, FieldError) else None
        line.send_bytes(json.dumps({"field": field, "message": plain_words(error)}).encode())
        return None
    line.send_bytes(b"null")
    return LabDesk(runner, preset)


@cache
def process_context() -> Any:
    """How processes are started: from one that has loaded torch already and does nothing else, where there are such."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


class ProcessPool:
    """The runs of all visitors, by a token that cannot be guessed; at most `size` of them."""

    def __init__(self, size: int, make: Callable[..., LabProcess] = LabProcess) -> None:
        self.size, self._make = size, make
        self._lock = threading.Lock()
        self._runs: dict[str, LabProcess | None] = {}  # None: being started

    def open(self, token: str, settings: LabSettings, device: str, preset: str | None = None) -> LabProcess:
        """A run for that token, in place of an earlier one.

        Raises ExplorerError if all places are taken, SettingsError for settings that cannot be.
        """
        with self._lock:
            self._runs = {key: run for key, run in self._runs.items() if run is None or run.alive}
            if token not in self._runs and len(self._runs) >= self.size:
                raise ExplorerError(
                    f"All {self.size} places of the lab are taken. One is free again when a visitor leaves, or after "
                    "ten minutes without a touch; try again then."
                )
            before, self._runs[token] = self._runs.get(token), None
        if before:
            before.end("Another run was started.")
        try:
            run = self._make(settings, device, preset)
        except BaseException:
            with self._lock:
                self._runs.pop(token, None)
            raise
        with self._lock:
            left = token not in self._runs  # the visitor, while the run was being started
            if not left:
                self._runs[token] = run
        if left:
            run.end("The page was closed.")
        return run

    def get(self, token: str) -> LabProcess | None:
        """The run of that token, None if there is none or it was closed."""
        with self._lock:
            return self._runs.get(token)

    def close(self, token: str, why: str = "The page was closed.") -> None:
        """End the run of a visitor who left."""
        with self._lock:
            run = self._runs.pop(token, None)
        if run:
            run.end(why)

    def close_all(self) -> None:
        """End all runs, and wait until their processes have: this one is about to end."""
        with self._lock:
            runs, self._runs = [run for run in self._runs.values() if run], {}
        for run in runs:
            run.end("The server was stopped.")
        for run in runs:
            run.join(1.0)

    def __len__(self) -> int:
        with self._lock:
            return sum(run is None or run.alive for run in self._runs.values())
