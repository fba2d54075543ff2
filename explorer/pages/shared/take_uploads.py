"""Take files that a visitor sent into the folder of their page, where what works on them finds them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.pages.shared.visitor_files import files as visitor_files
from explorer.pages.shared.visitors import Visitor

FILES = 1000  # of one upload


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
    size = sum(file.stat().st_size for file in claim_uploads(visitor, paths))
    if size > limits.audit_upload_bytes:
        raise MediaError(
            f"These files have {size / 2**20:,.0f} MiB, over the cap of {limits.audit_upload_bytes / 2**20:,.0f} MiB. "
            f"For more there is the command line: python -m explorer {command}."
        )
    return move_uploads(visitor, paths)


def claim_uploads(visitor: Visitor, paths: Sequence[str]) -> list[Path]:
    """Uploaded files, which are the visitor's from now on. Raises MediaError for what is no upload of this visitor."""
    try:
        visitor_files.claim(paths, visitor.owner)
    except ExplorerError as error:
        raise MediaError(str(error)) from error
    return [Path(path) for path in paths]


def move_uploads(visitor: Visitor, paths: Sequence[str]) -> list[Path]:
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
