"""Memory that was let go is given back to the system: the C library keeps freed blocks, an arena of them a thread.

What the server itself consists of is never let go, so it is not searched for garbage either.
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_ARENA_MAX = -8  # of glibc's malloc.h
ARENAS = 2


def few_arenas() -> None:
    """Let all threads share few arenas, before there are many threads; elsewhere than on glibc nothing happens.

    By default each thread may have one of its own, up to eight a core, and what a thread of one visitor freed in its
    arena is hardly used by the next.
    """
    _glibc("mallopt", M_ARENA_MAX, ARENAS)


def begin() -> None:
    """Search for no garbage while modules are loaded and pages are built: a fifth of the start, for nothing."""
    gc.disable()


def begun() -> None:
    """Search again, but never among what is there by now: half a second each time that a visitor left."""
    gc.collect()
    gc.freeze()
    gc.enable()


def give_back() -> None:
    """Give what was freed back to the system."""
    gc.collect()
    _glibc("malloc_trim", 0)


def _glibc(name: str, *arguments: int) -> None:
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), name, None)  # None: another C library, such as musl
        if function is not None:
            function(*arguments)
