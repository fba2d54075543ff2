"""Cache: the one bounded cache of the app. What it holds is counted in bytes, and has an owner.

What was made of a visitor's own file or tokenizer is kept under that visitor, so that nobody else can find it, and is
let go when the visitor leaves. What was made of things of the app is EVERYBODY's.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from weakref import WeakSet

import numpy as np

from explorer.foundation.config import settings
from explorer.foundation.owners import EVERYBODY

EACH = 64  # bytes of anything small, about
every_cache: WeakSet[Cache] = WeakSet()


def share(part: float) -> int:
    """So many bytes of what all caches may hold together."""
    return int(part * settings().limits.kept_bytes)


class Cache:
    """The latest results by owner and key, up to `most_bytes`; the newest stays even where it alone is larger.

    name: what is kept, in words. Safe between threads. Whoever asks while one is being made waits for it instead of
    making it too; nobody else waits.
    """

    def __init__(self, name: str, most_bytes: int) -> None:
        self.name, self.most_bytes, self.bytes = name, most_bytes, 0
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[str, Hashable], tuple[Any, int]] = OrderedDict()
        self._making: dict[tuple[str, Hashable], threading.Lock] = {}
        every_cache.add(self)

    def get(self, key: Hashable, make: Callable[[], Any], owner: str) -> Any:
        """The value, which then counts as the newest; made if it is not there. A failure is not kept.

        owner: of whatever it is made of; EVERYBODY only where nothing of it is a visitor's.
        """
        whole = (owner, key)
        with self._lock:
            if whole in self._values:
                return self._newest(whole)
            turn = self._making.setdefault(whole, threading.Lock())
        with turn:
            with self._lock:
                if whole in self._values:
                    return self._newest(whole)
            try:
                value = make()
                with self._lock:
                    self._put(whole, value)
                return value
            finally:  # only now: whoever comes between would make it again
                with self._lock:
                    self._making.pop(whole, None)

    def put(self, key: Hashable, value: Any, owner: str) -> None:
        """Keep a value that is there already, in the place of an older one."""
        with self._lock:
            self._put((owner, key), value)

    def peek(self, key: Hashable, owner: str) -> Any:
        """The value if it is there, else None."""
        with self._lock:
            return self._newest((owner, key)) if (owner, key) in self._values else None

    def owners(self) -> set[str]:
        """The visitors of whom something is kept."""
        with self._lock:
            return {owner for owner, _ in self._values} - {EVERYBODY}

    def let_go(self, owner: str) -> None:
        """Keep nothing of that visitor any longer."""
        self.drop(owner, lambda key: True)

    def drop(self, owner: str, which: Callable[[Hashable], bool]) -> None:
        """Let go of an owner's values whose key `which` says."""
        with self._lock:
            for whole in [one for one in self._values if one[0] == owner and which(one[1])]:
                self.bytes -= self._values.pop(whole)[1]

    def __len__(self) -> int:
        return len(self._values)

    def _newest(self, whole: tuple[str, Hashable]) -> Any:
        self._values.move_to_end(whole)
        return self._values[whole][0]

    def _put(self, whole: tuple[str, Hashable], value: Any) -> None:
        if whole in self._values:
            self.bytes -= self._values.pop(whole)[1]
        size = bytes_of(value)
        self._values[whole] = (value, size)
        self.bytes += size
        while self.bytes > self.most_bytes and len(self._values) > 1:
            self.bytes -= self._values.popitem(last=False)[1][1]


def bytes_of(value: object, seen: set[int] | None = None) -> int:
    """About how many bytes a value holds: arrays whole, even where a view shows a part, and what is shared once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return bytes_of(value.base, seen) if isinstance(value.base, np.ndarray) else value.nbytes + EACH
    if isinstance(value, (bytes, bytearray, memoryview, str)):
        return len(value) * (1 if not isinstance(value, str) or value.isascii() else 4) + EACH
    if isinstance(value, Mapping):
        return EACH + sum(bytes_of(key, seen) + bytes_of(one, seen) for key, one in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return EACH + sum(bytes_of(one, seen) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return EACH + sum(bytes_of(getattr(value, field.name), seen) for field in fields(value))
    inside = getattr(value, "__dict__", None)
    if inside and not callable(value) and not isinstance(value, type):
        return EACH + sum(bytes_of(one, seen) for one in inside.values())
    return EACH
