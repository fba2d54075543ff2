"""Tokenizers of others, brought by visitors: a plan before any weight is read, then one load for all who want the same.

What comes from the Hub is everybody's; what comes from a file is the visitor's own. A load goes on as long as anybody
waits for it, and is stopped when the last one has gone. Files that were uploaded and loaded are kept as long as their
owner is here, since weights may be let go and read again.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer import tokenizers
from explorer.foundation import stages
from explorer.foundation.config import settings
from explorer.foundation.errors import Cancelled, CheckpointError, ExplorerError, plain_words
from explorer.foundation.owners import EVERYBODY, acting_for
from explorer.joints.tokenizer import TokenizerSpec
from explorer.loading.planning import Plan, load, plan_file
from explorer.pages.bring.uploads import uploads
from explorer.pages.shared.visitor_job import SILENT_S, VisitorJob
from explorer.pages.shared.visitors import Visitor
from explorer.tokenizers.memory import check_room

Look = Callable[[], dict[str, Any] | None]
PLANS_AT_ONCE, LOADS_AT_ONCE = 4, 3  # in this process; the next ones wait, so that a slow network holds up few
WAIT_S = 0.2
NOTHING = "Stopped; nothing was loaded."


class Loading:
    """One load in a thread of its own, for all who wait for it. state: loading, stopping, done, stopped or failed."""

    PLACES = threading.BoundedSemaphore(LOADS_AT_ONCE)

    def __init__(self, plan: Plan, moved: tuple[Path, bool] | None, of: str) -> None:
        """moved: as of `UploadStore.take`, for the file of an upload. of: whose the tokenizer will be."""
        self.plan, (self._moved, self._came_now) = plan, moved or (None, False)
        self._of = of
        self.state, self.message = "loading", ""
        self.spec: TokenizerSpec | None = None  # once it is loaded
        self.share, self.words = 0.0, "waiting for another load to end"
        self.began = time.monotonic()
        self._lock, self._waiting = threading.Lock(), {}  # token of a visitor -> when it last asked
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for its end, so long at most."""
        self._thread.join(seconds)

    def enter(self, token: str) -> bool:
        """A visitor waits for it, too, and keeps it going by asking; False if it is past that."""
        with self._lock:
            if self.state != "loading":
                return False
            self._waiting[token] = time.monotonic()
            return True

    def leave(self, token: str) -> None:
        """A visitor no longer wants it."""
        with self._lock:
            self._waiting.pop(token, None)
            if not self._waiting and self.state == "loading":
                self.state = "stopping"

    @property
    def visitors(self) -> int:
        """How many wait for it."""
        return len(self._waiting)

    def _progress(self, share: float, words: str) -> None:
        """As `loading.format.Progress`: raises Cancelled where nobody waits any longer."""
        now = time.monotonic()
        for token in [token for token, asked in list(self._waiting.items()) if now - asked > SILENT_S]:
            self.leave(token)
        if self.state == "stopping":
            raise Cancelled(NOTHING)
        self.share, self.words = share, words

    def _unwanted(self) -> bool:
        """Whether nobody waits for it any longer."""
        try:
            self._progress(self.share, self.words)
        except Cancelled:
            return True
        return False

    def _run(self) -> None:
        try:
            while not self.PLACES.acquire(timeout=WAIT_S):
                self._progress(self.share, self.words)
            try:
                self._progress(0.0, "reading what the files hold")
                plan = self.plan if self._moved is None else _planned_again(self.plan, self._moved)
                with acting_for(self._of), stages.listening(stopped=self._unwanted):
                    self.spec = load(plan, None, self._progress, self._of)
            finally:
                self.PLACES.release()
            self.state, self.share = "done", 1.0
            uploads.make_room()
        except Cancelled:
            self._ended("stopped", NOTHING)
        except Exception as error:
            self._ended("failed", plain_words(error))
        with _lock:  # what was brought is known to its owner, and to nobody here
            if _loads.get((self._of, self.plan.id)) is self:
                del _loads[self._of, self.plan.id]

    def _ended(self, state: str, message: str) -> None:
        if self._came_now and state == "failed":  # what was only stopped can be loaded after all, as long as it is kept
            uploads.drop(self.plan.id, self._of)
        uploads.make_room()
        self.state, self.message = state, message


def _planned_again(plan: Plan, moved: Path) -> Plan:
    """The same plan for a file that lies elsewhere by now. Raises CheckpointError."""
    found = plan_file(moved, weights=plan.source.weights)
    spec = replace(found.spec, id=plan.id, title=plan.title)  # type: ignore[type-var]
    return replace(found, id=plan.id, title=plan.title, spec=spec)


_loads: dict[tuple[str, str], Loading] = {}
_lock = threading.Lock()


def begin(plan: Plan, token: str, uploaded: bool, visitor: str) -> Loading:
    """The load of that plan, which the page of `token` waits for from now on: a new one, or the one under way.

    uploaded: its file lies in the page's folder, and is moved to where it can stay. visitor: whose page it is, and
    whose the tokenizer will be if it is not of the Hub. Raises CheckpointError.
    """
    of = EVERYBODY if plan.source.kind == "hub" else visitor
    with _lock:
        there = _loads.get((of, plan.id))
        if there is None or not there.enter(token):
            there = _loads[of, plan.id] = Loading(plan, uploads.take(plan, of) if uploaded else None, of)
            there.enter(token)
            there.start()
        return there


def stop_all(seconds: float) -> None:
    """The server ends: nobody waits any longer."""
    with _lock:
        going = list(_loads.values())
    for one in going:
        with one._lock:
            one._waiting.clear()
            one.state = "stopping" if one.state == "loading" else one.state
    for one in going:
        one.join(seconds)


class Planning(VisitorJob):
    """Looking at what a visitor named, without reading a weight. field: where on the page errors belong."""

    PLACES = threading.BoundedSemaphore(PLANS_AT_ONCE)

    def __init__(self, visitor: Visitor, make: Callable[[], Plan], field: str, look: Look = lambda: None) -> None:
        """look: what the file still tells where no format reads it."""
        super().__init__(visitor, "plan")
        self.plan: Plan | None = None
        self.opened: dict[str, Any] | None = None
        self.field, self._make, self._look = field, make, look

    def work(self) -> None:
        try:
            plan = self._make()
        except CheckpointError:
            self.opened = self._look()
            raise
        if self.cancelled():
            raise Cancelled("Stopped.")
        self.plan, self.state = plan, "done"


class Bringing:
    """What one visitor brings: looked at first, then loaded. `visitor.job` of the panel's visitors."""

    def __init__(
        self, visitor: Visitor, make: Callable[[str], Plan], field: str, upload: Path | None, look: Look = lambda: None
    ) -> None:
        """make: of a choice of weights. upload: the folder of the visitor's uploaded files. look: as of `Planning`."""
        self.id = visitor.new_id()
        self._visitor, self._upload, self._make = visitor, upload, make
        self._planning = Planning(visitor, lambda: make(""), field, look)
        self._loading: Loading | None = None
        self._left = False

    def start(self) -> None:
        """Begin to look."""
        self._planning.start()

    @property
    def alive(self) -> bool:
        """Whether anything goes on for the visitor that must be stopped."""
        waiting = self._loading is not None and not self._left and self._loading.state == "loading"
        return self._planning.alive or waiting

    def join(self, seconds: float) -> None:
        """Wait for the end of looking; loads are ended by `stop_all`."""
        self._planning.join(seconds)

    @property
    def plan(self) -> Plan | None:
        return self._planning.plan

    @property
    def opened(self) -> dict[str, Any] | None:
        return self._planning.opened

    @property
    def field(self) -> str:
        return self._planning.field

    def choose(self, weights: str) -> None:
        """Look again, for the averaged or the raw weights. Raises ExplorerError once they are loaded."""
        if self.plan is None or self._loading is not None:
            raise ExplorerError("Choose the weights before they are loaded.")
        self._planning = Planning(self._visitor, lambda: self._make(weights), self.field)
        self._planning.start()

    def load(self) -> None:
        """Load what was planned. Raises ExplorerError if there is nothing to load, or no room for it."""
        plan = self.plan
        if plan is None:
            raise ExplorerError("Look at a tokenizer first.")
        going = self._loading is not None and self._loading.state in ("loading", "done")
        if going and not self._left:
            return
        check_room(plan.title, plan.memory_bytes or 0, settings().limits, tokenizers.loaded_bytes())
        self._loading = begin(plan, self._visitor.token, self._upload is not None, self._visitor.owner)
        self._left = False

    def stop(self) -> None:
        """Stop looking, or waiting for the load."""
        self._planning.stop()
        if self._loading is not None and self._loading.state == "loading":
            self._left = True
            self._loading.leave(self._visitor.token)
        if self._visitor.gone and not self._planning.alive:
            self._visitor.delete()

    def replaced(self) -> None:
        """Something else was named: stop, and let go of files that were only looked at."""
        self.stop()
        if self._upload is not None and not self._planning.alive:
            shutil.rmtree(self._upload, ignore_errors=True)

    def state(self) -> tuple[str, str, float | None, str]:
        """(state, message, share done or None, words); asking keeps it alive. state: planning, planned, loading,
        stopping, done, stopped, failed."""
        looked = self._planning.asked()
        if self._loading is None:
            # What was stopped may wait for the network a while longer, but nobody need wait for that.
            names = {"waiting": "planning", "running": "planning", "done": "planned", "stopping": "stopped"}
            return names.get(looked, looked), self._planning.message, None, "Looking at it…"
        if self._left:
            return "stopped", NOTHING, None, ""
        one = self._loading
        one.enter(self._visitor.token)
        return one.state, one.message, one.share, one.words

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was seen to be wrong while it was read."""
        spec = self._loading.spec if self._loading is not None else None
        return spec.warnings if spec is not None else ()

    @property
    def others(self) -> int:
        """How many other visitors wait for the same load."""
        return max(0, self._loading.visitors - 1) if self._loading is not None else 0
