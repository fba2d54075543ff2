"""Writing files so that an interruption or a full disk never leaves half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from explorer.foundation.errors import ExplorerError


def make_folder(path: Path) -> None:
    """Make `path` and its parents. Raises ExplorerError if the disk refuses, or where nothing can be written into it:
    it is made before long work, not after it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExplorerError(f"cannot make the folder {str(path)!r}: {error.strerror or error}") from error
    _check_writable(path)


def check_folder(path: Path) -> None:
    """Raises ExplorerError where no folder of that name can be made or written into. Nothing is made."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not there.is_dir():
        raise ExplorerError(f"{str(there)!r} is a file, and no folder. Give the name of a folder to write.")
    _check_writable(there)


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise ExplorerError(f"The folder {str(folder)!r} cannot be written into. Choose another one.")


def check_place(path: Path) -> None:
    """Raises ExplorerError where no file of that name can be written: asked before long work, not after it."""
    if path.is_dir():
        raise ExplorerError(f"{str(path)!r} is a folder. Give the name of a file to write.")
    if not path.parent.is_dir():
        raise ExplorerError(f"There is no folder {str(path.parent)!r} to write {path.name} into. Make it first.")
    _check_writable(path.parent)


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Write beside `path`, then rename over it. Raises ExplorerError if the disk refuses; the old file stays."""
    write_together(path.parent, {path.name: data})


def write_together(folder: Path, content: Mapping[str, bytes | memoryview]) -> None:
    """Write all files of `content` (name -> bytes) beside their places, and only then rename them, in that order.

    Raises ExplorerError if the disk refuses; then every old file stays.
    """
    partial: dict[Path, Path] = {}
    name = ""
    try:
        for name, data in content.items():
            with tempfile.NamedTemporaryFile(dir=folder, prefix=name, suffix=".part", delete=False) as file:
                partial[folder / name] = Path(file.name)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path, beside in partial.items():
            name = path.name
            beside.chmod(0o644)  # a temporary file is private; what it becomes is not
            beside.replace(path)
    except BaseException as error:  # Ctrl-C too must leave nothing beside the file
        for beside in partial.values():
            beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExplorerError(f"cannot write {name}: {error.strerror or error}") from error
        raise
