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
_left: contextvars.ContextVar[Callable[[], bool]] = contextvars.ContextVar("left", default=bool)


def owner() -> str:
    """The visitor for whom this work is done, by a name that cannot be guessed; EVERYBODY for no visitor."""
    return _owner.get()


def has_left() -> bool:
    """Whether the one who asked for this work closed the connection on which the answer was to go, so that nobody will
    have it; of work that was asked for otherwise, False."""
    return _left.get()()


@contextmanager
def acting_for(visitor: str, left: Callable[[], bool] | None = None) -> Iterator[None]:
    """While it lasts, work is done for that visitor. left: tells `has_left`; by default as before."""
    tokens = _owner.set(visitor), _left.set(left or _left.get())
    try:
        yield
    finally:
        _owner.reset(tokens[0])
        _left.reset(tokens[1])


def carried(work: Callable[[], None]) -> Callable[[], None]:
    """`work`, for a thread: done there for the visitor for whom it was begun here."""
    context = contextvars.copy_context()
    return lambda: context.run(work)
