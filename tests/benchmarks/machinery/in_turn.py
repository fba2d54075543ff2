"""Several ways to do one thing, timed in turn so that noise meets all; and a neighbour that keeps a core busy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SPIN = """
import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
while True:
    pass
"""


@contextmanager
def busy_core(busy: bool = True) -> Iterator[None]:
    """While inside, another process computes without a pause on the last core."""
    neighbour = subprocess.Popen([sys.executable, "-c", SPIN]) if busy else None
    try:
        time.sleep(0.5 if busy else 0)  # until it has started
        yield
    finally:
        if neighbour is not None:
            neighbour.kill()
            neighbour.wait()


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def seconds_of(methods: dict[str, Callable[[], object]], repeats: int) -> dict[str, tuple[float, float]]:
    """The least and the median of the seconds each took, by the clock on the wall. The first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(repeats + 1):
        for name, method in methods.items():
            started = time.perf_counter()
            method()
            taken[name].append(time.perf_counter() - started)
    return {name: (min(all_of[1:]), sorted(all_of[1:])[repeats // 2]) for name, all_of in taken.items()}
