"""Runs that the person who starts the server names (`--run FOLDER`), which every visitor can open."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.files.recording import open_recording

AT_MOST = 64
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
        while name in _given:
            number += 1
            name = f"{stem}-{number}"
        title = folder.name if number == 1 else f"{folder.parent.name}/{folder.name}"
        _given[name] = GivenRun(name, title, folder)
        return _given[name]


def given_runs() -> tuple[GivenRun, ...]:
    """All that were named, in their order."""
    with _lock:
        return tuple(_given.values())
