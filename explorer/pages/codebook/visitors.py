"""Who is on the codebook page: each visitor's own audits and uploaded files, in a folder that goes when the page does.

A visitor is known by a token that cannot be guessed; nobody else's audits can be named without it.
"""

from __future__ import annotations

import atexit
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.foundation.owners import owner
from explorer.foundation.recent import Recent
from explorer.pages.shared.visitor_book import VisitorBook
from explorer.pages.shared.visitor_files import files as visitor_files

VISITORS_KEPT = 200
OWN = "own-"
OWN_KEPT = 4  # audits of one visitor; the oldest goes first
LAST_WORD_S = 10.0
FILES = 1000  # pictures of one upload


@dataclass(frozen=True)
class OwnAudit:
    """An audit that a visitor made. folder: its files. uploads: where the uploaded ones lie; source: the zip, the index
    file or the folder itself, None for the samples of the app. opened: it was made elsewhere, and its media are not
    here."""

    id: str
    title: str
    tokens: int
    tokenizer: str | None
    folder: Path
    source: Path | None
    uploads: Path
    opened: bool = False


@dataclass
class Visitor:
    """One open page. `job` is the audit that runs or ran last. owner: whose page it is, and what is made for it."""

    token: str
    session: str
    owner: str = ""
    audits: Recent[str, OwnAudit] = field(default_factory=lambda: Recent(OWN_KEPT))
    job: Any = None
    files: tuple[Path, ...] = ()  # pictures that wait to be compared
    gone: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    _folder: Path | None = None
    _folders: int = 0
    _audits: int = 0

    def __post_init__(self) -> None:
        self.owner = self.owner or owner() or f"session:{self.session}"

    def new_id(self) -> str:
        """An id for another audit of this visitor: own-1, own-2, ..."""
        with self.lock:
            self._audits += 1
            return f"{OWN}{self._audits}"

    def new_folder(self) -> Path:
        """A new empty folder of this visitor. Raises ExplorerError if the page is closed or the disk refuses."""
        with self.lock:
            if self.gone:
                raise ExplorerError("This page was closed.")
            self._folders += 1
            try:
                if self._folder is None:
                    self._folder = visitor_files.new_folder(self.owner)
                made = self._folder / str(self._folders)
                made.mkdir()
            except OSError as error:
                raise ExplorerError(f"The server has no room for another upload: {error.strerror or error}.") from error
            return made

    def keep(self, own: OwnAudit) -> None:
        """Add an audit, in the place of an older state of the same run; the oldest of too many is deleted."""
        with self.lock:
            for older in [one.id for one in self.audits.values() if one.folder == own.folder]:
                del self.audits[older]
            over = self.audits.put(own.id, own)
            for folder in (folder for old in over.values() for folder in (old.folder, old.uploads)):
                shutil.rmtree(folder, ignore_errors=True)

    def has(self, folder: Path) -> bool:
        """Whether an audit in `folder` can still be opened."""
        with self.lock:
            return any(one.folder == folder for one in self.audits.values())

    def close(self) -> None:
        """End the job and delete all files; those that the job still needs go when it has ended."""
        with self.lock:
            self.gone = True
            running = self.job is not None and self.job.alive
            if running:
                self.job.stop()
        if not running:
            self.delete()

    def delete(self) -> None:
        """Delete the visitor's folder."""
        if self._folder is not None:
            visitor_files.drop(self._folder)


class Visitors(VisitorBook[Visitor]):
    """Of the longest silent one that is forgotten the job is ended and the files are deleted."""

    def __init__(self, size: int) -> None:
        super().__init__(size, Visitor, Visitor.close)

    def leave_all(self) -> list[Visitor]:
        everyone = super().leave_all()
        for visitor in everyone:  # a thread inside torch while Python ends would end it badly
            if visitor.job is not None:
                visitor.job.join(LAST_WORD_S)
        return everyone


visitors = Visitors(VISITORS_KEPT)
atexit.register(visitors.leave_all)


def take_uploads(visitor: Visitor, paths: Sequence[str], command: str = "audit") -> list[Path]:
    """Move uploaded files into a folder of the visitor's page: their new places.

    command: of the command line, which takes more.

    Raises MediaError for anything that is no upload of this visitor, and for more than the caps allow.
    """
    limits = settings().limits
    if not paths:
        raise MediaError("Choose a zip of media, several files, or one file of indices (.npy or .npz).")
    if len(paths) > FILES:
        raise MediaError(f"These are {len(paths):,} files; {FILES:,} is the most at a time. Put them in one zip.")
    size = sum(file.stat().st_size for file in claimed(visitor, paths))
    if size > limits.audit_upload_bytes:
        raise MediaError(
            f"These files have {size / 2**20:,.0f} MiB, over the cap of {limits.audit_upload_bytes / 2**20:,.0f} MiB. "
            f"For more there is the command line: python -m explorer {command}."
        )
    return moved(visitor, paths)


def claimed(visitor: Visitor, paths: Sequence[str]) -> list[Path]:
    """Uploaded files, which are the visitor's from now on. Raises MediaError for what is no upload of this visitor."""
    try:
        visitor_files.claim(paths, visitor.owner)
    except ExplorerError as error:
        raise MediaError(str(error)) from error
    return [Path(path) for path in paths]


def moved(visitor: Visitor, paths: Sequence[str]) -> list[Path]:
    """Move uploaded files into a new folder of the visitor's page, each under a name of its own."""
    folder = visitor.new_folder()
    places = [_moved(Path(path), folder) for path in paths]
    visitor_files.drop_empty(paths)
    return places


def _moved(file: Path, folder: Path) -> Path:
    """Move into `folder`, under a name that nothing there has yet."""
    target, number = folder / file.name, 1
    while target.exists():
        number += 1
        target = folder / f"{file.stem}-{number}{file.suffix}"
    try:
        shutil.move(file, target)
    except OSError as error:
        raise MediaError("An uploaded file could not be kept; choose it again.") from error
    return target
