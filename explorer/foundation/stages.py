"""What a thread is busy with, told to whoever listens: the words of a progress line. No torch here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from explorer.foundation.errors import Cancelled

_thread = threading.local()


@contextmanager
def listening(tell: Callable[[str], None] | None = None, stopped: Callable[[], bool] | None = None) -> Iterator[None]:
    """While it lasts, `tell(words)` hears of each stage that this thread begins; `stopped()` says whether the thread
    need not wait for others any longer."""
    before = getattr(_thread, "tell", None), getattr(_thread, "stopped", None)
    _thread.tell, _thread.stopped = tell or before[0], stopped or before[1]
    try:
        yield
    finally:
        _thread.tell, _thread.stopped = before


def begin(words: str) -> None:
    """A stage begins, such as "encoding"; nothing happens if nobody listens."""
    tell = getattr(_thread, "tell", None)
    if tell is not None:
        tell(words)


def wait(words: str) -> None:
    """This thread waits for what another does, and says so again and again. Raises Cancelled when it need not wait."""
    begin(words)
    stopped = getattr(_thread, "stopped", None)
    if stopped is not None and stopped():
        raise Cancelled("Stopped waiting.")
