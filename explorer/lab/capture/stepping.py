"""When a step is taken kernel by kernel, when it is captured as a graph, and when a graph of it is run again.

A graph repeats kernels on the memory that they had, and runs no Python: what Python decided is frozen in it, and what
Python notes is not noted. So there is a graph for each phase and each state of Python (see `phases`), it is captured
after WARM steps that left Python as they found it, and Python's count of steps is moved by hand. A change of settings
throws all graphs away. Whatever goes wrong with a capture, the run goes on kernel by kernel and says why.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

WARM = 3  # steps of a phase before it is captured: libraries choose their kernels, optimizers make their state
KEPT = 6  # graphs, each with the memory of a step
SEEN = 64  # phases whose steps are counted
_log = logging.getLogger(__name__)


class CaptureError(Exception):
    """A step could not be captured; none of its kernels ran. The text says why, in words."""


class Graph(Protocol):
    """A captured step."""

    def replay(self) -> None:
        """Run its kernels."""


class Capturer(Protocol):
    """Who can capture steps on a device."""

    name: str

    def warm(self, compute: Callable[[], Any]) -> Any:
        """Run a step that is going to be captured."""

    def capture(self, compute: Callable[[], Any]) -> tuple[Graph, Any]:
        """Record a step without running its kernels, and what it returns, whose tensors each replay fills anew.

        Raises CaptureError, and then the device and its generators are as they were.
        """


class Stepping:
    """Takes the steps of one run. Not safe between threads.

    capturer: None where steps are always taken kernel by kernel; reason: why, in words.
    """

    def __init__(self, capturer: Capturer | None, reason: str = "") -> None:
        self.capturer, self.reason = capturer, reason
        self.captures, self.replays = 0, 0
        self._graphs: OrderedDict[Hashable, tuple[Graph, Any]] = OrderedDict()
        self._warmed: OrderedDict[Hashable, int] = OrderedDict()

    @property
    def words(self) -> str:
        """How steps are taken."""
        if self.capturer is None:
            return f"kernel by kernel: {self.reason}"
        return f"as {self.capturer.name}" if self._graphs else f"kernel by kernel, {self.capturer.name} to come"

    def forget(self) -> None:
        """Throw all graphs away, as after a change of settings; phases are captured anew."""
        self._graphs.clear()
        self._warmed.clear()

    def take(
        self,
        phase: Hashable,
        state: Callable[[], Hashable],
        compute: Callable[[], Any],
        pass_step: Callable[[], None],
        counters: Sequence[Any],
    ) -> Any:
        """One step, and what `compute` returns; of a graph that is memory which the next step fills anew.

        phase: what this step takes from its number, None where it is not to be captured. state(): what Python holds
        now. pass_step() lets Python count a step that a graph took. counters: what has Python's count of steps as its
        `step`. Raises what `compute` raises.
        """
        if self.capturer is None:
            return compute()
        if phase is None:
            return self.capturer.warm(compute)
        before = state()
        key = (phase, before)
        if key in self._graphs:
            return self._replay(key, pass_step)
        warmed = self._warmed.get(key, 0)
        if warmed >= WARM:
            return self._capture(key, compute, counters)
        outcome = self.capturer.warm(compute)
        self._warmed[key] = warmed + 1 if state() == before else 0
        self._warmed.move_to_end(key)
        while len(self._warmed) > SEEN:
            self._warmed.popitem(last=False)
        return outcome

    def _replay(self, key: Hashable, pass_step: Callable[[], None]) -> Any:
        graph, outcome = self._graphs[key]
        self._graphs.move_to_end(key)
        graph.replay()
        pass_step()
        self.replays += 1
        return outcome

    def _capture(self, key: Hashable, compute: Callable[[], Any], counters: Sequence[Any]) -> Any:
        before = [counter.step for counter in counters]
        while len(self._graphs) >= KEPT:
            self._graphs.popitem(last=False)
        try:
            graph, outcome = self.capturer.capture(compute)
        except CaptureError as error:
            for counter, step in zip(counters, before, strict=True):
                counter.step = step  # it ran in Python alone
            _log.warning("lab: a step could not be captured: %s", error)
            self.capturer, self.reason = None, f"a step could not be captured ({error})"
            self.forget()
            return compute()
        self._graphs[key] = (graph, outcome)
        self.captures += 1
        graph.replay()
        return outcome
