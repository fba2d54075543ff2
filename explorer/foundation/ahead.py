"""Work done ahead of whoever takes its results, by threads of its own, in order."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item, Made = TypeVar("Item"), TypeVar("Made")
ON_CPU, ON_GPU = 2, 8  # threads that read: what they decode is large, and on a CPU the cores belong to the network


def reading_threads(device: str) -> int:
    """How many threads should read media for a network on a device."""
    return min(ON_CPU if device == "cpu" else ON_GPU, os.cpu_count() or 1)


@contextmanager
def made_ahead(
    make: Callable[[Item], Made], items: Iterable[Item], threads: int, ahead: int
) -> Iterator[Iterator[tuple[Item, Made]]]:
    """Yield an iterator of (item, make(item)), in the order of the items, of which `ahead` are begun beforehand."""

    def each() -> Iterator[tuple[Item, Made]]:
        waiting: deque[tuple[Item, Future[Made]]] = deque()
        left = iter(items)
        while True:
            waiting.extend((one, pool.submit(make, one)) for one in itertools.islice(left, ahead - len(waiting)))
            if not waiting:
                return
            item, future = waiting.popleft()
            yield item, future.result()

    pool = ThreadPoolExecutor(threads, thread_name_prefix="ahead")
    try:
        yield each()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
