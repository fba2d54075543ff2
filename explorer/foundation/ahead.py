"""Work done ahead of whoever takes its results, by threads of its own, in order."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item, Made = TypeVar("Item"), TypeVar("Made")


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
