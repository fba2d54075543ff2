"""Files of visitors: one folder of this server, and in it folders whose names cannot be guessed, each with an owner.

Uploads, answers of endpoints and what pages write for a visitor all lie here, every upload in a folder of its own, so
that no two files meet, whatever their names and contents. A folder goes with its owner (`presence`), all of them when
the server ends; what a server that was killed has left is deleted by the next one.
"""

from __future__ import annotations

import atexit
import contextvars
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import EVERYBODY

PREFIX = "explorer-server-"
IN_USE = "in-use"  # a file that is locked as long as the server lives
LEFT, LEFT_S = "left", 600.0  # the owner of what has none, and how old it is before it goes
NOBODYS = "upload:"  # begins the owner of an upload that came without a name; who uses it first owns it


class VisitorFiles:
    """The folders of all visitors. Safe between threads."""

    def __init__(self, parent: Path | None = None) -> None:
        """parent: where the server's folder is made; by default GRADIO_TEMP_DIR or the system's."""
        self._parent, self._lock = parent, threading.RLock()
        self._root: Path | None = None
        self._held: Any = None
        self._owner: dict[Path, str] = {}  # folder -> whose it is
        self._named: dict[tuple[str, str], Path] = {}

    @property
    def root(self) -> Path:
        """The server's folder, made when it is first asked for."""
        with self._lock:
            if self._root is None:
                parent = self._parent or Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
                parent.mkdir(parents=True, exist_ok=True)
                delete_left(parent)
                made = Path(tempfile.mkdtemp(prefix="new-", dir=parent))
                (made / IN_USE).touch()
                self._held = _locked(made / IN_USE)
                self._root = made.rename(made.with_name(PREFIX + made.name.removeprefix("new-"))).resolve()
            return self._root

    def new_folder(self, of: str) -> Path:
        """A new empty folder of a visitor. Raises ExplorerError if the disk refuses."""
        folder = self.root / secrets.token_urlsafe(24)
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise ExplorerError(f"The server has no room for more files: {error.strerror or error}.") from error
        with self._lock:
            self._owner[folder] = of
        return folder

    def folder_of(self, of: str, name: str) -> Path:
        """The folder of that name of a visitor, always the same one."""
        with self._lock:
            if (of, name) not in self._named:
                self._named[of, name] = self.new_folder(of)
            return self._named[of, name]

    def claim(self, paths: Iterable[str | Path], of: str) -> None:
        """Uploads of nobody become that visitor's. Raises ExplorerError for a file that is another's, or is gone."""
        with self._lock:
            for path in paths:
                folder = self._folder(Path(path))
                whose = None if folder is None else self._owner.get(folder)
                sound = whose == of or (whose or "").startswith(NOBODYS)
                if not sound or not Path(path).is_file() or Path(path).is_symlink():
                    raise ExplorerError("An uploaded file is no longer on the server; choose it again.")
                self._owner[folder] = of  # type: ignore[index]

    def _folder(self, path: Path) -> Path | None:
        """The folder of a visitor that a path lies in."""
        try:
            parts = path.resolve().relative_to(self.root).parts
        except (OSError, RuntimeError, ValueError):
            return None
        return self.root / parts[0] if len(parts) > 1 else None

    def drop_empty(self, paths: Iterable[str | Path]) -> None:
        """Delete the folders of uploads that were moved elsewhere."""
        for folder in {self._folder(Path(path)) for path in paths} - {None}:
            if not any(file.is_file() for file in folder.rglob("*")):  # type: ignore[union-attr]
                self.drop(folder)  # type: ignore[arg-type]

    def drop(self, folder: Path) -> None:
        """Delete one folder."""
        with self._lock:
            self._owner.pop(folder, None)
        folder.unlink() if folder.is_file() else shutil.rmtree(folder, ignore_errors=True)

    def owners(self) -> set[str]:
        """All who have a folder here, and LEFT for what Gradio itself has put here and nobody can need any longer."""
        with self._lock:
            return set(self._owner.values()) - {EVERYBODY} | ({LEFT} if self._left() else set())

    def _left(self) -> list[Path]:
        if self._root is None:
            return []
        old = time.time() - LEFT_S
        there = [path for path in self._root.iterdir() if path not in self._owner and path.name != IN_USE]
        return [path for path in there if path.stat().st_mtime < old]

    def let_go(self, owner: str) -> None:
        """Delete all of a visitor's files."""
        with self._lock:
            folders = self._left() if owner == LEFT else [f for f, of in self._owner.items() if of == owner]
            for key in [key for key in self._named if key[0] == owner]:
                del self._named[key]
        for folder in folders:
            self.drop(folder)

    def delete(self) -> None:
        """The server ends."""
        with self._lock:
            root, self._root = self._root, None
            self._owner.clear()
            self._named.clear()
            if self._held is not None:
                self._held.close()
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)


def nobody() -> str:
    """A new owner for files of one who has no name."""
    return NOBODYS + secrets.token_urlsafe(18)


class UploadPlace(os.PathLike):
    """Where Gradio puts an upload: in a folder of its own while one is sent (`receiving`), else the server's folder.

    Gradio names the place of an upload by its content alone, so that two visitors who send the same file would have one
    file, and whoever is done with it first would take it from the other.
    """

    receiving: contextvars.ContextVar[Path | None] = contextvars.ContextVar("receiving", default=None)

    def __init__(self, root: Path) -> None:
        self._root = root

    def __fspath__(self) -> str:
        return str(self.receiving.get() or self._root)

    __str__ = __fspath__


def _locked(path: Path) -> Any:
    """The open file, locked until it is closed or this process ends; only opened where there are no such locks.

    Raises OSError if it is not there, or another holds the lock.
    """
    file = path.open("r+")
    if sys.platform != "win32":
        from fcntl import LOCK_EX, LOCK_NB, flock  # Windows has none

        try:
            flock(file, LOCK_EX | LOCK_NB)
        except OSError:
            file.close()
            raise
    return file


def delete_left(parent: Path) -> None:
    """Delete the folders of servers that were killed: those whose lock nobody holds."""
    if sys.platform == "win32":
        return
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError), _locked(folder / IN_USE):  # OSError: a server that lives, or somebody else's folder
            shutil.rmtree(folder, ignore_errors=True)


files = VisitorFiles()
atexit.register(files.delete)
