"""Runs that every visitor can open: those that the person who starts the server names (`--run FOLDER`), and the example
that ships (made by `explorer/recorder/example.py`)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.files.recording import open_recording

AT_MOST = 64
EXAMPLE, EXAMPLE_TITLE = "digits-example", "Example: 64 codes learn digits"
_lock = threading.Lock()
_given: dict[str, GivenRun] = {}


@dataclass(frozen=True)
class GivenRun:
    """id: of its folder's name, as a link says it."""

    id: str
    title: str
    folder: Path


def bring_run(path: str | Path) -> GivenRun:
    """Let every visitor open the recording in a folder, which may still be written; one that is named twice is one run.

    Raises RecordError if there is none.
    """
    folder = Path(path).expanduser().resolve()
    try:
        open_recording(folder)
    except OSError as error:
        raise RecordError(f"{str(path)[:200]!r} cannot be read: {error.strerror or error}.") from error
    with _lock:
        for one in _given.values():
            if one.folder == folder:
                return one
        if len(_given) >= AT_MOST:
            raise ExplorerError(f"At most {AT_MOST} runs can be named.")
        stem = re.sub(r"[^\w.-]+", "-", folder.name).strip("-.") or "run"
        name, number = stem, 1
        while name in _given or name == EXAMPLE:
            number += 1
            name = f"{stem}-{number}"
        title = folder.name if number == 1 else f"{folder.parent.name}/{folder.name}"
        _given[name] = GivenRun(name, title, folder)
        return _given[name]


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
