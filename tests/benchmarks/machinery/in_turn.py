"""Several ways to do one thing, timed in turn so that noise meets all; and a neighbour that keeps a core busy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles

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


def rounds_of(methods: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """The seconds that each took in each round, by the clock on the wall. The first round is not counted, and every
    other is taken in the opposite order, since what runs after a thing may be slower for it."""
    taken: dict[str, list[float]] = {name: [] for name in methods}
    for turn in range(repeats + 1):
        for name in list(methods)[:: 1 if turn % 2 else -1]:
            started = time.perf_counter()
            methods[name]()
            taken[name].append(time.perf_counter() - started)
    return {name: all_of[1:] for name, all_of in taken.items()}


def seconds_of(methods: dict[str, Callable[[], object]], repeats: int) -> dict[str, tuple[float, float]]:
    """The least and the median of the seconds each took."""
    return {name: (min(rounds), median(rounds)) for name, rounds in rounds_of(methods, repeats).items()}


def ratio_words(ours: list[float], theirs: list[float]) -> str:
    """The median of the ratios of rounds side by side, its quartiles, and how many are above 1."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f} to {high:.2f}; above 1 in {sum(one > 1 for one in ratios)} of {len(ratios)})"
