"""Recent: a mapping that holds at most so many values, and lets those go first that were not used for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V]):
    """Values by key in the order of their last use, the newest last. Whoever shares one between threads holds a lock.

    What has to be closed or deleted when it goes is handed back by `put` and `drop`.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def put(self, key: K, value: V) -> dict[K, V]:
        """Add a value as the newest: what goes for it, an older one of that key among them."""
        gone = {key: self.pop(key)} if key in self and self[key] is not value else {}
        self[key] = value
        self.move_to_end(key)
        while len(self) > self.size:
            oldest, old = self.popitem(last=False)
            gone[oldest] = old
        return gone

    def use(self, key: K) -> V | None:
        """The value, which then counts as the newest; None if it is not there."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def drop(self, which: Callable[[K, V], bool]) -> list[V]:
        """Let go of all that `which` says: the values."""
        return [self.pop(key) for key in [key for key, value in self.items() if which(key, value)]]
