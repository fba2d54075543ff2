"""Audits that were made elsewhere: a folder of an audit's files, or a zip of it, taken into a folder of their own.

`bring_audit` lets this process know one that the person who starts the server names; every visitor can open it.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from explorer.audit.indices.vectors import FILE as CODEBOOKS
from explorer.foundation.damage import DAMAGE, damage_in_words, open_zip
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.audit import Audit
from explorer.joints.files.audits import FILES, UNPACKED_BYTES, load_audit
from explorer.tokenizers import list_tokenizers

TAKEN = (*FILES, CODEBOOKS)  # the last one may be missing
GIVEN, GIVEN_AT_MOST = "given-", 64


def is_audit(files: Sequence[Path]) -> bool:
    """Whether the files are those of an audit, or one zip or folder of them."""
    if len(files) > 1:
        return set(FILES) <= {file.name for file in files} <= set(TAKEN)
    (file,) = files
    if file.is_dir():
        return all((file / name).is_file() for name in FILES)
    try:
        with open_zip(file, file.name) as archive:
            return _members(archive) is not None
    except (RecordError, *DAMAGE, ValueError):
        return False


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo] | None:
    """Name -> member of the files of the one audit in a zip, whatever folder they lie in; None if there is none."""
    found = [one for one in archive.infolist() if PurePosixPath(one.filename).name in TAKEN]
    folders = {PurePosixPath(one.filename).parent for one in found if PurePosixPath(one.filename).name == FILES[0]}
    if len(folders) != 1:
        return None
    (folder,) = folders
    members = {PurePosixPath(one.filename).name: one for one in found if PurePosixPath(one.filename).parent == folder}
    return members if set(FILES) <= set(members) else None


def take_audit(files: Sequence[Path], folder: Path) -> Audit:
    """Copy the files of an audit into `folder`, and read it. Raises RecordError, in words, if it cannot be used."""
    words = f"The audit in {files[0].name!r} cannot be read, or is damaged. Copy or pack it again."
    with damage_in_words(words):
        if len(files) == 1 and files[0].is_file():
            with open_zip(files[0], files[0].name) as archive:
                members = _members(archive)
                if members is None:
                    raise RecordError(f"{files[0].name!r} holds no audit.")
                if sum(one.file_size for one in members.values()) > UNPACKED_BYTES:
                    raise RecordError(f"The audit in {files[0].name!r} unpacks to more than 2 GiB.")
                for name, member in members.items():
                    with archive.open(member) as source:
                        _copy(source, folder / name)
        else:
            there = list(files[0].iterdir()) if len(files) == 1 else files
            for file in there:
                if file.name in TAKEN and file.is_file():
                    with file.open("rb") as source:
                        _copy(source, folder / file.name)
    return load_audit(folder)


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)


def tokenizer_of(audit: Audit) -> str | None:
    """The tokenizer of an audit if it is here, with codebooks of the same sizes; else None."""
    for spec in list_tokenizers():
        if spec.id == audit.tokenizer_id:
            sizes = [level.codebook_size for level in audit.levels]
            same = spec.num_quantizers == len(sizes) and set(sizes) == {spec.codebook_size}
            return spec.id if same else None
    return None


@dataclass(frozen=True)
class GivenAudit:
    """An audit that the person who started the server named. folder: its files."""

    id: str
    audit: Audit
    folder: Path
    tokenizer: str | None


_lock = threading.Lock()
_given: dict[str, GivenAudit] = {}
_root: list[Path] = []


def bring_audit(path: str | Path) -> GivenAudit:
    """Let every visitor open the audit in a folder or zip. Raises RecordError if there is none."""
    path = Path(path).expanduser()
    if not path.exists() or not is_audit([path]):
        raise RecordError(f"{str(path)[:200]!r} holds no audit: a folder or zip with {', '.join(FILES)}.")
    with _lock:
        if len(_given) >= GIVEN_AT_MOST:
            raise ExplorerError(f"At most {GIVEN_AT_MOST} audits can be named.")
        if not _root:
            _root.append(Path(tempfile.mkdtemp(prefix="explorer-given-")))
            atexit.register(shutil.rmtree, _root[0], ignore_errors=True)
        audit_id = f"{GIVEN}{len(_given) + 1}"
        folder = _root[0] / audit_id
        folder.mkdir()
        audit = take_audit([path], folder)
        _given[audit_id] = GivenAudit(audit_id, audit, folder, tokenizer_of(audit))
        return _given[audit_id]


def given_audits() -> tuple[GivenAudit, ...]:
    """All that were named, in their order."""
    with _lock:
        return tuple(_given.values())
