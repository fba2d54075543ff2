"""The modules and style sheets of the views, as a browser asks for them: under an address that names their content."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

VIEWS_FOLDER = Path(__file__).resolve().parents[2]
TYPES = {".js": "text/javascript", ".css": "text/css"}  # by suffix; nothing else is given out


def files_of(folder: Path) -> dict[str, Path]:
    """Name below `folder`, with slashes -> file: every module and style sheet, sorted by name."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in TYPES}
    return dict(sorted(found.items()))


def address_of(files: dict[str, Path]) -> str:
    """ "views-" and 16 digits that differ as soon as one name or one byte of the files does."""
    digest = sha256()
    for name, path in files.items():
        digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return f"views-{digest.hexdigest()[:16]}/"


@cache
def module_files() -> dict[str, Path]:
    """Those that the app ships, as they were when the server began."""
    return files_of(VIEWS_FOLDER)


@cache
def views_address() -> str:
    """Their address, relative to the app's own root, so that it holds under any path of a proxy."""
    return address_of(module_files())
