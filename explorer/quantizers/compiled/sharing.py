"""Blocks of work shared by threads that never wait for one another before the end.

Threads inside a library's product meet after each product, and where another program keeps a core busy all wait each
time for the one that has none. Here whoever is free takes the next block, and who never got a core is not waited for.
Where a block can be done twice (`run_beside`), neither is one that lost its core in the middle of it.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Any

_cores_of: dict[int, frozenset[int]] = {}  # on which each helper may run, by its number in the system
_asked: list[frozenset[int]] = []  # on which they are to run, the last entry; one that begins later, too


@lru_cache(maxsize=1)
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 2) - 1), "codes", _begin)


def _begin() -> None:
    """What a helper does first."""
    thread = threading.get_native_id()
    _cores_of[thread] = frozenset()
    if _asked:
        _move(thread, _asked[-1])


def _forget() -> None:
    _helpers.cache_clear()
    _cores_of.clear()


if hasattr(os, "register_at_fork"):  # a child has none of the threads of its parent
    os.register_at_fork(after_in_child=_forget)


@lru_cache(maxsize=1)
def _asker() -> Callable[[], int] | None:
    """What tells the core that asks; None where the system does not let threads be kept off one."""
    try:
        return ctypes.CDLL(None).sched_getcpu if hasattr(os, "sched_setaffinity") else None
    except (OSError, TypeError, AttributeError):
        return None


def _keep_off_this_core() -> None:
    """Let the helpers run on any core but the one that runs this: where a neighbour keeps the other busy, the system
    leaves two threads on one core for longer than the work takes."""
    ask = _asker()
    if ask is None:
        return
    allowed = frozenset(os.sched_getaffinity(0))
    cores = allowed - {ask()} or allowed
    _asked[:] = [cores]
    for thread, before in list(_cores_of.items()):
        if before != cores:
            _move(thread, cores)


def _move(thread: int, cores: frozenset[int]) -> None:
    with suppress(OSError):  # it has ended, or may not: it runs where it is
        os.sched_setaffinity(thread, cores)
        _cores_of[thread] = cores


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

    others = run_beside(take, min(threads, len(parts)) - 1)
    try:
        take()
    finally:
        left.clear()  # where a part failed: the others need not go on
        others = [one for one in others if not one.cancel()]  # one that has not begun has nothing left to do
    for one in others:
        one.result()


def run_beside(work: Callable[[], None], count: int) -> list[Future[None]]:
    """Begin the same work on `count` other threads, none of them on this one's core, which share out among themselves
    what there is to do."""
    _keep_off_this_core()
    return [_helpers().submit(work) for _ in range(count)]


def still_at_work(others: list[Future[None]]) -> bool:
    """Whether one of them has begun and not ended; those that have not begun never will. Raises what one raised."""
    left = [one for one in others if not one.cancel()]
    for one in left:
        if one.done():
            one.result()
    return not all(one.done() for one in left)
