"""Where the media of an audit come from: a folder, a zip read in place, single files, or the samples of the app.

A source only lists names; `open` reads one medium and raises MediaError, in plain words, for what is none. Names are
labels and never become paths. Hidden files and what macOS and Windows add to folders and zips are not counted as media.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from explorer.foundation.config import Limits
from explorer.foundation.damage import listed_in_zip
from explorer.foundation.errors import MediaError
from explorer.media.listing import compose_accents, hidden, is_hidden, name_in_zip
from explorer.media.medium import Medium, Modality, load_medium
from explorer.media.pictures.opening import in_words
from explorer.media.samples import SAMPLE_PREFIX, sample, samples_of, samples_title

ZIP_DIRECTORY_BYTES = 16 * 2**20  # of the list of members, which is read as a whole: some 150,000 names
ZIP_RATIO = 100  # a zip may claim to unpack to so many times its own size, and 64 MiB more
ZIP_ROOM_BYTES = 64 * 2**20


@dataclass(frozen=True)
class MediaSource:
    """title: what it is called. names: of all media, in a fixed order. read(i, modality): a Medium, or MediaError."""

    title: str
    names: tuple[str, ...]
    read: Callable[[int, Modality], Medium]

    def __len__(self) -> int:
        return len(self.names)

    def open(self, number: int, modality: Modality = "image") -> Medium:
        """Medium `number`, of any thread. Raises MediaError if it is not of that modality, or damaged."""
        return self.read(number, modality)


def open_source(path: str | Path, limits: Limits | None = None) -> MediaSource:
    """A folder (with its subfolders), a zip or a single file. Raises MediaError if there is nothing to audit."""
    path, limits = Path(path), limits or Limits()
    if path.is_dir():
        return folder_source(path, limits)
    if not path.is_file():
        raise MediaError(f"There is no folder or file {str(path)[:200]!r}. Give a folder or a zip of media.")
    if zipfile.is_zipfile(path):
        return zip_source(path, limits)
    if path.suffix.lower() == ".zip":
        raise MediaError(f"{path.name!r} is not a zip archive, or is damaged. Pack it again.")
    return files_source([path], limits)


def folder_source(folder: Path, limits: Limits) -> MediaSource:
    """All files under `folder`, sorted by name; links to folders are not followed."""
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not hidden(name)]
        found += [Path(root) / name for name in files if not hidden(name)]
    ordered = sorted((compose_accents(path.relative_to(folder).as_posix()), path) for path in found)
    if not ordered:
        raise MediaError(f"There are no files in the folder {folder.name or str(folder)!r}.")
    title = folder.resolve().name or str(folder)

    def read(number: int, modality: Modality) -> Medium:
        return load_medium(ordered[number][1], limits, modality)

    return MediaSource(title, _printable([name for name, _ in ordered]), read)


def files_source(paths: Sequence[Path], limits: Limits) -> MediaSource:
    """Some files, in the order given."""
    if not paths:
        raise MediaError("No file was given.")
    title = paths[0].name if len(paths) == 1 else f"{len(paths):,} files"
    names = _printable([path.name for path in paths])
    return MediaSource(title, names, lambda number, modality: load_medium(paths[number], limits, modality))


def source_named(name: str | Path, modality: Modality, limits: Limits | None = None) -> MediaSource:
    """What a person named: "sample:all", "sample:ID", or else as `open_source`. Raises UnknownIdError for a sample that
    there is not, MediaError for one of another modality."""
    if not str(name).startswith(SAMPLE_PREFIX):
        return open_source(name, limits)
    wanted = str(name).removeprefix(SAMPLE_PREFIX)
    if wanted == "all":
        return samples_source(modality)
    one = sample(wanted)
    if one.modality != modality:
        raise MediaError(f"{name} is of the modality {one.modality}, and the tokenizer takes {modality}.")
    return MediaSource(one.title, (one.id,), lambda number, wanted: one.load())


def samples_source(modality: Modality = "image") -> MediaSource:
    """The media of one modality that come with the app; a name is the id of a sample."""
    chosen = samples_of(modality)
    names = tuple(chosen)
    return MediaSource(samples_title(modality), names, lambda number, wanted: chosen[names[number]].load())


def zip_source(path: Path, limits: Limits) -> MediaSource:
    """The files in a zip, in the order of their names, read one at a time and never unpacked to the disk.

    Raises MediaError for a zip without files, with more names than can be listed, or that claims to unpack to far
    more than it is. A member that is encrypted, larger than `limits.upload_bytes`, or whose name points outside the
    archive is refused when it is opened.
    """
    size = path.stat().st_size
    with in_words(f"{path.name!r} is not a zip archive, or is damaged. Pack it again."):
        _check_directory(path)
        archive = zipfile.ZipFile(path)
    named = [(compose_accents(name_in_zip(member)), member) for member in archive.infolist() if not member.is_dir()]
    named = sorted((one for one in named if not is_hidden(one[0])), key=lambda one: one[0])
    members = [member for _, member in named]
    claimed = sum(member.file_size for member in members)
    if claimed > ZIP_RATIO * size + ZIP_ROOM_BYTES:
        raise MediaError(
            f"The zip has {size / 2**20:,.1f} MiB and claims to unpack to {claimed / 2**20:,.0f} MiB. Media do "
            "not shrink so much; unpack it and give the folder if it is meant so."
        )
    if not members:
        raise MediaError(f"There are no files in the zip {path.name!r}.")
    names = _printable([name for name, _ in named])

    def read(number: int, modality: Modality) -> Medium:
        return load_medium(_member(archive, members[number], limits), limits, modality)

    return MediaSource(path.name, names, read)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The bytes of a member, at most `limits.upload_bytes` whatever its header claims."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or re.match("[A-Za-z]:", str(name)):
        raise MediaError("Its name points outside the archive.")
    if member.flag_bits & 1:
        raise MediaError("It is encrypted. Pack it without a password.")
    if member.file_size > limits.upload_bytes:
        raise MediaError(
            f"It has {member.file_size / 2**20:,.1f} MiB, over the cap of {limits.upload_bytes / 2**20:,.1f} MiB."
        )
    with (
        in_words("It is damaged, or packed in a way that cannot be read. Pack it again."),
        archive.open(member) as file,
    ):
        return file.read(limits.upload_bytes)


def _check_directory(path: Path) -> None:
    """Refuse a zip whose list of members is too long to be read, before it is."""
    with path.open("rb") as file:
        _, listed = listed_in_zip(file)
    if listed > ZIP_DIRECTORY_BYTES:
        raise MediaError(
            f"The list of files in the zip has {listed / 2**20:,.0f} MiB, over the cap of "
            f"{ZIP_DIRECTORY_BYTES / 2**20:,.0f} MiB. Unpack it and give the folder."
        )


def _printable(names: Sequence[str]) -> tuple[str, ...]:
    """Names as text that JSON and HTML can hold: undecodable bytes of a file name become question marks."""
    return tuple(name.encode("utf-8", "replace").decode("utf-8") for name in names)
