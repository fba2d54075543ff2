"""Ctrl-C or SIGTERM as a wish to stop: what is at hand is finished, and what there is gets written.

SIGTERM is what a scheduler, a container or `timeout` sends. A rank of torchrun ends by it at once, as always: it is
sent where another rank has died, for whom this one would wait in vain.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_on_ctrl_c() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one interrupts, or ends, as usual."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(number: int, frame: object) -> None:
        stopped.set()
        give_back()
        print("\nstopping; what is done will be written. Ctrl-C again ends at once.", file=sys.stderr, flush=True)

    def give_back() -> None:
        for one, handler in before.items():
            signal.signal(one, handler)

    heard = (signal.SIGINT,) if "RANK" in os.environ else (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.signal(one, stop) for one in heard}
    try:
        yield stopped
    finally:
        give_back()
