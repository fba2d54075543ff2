"""LabRunner: one visitor's run in a thread of its own, at full speed or slower, with commands that act between steps.

Everything that touches the trainers happens under one lock, which the thread gives up between steps to whoever waits.
The run rests while nobody looks and ends after some minutes without a sign of its visitor.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch

from explorer.device import device_label, pick_device
from explorer.errors import ExplorerError, SettingsError
from explorer.frame import Frame
from explorer.lab.controls import CONTROLS
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide
from explorer.lab.trainer import Diverged

IDLE_S = 600.0  # without a sign of the visitor, the run ends
UNWATCHED_S = 3.0  # without a look, a playing run rests
RATE_S = 0.5  # over which steps a second are counted
RESTARTING = frozenset(control.name for control in CONTROLS if control.restarts) | {"points"}
_log = logging.getLogger(__name__)


class LabRunner:
    """One run (or two in lock step) of one visitor. All public methods may be called from any thread."""

    def __init__(self, settings: LabSettings, device: str = "auto", idle_s: float = IDLE_S) -> None:
        self.device = pick_device(device)
        self.idle_s, self.limit = idle_s, None  # type: float, float | None
        self.playing, self.serial, self.step = False, 0, 0  # step: of all sides, once they have taken it
        self.ended: str | None = None
        self.stopped: Diverged | None = None
        self.steps_per_second = 0.0
        self._lock, self._waiting, self._wake = threading.Lock(), 0, threading.Event()
        self._steps_left = 0
        self._looked = self._touched = time.monotonic()
        self._rate_from = (time.monotonic(), 0)
        self.sides: list[LabSide] = []
        self._begin([settings])
        self._thread = threading.Thread(target=self._run, name="lab", daemon=True)
        self._thread.start()

    # what others may ask for

    @contextmanager
    def held(self) -> Iterator[LabRunner]:
        """The runner between two steps. Raises ExplorerError if it has ended."""
        self._waiting += 1
        try:
            with self._lock:
                self._waiting -= 1
                if self.ended:
                    raise ExplorerError(self.ended)
                yield self
        finally:
            self._wake.set()

    def look(self, idle_s: float = 0.0) -> None:
        """Somebody looks at the run, and last touched the page `idle_s` seconds ago."""
        now = time.monotonic()
        self._looked, self._touched = now, max(self._touched, now - max(0.0, idle_s))
        self._wake.set()

    def play(self) -> None:
        with self.held():
            self._refuse_if_stopped()
            self.playing, self._steps_left = True, 0
            self._rate_from = (time.monotonic(), self.step)

    def pause(self) -> None:
        with self.held():
            self.playing, self._steps_left = False, 0

    def advance(self, count: int) -> None:
        """Take `count` steps and stand still. Raises SettingsError unless 1 <= count <= 10,000."""
        if not 1 <= count <= 10_000:
            raise SettingsError(f"Steps are taken 1 to 10,000 at a time, got {count}.")
        with self.held():
            self._refuse_if_stopped()
            self.playing, self._steps_left = False, count

    def set_speed(self, steps_per_second: float | None) -> None:
        """At most so many steps a second; None for as many as there can be. Raises SettingsError."""
        if steps_per_second is not None and not 0.1 <= steps_per_second <= 1e6:
            raise SettingsError(f"The speed must be from 0.1 to 1,000,000 steps a second, got {steps_per_second}.")
        with self.held():
            self.limit = steps_per_second

    def reset(self) -> None:
        """The same settings and seed again, from step 0."""
        with self.held():
            self._begin([side.settings for side in self.sides])

    def start(self, *settings: LabSettings) -> None:
        """A new run with these settings, one or two sides. Raises SettingsError; then the old run goes on."""
        with self.held():
            self._begin(list(settings))

    def change(self, changes: Mapping[str, object], side: int = 0) -> bool:
        """Change settings of one side; True if the run began anew. Raises SettingsError; then nothing changed."""
        with self.held():
            if not 0 <= side < len(self.sides):
                raise SettingsError(f"There is no side {side}.")
            before = self.sides[side].settings
            after = before.changed(changes)
            if any(getattr(before, name) != getattr(after, name) for name in RESTARTING):
                self._begin([after if i == side else other.settings for i, other in enumerate(self.sides)])
                return True
            self.sides[side].trainer.apply(after)
            return False

    def watch_gradients(self, on: bool) -> None:
        with self.held():
            for side in self.sides:
                side.gradients = on

    def end(self, why: str) -> None:
        """End the run: its thread stops and its memory is given back."""
        with self._lock:
            self._end(why)

    def join(self, seconds: float) -> None:
        """Wait for the thread of a run that was ended."""
        self._thread.join(seconds)

    @property
    def device_label(self) -> str:
        return device_label(self.device) if self.device.type != "cpu" else "CPU, 1 thread"

    def good_frame(self, side: int) -> Frame | None:
        """The last frame kept before the run diverged."""
        return self.sides[side].timeline.before(self.stopped.step) if self.stopped else None

    # the thread

    def _begin(self, settings: list[LabSettings]) -> None:
        """New sides; the old ones stay if they cannot be made."""
        gradients = any(side.gradients for side in self.sides)
        sides = [LabSide(one, self.device) for one in settings]
        for side in sides:
            side.gradients = gradients
        self.sides, self.stopped, self.serial, self.step = sides, None, self.serial + 1, 0
        self._steps_left, self.steps_per_second = 0, 0.0
        self._rate_from = (time.monotonic(), 0)

    def _refuse_if_stopped(self) -> None:
        if self.stopped:
            raise SettingsError(f"{self.stopped} Change a setting or reset the run first.")

    def _run(self) -> None:
        torch.set_num_threads(1)  # of this thread: small products gain nothing from more, and visitors share the cores
        due = time.monotonic()
        while not self.ended:
            if self._waiting:
                time.sleep(0.0002)  # a lock is not fair by itself: whoever waits goes first
                continue
            if not self._wants_step():
                self._wake.wait(0.25)
                self._wake.clear()
                self._check_idle()
                due = time.monotonic()
                continue
            if self.limit and not self._steps_left:
                if (rest := due - time.monotonic()) > 0:
                    time.sleep(min(rest, 0.05))
                    continue
                due = max(due + 1 / self.limit, time.monotonic() - 0.25)
            with self._lock:
                if not self.ended and self._wants_step():
                    self._guarded_step()

    def _wants_step(self) -> bool:
        watched = time.monotonic() - self._looked < UNWATCHED_S
        return not self.stopped and (self._steps_left > 0 or (self.playing and watched))

    def _guarded_step(self) -> None:
        """One step of all sides; what goes wrong ends or stops this run and nothing else."""
        try:
            for side in self.sides:
                side.step()
            self.step += 1
        except Diverged as diverged:
            self.stopped, self.playing, self._steps_left = diverged, False, 0
        except torch.cuda.OutOfMemoryError:
            _log.exception("lab")
            self._end("The GPU has too little memory left for this run, so it ended. Choose smaller settings.")
        except ExplorerError as error:
            self._end(f"The run ended: {error}")
        except Exception:
            _log.exception("lab")
            self._end("The run ended by an error of the app; its log says more. Start it again.")
        self._steps_left = max(0, self._steps_left - 1)
        self._count_rate()

    def _count_rate(self) -> None:
        since, step = self._rate_from
        passed = time.monotonic() - since
        if passed >= RATE_S:
            self.steps_per_second = (self.step - step) / passed
            self._rate_from = (time.monotonic(), self.step)

    def _check_idle(self) -> None:
        if time.monotonic() - min(self._looked, self._touched) > self.idle_s:
            minutes = self.idle_s / 60
            self.end(f"The run ended after {minutes:.3g} minutes without a touch. Start it again to go on.")

    def _end(self, why: str) -> None:
        self.ended, self.playing, self.sides = why, False, []
        self._wake.set()


class RunnerPool:
    """The runners of all visitors, by a token that cannot be guessed; at most `size` of them."""

    def __init__(self, size: int, make: Callable[..., LabRunner] = LabRunner) -> None:
        self.size, self._make = size, make
        self._lock = threading.Lock()
        self._runners: dict[str, LabRunner] = {}

    def open(self, token: str, settings: LabSettings, device: str) -> LabRunner:
        """A runner for that token. Raises ExplorerError if all places are taken, SettingsError for bad settings."""
        with self._lock:
            self._runners = {key: runner for key, runner in self._runners.items() if not runner.ended}
            if token not in self._runners and len(self._runners) >= self.size:
                raise ExplorerError(
                    f"All {self.size} places of the lab are taken. One is free again when a visitor leaves, or after "
                    "ten minutes without a touch; try again then."
                )
        runner = self._make(settings, device)
        with self._lock:
            self._runners[token] = runner
        return runner

    def get(self, token: str) -> LabRunner | None:
        """The runner of that token, None if there is none or it was closed."""
        with self._lock:
            return self._runners.get(token)

    def close(self, token: str, why: str = "The page was closed.") -> None:
        """End the runner of a visitor who left."""
        with self._lock:
            runner = self._runners.pop(token, None)
        if runner:
            runner.end(why)

    def close_all(self) -> None:
        """End all runs, and wait until their threads have: the process is about to end."""
        with self._lock:
            runners, self._runners = list(self._runners.values()), {}
        for runner in runners:
            runner.end("The server was stopped.")
            runner.join(1.0)

    def __len__(self) -> int:
        with self._lock:
            return sum(not runner.ended for runner in self._runners.values())
