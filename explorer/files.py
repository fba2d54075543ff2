"""Writing files so that an interruption or a full disk never leaves half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from explorer.errors import ExplorerError


def make_folder(path: Path) -> None:
    """Make `path` and its parents. Raises ExplorerError if the disk refuses."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExplorerError(f"cannot make the folder {str(path)!r}: {error.strerror or error}") from error


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Write beside `path`, then rename over it. Raises ExplorerError if the disk refuses; the old file stays."""
    partial = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
            partial = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)  # a temporary file is private; what it becomes is not
        partial.replace(path)
    except BaseException as error:  # Ctrl-C too must leave nothing beside the file
        if partial is not None:
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExplorerError(f"cannot write {path.name}: {error.strerror or error}") from error
        raise
