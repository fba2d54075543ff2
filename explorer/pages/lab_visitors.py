"""Who is in the lab: the runners of all visitors, and what each browser was last sent. Torch is loaded on first use."""

from __future__ import annotations

import atexit
import secrets
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from explorer.config import settings
from explorer.frame import Frame
from explorer.lab.settings import LabSettings
from explorer.registry import load_dotted

VISITORS_KEPT = 200


@dataclass
class Visitor:
    """One open page. sent: the frame that each side of its browser shows; told: the settings that it knows."""

    token: str
    session: str
    preset: str | None = None
    mended: bool = False
    sent: dict[int, Frame] = field(default_factory=dict)
    told: list[dict[str, Any]] | None = None
    diagnosed: dict[int, tuple[float, int, list]] = field(default_factory=dict)  # side -> (when, step, findings)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Visitors:
    """Visitors by token. Bounded: the longest silent one is forgotten, and its run ended."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._visitors: OrderedDict[str, Visitor] = OrderedDict()

    def enter(self, session: str) -> Visitor:
        """A new visitor, with a token that cannot be guessed."""
        visitor = Visitor(secrets.token_urlsafe(18), session)
        with self._lock:
            self._visitors[visitor.token] = visitor
            forgotten = [self._visitors.popitem(last=False)[0] for _ in range(len(self._visitors) - self._size)]
        for token in forgotten:
            pool().close(token)
        return visitor

    def get(self, token: object) -> Visitor | None:
        """The visitor of that token, who then counts as the newest."""
        with self._lock:
            visitor = self._visitors.get(token) if isinstance(token, str) else None
            if visitor:
                self._visitors.move_to_end(visitor.token)
            return visitor

    def leave(self, session: str) -> None:
        """The page of that session was closed: its runs end."""
        with self._lock:
            gone = [token for token, visitor in self._visitors.items() if visitor.session == session]
            for token in gone:
                del self._visitors[token]
        for token in gone:
            pool().close(token)


visitors = Visitors(VISITORS_KEPT)


@cache
def pool() -> Any:
    """The one RunnerPool of this process."""
    runners = load_dotted("explorer.lab.runner:RunnerPool")(settings().limits.lab_visitors)
    atexit.register(runners.close_all)  # a thread inside torch while Python ends would end it badly
    return runners


def open_run(visitor: Visitor, chosen: LabSettings) -> Any:
    """A runner for that visitor, already playing. Raises ExplorerError if there is no place or it cannot be made."""
    runner = pool().open(visitor.token, chosen, settings().device)
    runner.play()
    return runner


def as_dict(chosen: LabSettings) -> dict[str, Any]:
    """Settings as the browser knows them."""
    return asdict(chosen)
