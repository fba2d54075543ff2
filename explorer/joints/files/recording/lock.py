"""Who writes a recording: a lock that the system takes away from a process that ends, however it ends."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import IO

from explorer.joints.files.recording.layout import LOCK

ATTEMPTS = 5

try:
    import fcntl
except ImportError:  # there is none on Windows, where two writers are not noticed
    fcntl = None  # type: ignore[assignment]


def take_lock(folder: Path) -> IO[str] | None:
    """The open file that holds the lock until it is closed; None if another process has it. Raises OSError."""
    file = (folder / LOCK).open("a+", encoding="utf-8")
    if fcntl is None:
        return file
    for attempt in range(ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt == ATTEMPTS - 1:
                file.close()
                return None
            time.sleep(0.02)  # a reader that looks whether it is held, holds it for a moment
        except OSError:  # a file system without locks
            return file
    file.seek(0)
    file.truncate()
    json.dump({"process": os.getpid(), "machine": socket.gethostname()}, file)
    file.flush()
    return file


def is_held(folder: Path) -> bool | None:
    """Whether a process writes now; None where that cannot be known, as on a system without locks."""
    try:
        with (folder / LOCK).open(encoding="utf-8") as file:
            if fcntl is None or _machine(file) not in ("", socket.gethostname()):
                return None
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return None


def _machine(file: IO[str]) -> str:
    try:
        return str(json.load(file)["machine"])
    except (ValueError, KeyError, TypeError):
        return ""


def holder_words(folder: Path) -> str:
    """Who holds it: "process 12 on HOST", or "another process"."""
    try:
        held = json.loads((folder / LOCK).read_text(encoding="utf-8"))
        return f"process {held['process']} on {held['machine']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
