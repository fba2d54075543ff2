"""A zipped recording that a visitor sent: only files of a recording leave it, by their own names, up to caps."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from explorer.foundation.damage import DAMAGE, open_zip
from explorer.foundation.errors import RecordError
from explorer.joints.files.recording.layout import HEADER, frames_of, segments_of

FILES = 50_000  # in the zip
UNPACKED_BYTES = 2 * 2**30  # of all files
LINES_BYTES = 64 * 2**20  # of the records, which are held in memory: twice what the recorder writes
FRAME_BYTES = 512 * 2**20  # of the arrays of one frame
RATIO, ROOM_BYTES = 100, 2**20  # how far a zip may shrink what it holds
PART = 2**20
_NAMES = re.compile(rf"{re.escape(HEADER)}|records-\d{{6}}(\.\d+)?\.jsonl|frame-\d{{9}}-\d+\.npz")
BROKEN = (*DAMAGE, ValueError)  # ValueError: names that are no text


def unpack_run(file: Path, folder: Path) -> str:
    """Take the recording in a zip into an empty folder; the name of the folder it lay in, or of the zip.

    Raises RecordError in words for what is no zip of one recording, leads outside of its folder, or is too large.
    """
    try:
        with open_zip(file, file.name, FILES) as archive:
            members = _members(archive, file)
            left = UNPACKED_BYTES
            for name, member in members.items():
                left -= copy_member(archive, member, folder / name, left)
    except RecordError:
        raise
    except BROKEN as error:
        raise RecordError(f"{file.name!r} is no zip, or is damaged. Pack the run's folder again.") from error
    for _, frame in frames_of(folder).values():
        _check_frame(frame)
    if not segments_of(folder) and not frames_of(folder):
        raise RecordError(f"{file.name!r} holds {HEADER} alone: no record and no frame of a run.")
    return PurePosixPath(next(iter(members.values())).filename).parent.name or file.stem


def _members(archive: zipfile.ZipFile, file: Path) -> dict[str, zipfile.ZipInfo]:
    """Name -> member of the files of the one recording in a zip."""
    found = [one for one in archive.infolist() if _NAMES.fullmatch(last_name(one.filename))]
    check_members(found, file)
    folders = {str(PurePosixPath(one.filename).parent) for one in found}
    if not found:
        raise RecordError(
            f"{file.name!r} holds no recording: {HEADER}, records-….jsonl and frame-….npz of one run. Nor does it hold "
            "two checkpoints of one run or more."
        )
    if len(folders) > 1:
        raise RecordError(f"{file.name!r} holds {len(folders)} recordings. Pack each in a zip of its own.")
    lines = sum(one.file_size for one in found if one.filename.endswith(".jsonl"))
    check_size(found, file, f", {lines / 2**20:,.0f} of them records" if lines else "", lines > LINES_BYTES)
    return {last_name(one.filename): one for one in found}


def check_members(members: Sequence[zipfile.ZipInfo], file: Path) -> None:
    """Raises RecordError for names that lead outside of a folder, and for what is encrypted."""
    for one in members:
        path = PurePosixPath(one.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", str(path)):
            raise RecordError(f"{file.name!r} names files outside of its own folder and was not opened.")
        if one.flag_bits & 1:
            raise RecordError(f"{file.name!r} is encrypted. Pack it without a password.")


def check_size(members: Sequence[zipfile.ZipInfo], file: Path, more: str = "", over: bool = False) -> None:
    """Raises RecordError for members that claim to unpack to more than is taken, or are `over` another cap, with
    `more` words on it."""
    claimed, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    if claimed > min(UNPACKED_BYTES, RATIO * packed + ROOM_BYTES) or over:
        raise RecordError(
            f"{file.name!r} unpacks to {claimed / 2**20:,.0f} MiB{more}, which is more "
            "than is taken here. Start the app beside it: python app.py --run FOLDER."
        )


def last_name(name: str) -> str:
    """The last part of a member's name, also of one that was written with the slashes of Windows."""
    return PurePosixPath(name.replace("\\", "/")).name


def copy_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Bytes that were written: no more than the member claims, and than are left."""
    size, limit = 0, min(member.file_size, most)
    with archive.open(member) as source, target.open("wb") as file:
        while part := source.read(PART):
            size += len(part)
            if size > limit:
                raise RecordError(f"{member.filename[:80]!r} unpacks to more than it claims; it was not opened.")
            file.write(part)
    return size


def _check_frame(path: Path) -> None:
    """Empty a frame whose arrays would unpack to far more than a frame has: it then counts as damaged."""
    try:
        with open_zip(path, path.name) as held:
            fits = sum(one.file_size for one in held.infolist()) <= FRAME_BYTES
    except (RecordError, *BROKEN):
        return  # the reader says so
    if not fits:
        path.write_bytes(b"")


def holds_recording(archive: zipfile.ZipFile) -> bool:
    """Whether any file of a recording lies in a zip."""
    return any(_NAMES.fullmatch(last_name(one.filename)) for one in archive.infolist())


def holds_run(folder: Path) -> bool:
    """Whether any file of a recording lies in a folder."""
    return (folder / HEADER).is_file() or bool(segments_of(folder)) or bool(frames_of(folder))
