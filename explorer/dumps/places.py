"""Where a dump lies: files, folders, globs and addresses of fsspec -> the files there are, in order."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from explorer.dumps.dataset_folders import dataset_files
from explorer.dumps.own import own_files
from explorer.foundation.errors import RecordError, SettingsError

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface_hub", "az": "adlfs", "abfs": "adlfs"}
SEVERAL = "*?["


@dataclass(frozen=True)
class DumpFile:
    """One file. name: as it is told, below what was given. path: of this machine, None for an address elsewhere.
    stamp: what changes when the file does, None where nobody can tell. where: the one place where it lies, which is
    the same however it was named."""

    name: str
    path: Path | None
    open: Callable[[], BinaryIO]
    stamp: Callable[[], object]
    where: str = ""

    @property
    def ending(self) -> str:
        """ ".parquet", and ".tar.gz" as a whole."""
        suffixes = PurePosixPath(self.name.lower()).suffixes
        return "".join(suffixes[-2:]) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


@dataclass(frozen=True)
class Places:
    """title: what was given, in short. files: in their order, each once. alone: whether a file was named alone.
    again: names of those that were given more than once."""

    title: str
    files: tuple[DumpFile, ...]
    alone: bool
    again: tuple[str, ...] = ()


def find_files(places: Sequence[str | Path]) -> Places:
    """All files at the places, a folder's and a glob's in the order of their names (2 before 10), hidden ones left out.

    Raises RecordError for a place where there is nothing, SettingsError for an address without its package.
    """
    if not places:
        raise SettingsError("Name a file, folder or glob of indices.")
    files: list[DumpFile] = []
    again: dict[str, None] = {}
    seen: set[str] = set()
    for file in (file for place in places for file in _at(str(place))):
        if file.where and file.where in seen:
            again[file.name] = None
            continue
        files.append(file)
        seen.add(file.where)
    first = str(places[0]).rstrip("/").rpartition("/")[2] or str(places[0])
    title = first if len(places) == 1 else f"{first} and {len(places) - 1:,} more"
    alone = len(files) == 1 and files[0].name == first
    return Places(title, tuple(files), alone, tuple(again))


def _at(place: str) -> Iterator[DumpFile]:
    if ADDRESS.match(place):
        yield from _elsewhere(place)
        return
    path = Path(place)
    if path.is_dir():
        yield from _folder(path)
    elif path.is_file():
        yield local_file(path, path.name)
    elif any(letter in place for letter in SEVERAL):
        matches = in_order(glob.glob(place, recursive=True), str)
        if not matches:
            raise RecordError(f"Nothing matches {place[:200]!r}.")
        for match in matches:
            yield from _at(match) if Path(match).is_dir() else [local_file(Path(match), Path(match).name)]
    else:
        raise RecordError(f"There is no file {place[:200]!r}. Give a file, folder or glob of indices.")


def local_file(path: Path, name: str) -> DumpFile:
    def stamp() -> object:
        try:
            seen = path.stat()
        except OSError:
            return "gone"
        return seen.st_size, seen.st_mtime_ns

    # A link is a file of its own, so none is followed.
    return DumpFile(name, path, partial(path.open, "rb"), stamp, os.path.abspath(path))


def _folder(path: Path) -> Iterator[DumpFile]:
    listed = dataset_files(path)
    listed = own_files(path) if listed is None else listed
    if listed is not None:
        for file in listed:
            yield local_file(file, str(file.relative_to(path)))
        return
    # A link to nothing is a file that cannot be read, which is to be named.
    inside = [file for file in path.rglob("*") if file.is_file() or (file.is_symlink() and not file.exists())]
    for file in in_order(inside, lambda file: str(file.relative_to(path))):
        if not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield local_file(file, str(file.relative_to(path)))


def _elsewhere(address: str) -> Iterator[DumpFile]:
    """An address of fsspec: a file, a folder or a glob."""
    kind = address.partition("://")[0].lower()
    try:
        import fsspec  # of no use to dumps on this machine
    except ImportError as error:
        raise SettingsError("An address is read by fsspec, which is not here: pip install fsspec") from error
    try:
        system, path = fsspec.core.url_to_fs(address)
        many = any(letter in path for letter in SEVERAL)
        there = many or system.exists(path)
        names = system.glob(path) if many else system.find(path) if there and system.isdir(path) else [path]
    except (ImportError, ValueError) as error:
        package = PACKAGES.get(kind)
        hint = f": pip install {package}" if package else f" ({error})"
        raise SettingsError(f"{kind}:// cannot be read here{hint}") from error
    except Exception as error:  # each system raises errors of its own: no network, no rights, no such bucket
        raise RecordError(f"{address[:200]!r} cannot be reached: {error}") from error
    if not names or not there:
        raise RecordError(f"There is nothing at {address[:200]!r}.")
    for name in in_order(names, str):
        shown = name.removeprefix(path).lstrip("/") if not many else ""
        if not PurePosixPath(name).name.startswith("."):
            yield _remote_file(system, name, shown or PurePosixPath(name).name)


def _remote_file(system: Any, path: str, name: str) -> DumpFile:
    def stamp() -> object:
        system.invalidate_cache()
        return system.ukey(path)

    kinds = [system.protocol] if isinstance(system.protocol, str) else list(system.protocol)
    where = os.path.abspath(path) if "file" in kinds else system.unstrip_protocol(path)
    return DumpFile(name, None, lambda: system.open(path, "rb"), stamp, where)


def in_order(things: Iterable[Any], name: Callable[[Any], str]) -> list[Any]:
    """Sorted so that 2.npy comes before 10.npy."""
    return sorted(things, key=lambda thing: _numbers_apart(name(thing)))


def _numbers_apart(name: str) -> list[str | int]:
    """A name cut so that 2.npy comes before 10.npy: text and numbers in turn, text first. Other digits are text."""
    parts, digits = [""], False
    for letter in name:
        if (letter.isascii() and letter.isdigit()) != digits:
            parts.append("")
            digits = not digits
        parts[-1] += letter
    return [int(part) if number % 2 else part for number, part in enumerate(parts)]
