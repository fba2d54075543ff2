"""Whose work is being done: what a visitor brings is that visitor's alone, wherever the work for it goes on.

Pages say for whom they act (`acting_for`); what is asked for then is looked up among that visitor's own things and
those of everybody. A thread begins for nobody in particular, so work that goes on in one is `carried` there. Where that
is forgotten a visitor's own things are not found; they are never found for another.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERYBODY = ""  # owns what ships, what the person who started the server brings, and what comes from the Hub
_owner: contextvars.ContextVar[str] = contextvars.ContextVar("owner", default=EVERYBODY)


def owner() -> str:
    """The visitor for whom this work is done, by a name that cannot be guessed; EVERYBODY for no visitor."""
    return _owner.get()


@contextmanager
def acting_for(visitor: str) -> Iterator[None]:
    """While it lasts, work is done for that visitor."""
    token = _owner.set(visitor)
    try:
        yield
    finally:
        _owner.reset(token)


def carried(work: Callable[[], None]) -> Callable[[], None]:
    """`work`, for a thread: done there for the visitor for whom it was begun here."""
    context = contextvars.copy_context()
    return lambda: context.run(work)
