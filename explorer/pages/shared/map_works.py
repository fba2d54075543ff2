"""Maps that take seconds: laid out in a child process, while the browser asks how far it is.

One piece of work for all visitors that ask for the same map; it ends when nobody has asked for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

import numpy as np

from explorer.analysis.maps.projection import Projection
from explorer.foundation.errors import Cancelled, ExplorerError
from explorer.foundation.owners import EVERYBODY, carried
from explorer.foundation.recent import Recent
from explorer.pages.shared import runtime
from explorer.pages.shared.turns import MAPS, Turns

SILENT_S = 20.0  # a browser asks twice a second
STEP_S = 0.25
WORKS_KEPT = 64


class Work:
    """One map being laid out. `share` grows to 1; then `result` is there, or `problem` says why not. of: its owner."""

    def __init__(self, vectors: np.ndarray, metric: str, kind: str, of: str) -> None:
        self.share, self.result, self.problem = 0.0, None, ""
        self._asked, self._ended = time.monotonic(), threading.Event()
        self._arguments, self._of, self._turns = (vectors, metric, kind), of, Turns()
        self._turn = self._turns.begin(MAPS)
        threading.Thread(target=carried(self._work), name="map", daemon=True).start()
        threading.Thread(target=self._watch, name="map-watch", daemon=True).start()

    def ask(self, wait: float = STEP_S) -> float | Projection:
        """The projection, or the share done. Raises ExplorerError if it failed."""
        self._asked = time.monotonic()
        self._ended.wait(wait)
        if self.problem:
            raise ExplorerError(self.problem)
        return self.share if self.result is None else self.result

    @property
    def failed(self) -> bool:
        return bool(self.problem)

    def _work(self) -> None:
        vectors, metric, kind = self._arguments
        try:
            for step in runtime.umap_in_background(vectors, metric, self._turns, self._turn, kind, self._of):
                if isinstance(step, Projection):
                    self.result = step
                else:
                    self.share = float(step)
        except Cancelled:
            self.problem = "Nobody waited for this map, so it was stopped. Choose it again."
        except ExplorerError as error:
            self.problem = str(error)
        except Exception:
            self.problem = "This map could not be laid out; the log of the server says why. PCA is still there."
            raise
        finally:
            self._arguments = ()
            self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            if time.monotonic() - self._asked > SILENT_S:
                self.close()
                return

    def close(self) -> None:
        """Nobody waits for it: its child process ends."""
        self._turns.close()


class Works:
    """Those that go on, and those that failed, by owner and key; the longest unused of too many ends."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._works: Recent[tuple[str, Hashable], Work] = Recent(size)

    def get(self, owner: str, key: Hashable, begin: Callable[[], Work]) -> Work:
        """The one that goes on, or one that is begun."""
        with self._lock:
            work = self._works.use((owner, key))
            if work is None or work.failed:
                work = begin()
                for other in self._works.put((owner, key), work).values():
                    other.close()
            return work

    def going(self, owner: str, key: Hashable) -> bool:
        """Whether it was begun and neither ended nor failed."""
        with self._lock:
            work = self._works.get((owner, key))
            return work is not None and not work.failed

    def drop(self, owner: str, key: Hashable) -> None:
        """It is done."""
        with self._lock:
            self._works.pop((owner, key), None)

    def owners(self) -> set[str]:
        """As `presence.Keeper`: the visitors whose own codebooks are laid out."""
        with self._lock:
            return {owner for owner, _ in self._works} - {EVERYBODY}

    def let_go(self, owner: str) -> None:
        """As `presence.Keeper`: that visitor has left."""
        with self._lock:
            gone = self._works.drop(lambda key, work: key[0] == owner)
        for work in gone:
            work.close()


works = Works(WORKS_KEPT)
