"""Blocks of work shared by threads that never wait for one another before the end.

Threads inside a library's product meet after each product, and where another program keeps a core busy all wait each
time for the one that has none. Here whoever is free takes the next block, and who never got a core is not waited for.
Where a block can be done twice (`run_beside`), neither is one that lost its core in the middle of it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) - 1), thread_name_prefix="codes")


if hasattr(os, "register_at_fork"):  # a child has none of the threads of its parent
    os.register_at_fork(after_in_child=_helpers.cache_clear)


def share(work: Callable[[Any], None], parts: Sequence[Any], threads: int) -> None:
    """work(part) for each, on this thread and up to `threads` - 1 others. Raises what the first that failed raised."""
    if threads <= 1 or len(parts) <= 1:
        for part in parts:
            work(part)
        return
    left = deque(parts)

    def take() -> None:
        while left:
            try:
                part = left.popleft()
            except IndexError:  # another was quicker
                return
            work(part)

    others = [_helpers().submit(take) for _ in range(min(threads, len(parts)) - 1)]
    try:
        take()
    finally:
        left.clear()  # where a part failed: the others need not go on
        others = [one for one in others if not one.cancel()]  # one that has not begun has nothing left to do
    for one in others:
        one.result()


def run_beside(work: Callable[[], None], count: int) -> list[Future[None]]:
    """Begin the same work on `count` other threads, which share out among themselves what there is to do."""
    return [_helpers().submit(work) for _ in range(count)]


def still_at_work(others: list[Future[None]]) -> bool:
    """Whether one of them has begun and not ended; those that have not begun never will. Raises what one raised."""
    left = [one for one in others if not one.cancel()]
    for one in left:
        if one.done():
            one.result()
    return not all(one.done() for one in left)
