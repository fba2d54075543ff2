"""Runs that every visitor can open: those that the person who starts the server names (`--run FOLDER`), and the example
that ships (made by `explorer/recorder/example.py`)."""

from __future__ import annotations

import re
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, RecordError, SettingsError
from explorer.joints.files.recording import open_recording
from explorer.pages.replay.unpacking import holds_run
from explorer.pages.replay.zipped_checkpoints import record_checkpoints

AT_MOST = 64
EXAMPLE, EXAMPLE_TITLE = "digits-example", "Example: 64 codes learn digits"
_lock = threading.Lock()
_given: dict[str, GivenRun] = {}
_made: list[tempfile.TemporaryDirectory] = []  # recordings of checkpoints; they go with the process


@dataclass(frozen=True)
class GivenRun:
    """id: of its folder's name, as a link says it. named: the folder that was given, where another one holds what was
    made of it."""

    id: str
    title: str
    folder: Path
    named: Path | None = None


def bring_run(path: str | Path) -> GivenRun:
    """Let every visitor open the recording in a folder, which may still be written, or a folder of checkpoints of one
    run, whose codes are read now; one that is named twice is one run.

    Raises RecordError if there is none.
    """
    named = folder = Path(path).expanduser().resolve()
    try:
        folder = named if _holds_recording(named) else _read_checkpoints(named)
        open_recording(folder)
    except OSError as error:
        raise RecordError(f"{str(path)[:200]!r} cannot be read: {error.strerror or error}.") from error
    with _lock:
        for one in _given.values():
            if one.named == named:
                return one
        if len(_given) >= AT_MOST:
            raise ExplorerError(f"At most {AT_MOST} runs can be named.")
        stem = re.sub(r"[^\w.-]+", "-", named.name).strip("-.") or "run"
        name, number = stem, 1
        while name in _given or name == EXAMPLE:
            number += 1
            name = f"{stem}-{number}"
        title = named.name if number == 1 else f"{named.parent.name}/{named.name}"
        _given[name] = GivenRun(name, title, folder, named)
        return _given[name]


def _holds_recording(folder: Path) -> bool:
    return holds_run(folder) if folder.is_dir() else True  # whose error says it


def _read_checkpoints(folder: Path) -> Path:
    """A folder with the recording that is made of the checkpoints in another; that one, where there are none."""
    from explorer.analysis.opening.timeline import read_timeline  # files of torch, which few recordings need

    try:
        timeline = read_timeline([folder])
    except SettingsError:
        return folder
    held = tempfile.TemporaryDirectory(prefix="explorer-checkpoints-")
    _made.append(held)
    return record_checkpoints(timeline, Path(held.name) / "run")


def given_runs() -> tuple[GivenRun, ...]:
    """All that were named, in their order."""
    with _lock:
        return tuple(_given.values())


def shipped_run() -> GivenRun | None:
    """The example that ships; None where it was left out."""
    folder = settings().assets / "recordings" / "digits"
    return GivenRun(EXAMPLE, EXAMPLE_TITLE, folder) if folder.is_dir() else None


def shared_runs() -> tuple[GivenRun, ...]:
    """Those that were named; without any, the example."""
    return given_runs() or all_runs()


def all_runs() -> tuple[GivenRun, ...]:
    """Those that were named, and the example."""
    shipped = shipped_run()
    return (*given_runs(), *(() if shipped is None else (shipped,)))
