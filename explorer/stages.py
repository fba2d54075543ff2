"""What a thread is busy with, told to whoever listens: the words of a progress line. No torch here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_thread = threading.local()


@contextmanager
def listening(tell: Callable[[str], None]) -> Iterator[None]:
    """While it lasts, `tell(words)` hears of each stage that this thread begins."""
    before = getattr(_thread, "tell", None)
    _thread.tell = tell
    try:
        yield
    finally:
        _thread.tell = before


def begin(words: str) -> None:
    """A stage begins, such as "encoding"; nothing happens if nobody listens."""
    tell = getattr(_thread, "tell", None)
    if tell is not None:
        tell(words)
