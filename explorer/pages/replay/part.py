"""What a page of recorded runs keeps for its visitor: what is open, runs of their own, and an example that trains."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from explorer.analysis.replay.run import RecordedRun
from explorer.foundation.errors import ExplorerError, FieldError, UnknownIdError
from explorer.pages.lab.process import process_context
from explorer.pages.replay.desk import ReplayDesk
from explorer.pages.replay.start import all_runs, shared_runs
from explorer.pages.shared.visitors import Visitor

PAUSE_S = 0.012  # after each step of the example, so that one sees it go
EXAMPLES = 4  # that train at the same time, of all visitors
_lock = threading.Lock()
_open: WeakValueDictionary[Path, RecordedRun] = WeakValueDictionary()  # shared by all pages that look at them
_training: list[Any] = []


class ReplayPart:
    """A part of a page."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.desk = ReplayDesk()
        self._own: dict[str, RecordedRun] = {}
        self._example: Any = None

    def listed(self) -> list[dict[str, str]]:
        """All runs that this page offers: those that were named at the start, or the example, and its own."""
        given = [{"id": one.id, "title": one.title} for one in shared_runs()]
        return given + [{"id": id, "title": run.title} for id, run in self._own.items()]

    def show(self, ids: tuple[str, ...]) -> None:
        """Open these, the first as A. Raises UnknownIdError for one that is not there, RecordError for one that cannot
        be read, FieldError for two that have no steps in common."""
        runs = [(id, self._run(id)) for id in ids]
        if len({run.stepped for _, run in runs}) > 1:
            without = next(run.title for _, run in runs if not run.stepped)
            raise FieldError(
                "runs",
                f"The checkpoints of {without} tell no steps, so there is no step at which both could be seen. Name "
                "the files by their steps, such as step-100.pt, or open them alone.",
            )
        self.desk.show(runs)

    def has(self, id: str) -> bool:
        """Whether it can be opened, offered or not."""
        return id in self._own or any(one.id == id for one in all_runs())

    def _run(self, id: str) -> RecordedRun:
        if id in self._own:
            return self._own[id]
        for one in all_runs():
            if one.id == id:
                with _lock:
                    run = _open.get(one.folder) or RecordedRun(one.folder, one.title)
                    _open[one.folder] = run
                return run
        raise UnknownIdError(f"There is no run {id[:60]!r} here.")

    def keep(self, folder: Path, title: str) -> str:
        """A run of this page's own: its id. Raises RecordError if none lies there."""
        id = self._visitor.new_id()
        self._own[id] = RecordedRun(folder, title)
        return id

    def record_example(self) -> str:
        """Train a run of the lab in a process of its own and record it: the id under which it can be followed.

        Raises ExplorerError if too many train already, or it cannot begin.
        """
        from explorer.lab.recording import record_example  # torch

        if self._example is not None and self._example.is_alive():
            raise FieldError("example", "The example is being recorded already.")
        with _lock:
            _training[:] = [one for one in _training if one.is_alive()]
            if len(_training) >= EXAMPLES:
                raise ExplorerError("Other visitors record examples just now. Try again in a minute.")
            folder = self._visitor.new_folder() / "example"
            process = process_context().Process(target=record_example, args=(folder, PAUSE_S), daemon=True)
            process.start()
            _training.append(process)
        self._example = process
        wait_for(folder, process)
        return self.keep(folder, "Example: a run of the lab")

    def close(self) -> None:
        if self._example is not None and self._example.is_alive():
            self._example.terminate()
        self.desk.show([])
        self._own.clear()


def wait_for(folder: Path, process: Any, most_s: float = 60.0) -> None:
    """Until a first frame lies there. Raises ExplorerError if the process ends without one, or takes too long."""
    import time

    from explorer.joints.files.recording.layout import frames_of

    end = time.monotonic() + most_s
    while time.monotonic() < end:
        if folder.is_dir() and frames_of(folder):
            return
        if not process.is_alive() and not (folder.is_dir() and frames_of(folder)):
            break
        time.sleep(0.05)
    raise ExplorerError("The example could not be recorded. Try again.")
