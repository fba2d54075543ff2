"""Open a dump: one file, or many of one format as one, each of which is opened when its turn comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from explorer.dumps.arrays import Dump, Member, Part, Refusal
from explorer.dumps.dataset_folders import unlisted_words
from explorer.dumps.formats import ENDINGS, FORMATS, DumpFormat, read_file
from explorer.dumps.numbering import numbering_words
from explorer.dumps.own import lacking_words
from explorer.dumps.places import DumpFile, Places, find_files
from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of


def open_dump(places: str | Path | Sequence[str | Path], field: str | None = None) -> Dump:
    """What is at a file, folder, glob or address, or at several. field: of lines, columns and the like.

    Raises RecordError for what holds no indices, SettingsError for a field that is not for it or a missing package.
    """
    places = [places] if isinstance(places, str | Path) else list(places)
    found = find_files(places)
    lacking = [
        words for place in dict.fromkeys(map(str, places)) for words in (*lacking_words(place), *unlisted_words(place))
    ]
    told = (*_again_words(found.again), *lacking)
    if found.alone:
        return _with_stamps(_read(found.files[0], field, None), found.files, told)
    kind, files, notes = _of_one_format(found)
    notes += numbering_words([file.name for file in files])
    return _with_stamps(_many(found.title, files, field, kind), files, told + notes)


def _again_words(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {count_of(len(names) - 1, 'more file')}" if len(names) > 1 else ""
    return (f"{names[0]!r}{more} {'were' if more else 'was'} given more than once, and counted once.",)


def _of_one_format(found: Places) -> tuple[DumpFormat, tuple[DumpFile, ...], tuple[str, ...]]:
    """The first of FORMATS that some of the files are of, its files, and what is left out, in words."""
    kinds = Counter(kind.id for file in found.files if (kind := ENDINGS.get(file.ending)))
    kind = next((one for one in FORMATS if one.id in kinds), None)
    if kind is None:
        known = ", ".join(ENDINGS)
        raise RecordError(f"{found.title!r} holds no file of indices, of {len(found.files):,} files: {known} are read.")
    files = tuple(file for file in found.files if ENDINGS.get(file.ending) is kind)
    left = Counter(ENDINGS[file.ending].title for file in found.files if ENDINGS.get(file.ending) not in (None, kind))
    notes = tuple(
        f"{many:,} {title} files beside the {len(files):,} {kind.title} files were left out: one format is read at a "
        "time."
        for title, many in left.items()
    )
    return kind, files, notes


def _many(title: str, files: Sequence[DumpFile], field: str | None, kind: DumpFormat) -> Dump:
    """All files one after another; one that cannot be read is refused by name, and the next is opened."""
    first, why = None, ""
    for file in files:
        try:
            first = _read(file, field, kind)
            break
        except RecordError as error:
            why = why or str(error)
    if first is None:
        raise RecordError(why)

    members = tuple(Member(file.name, partial(_read, file, field, kind)) for file in files)

    def parts() -> Iterator[Part]:
        return chain.from_iterable(map(parts_of, members))

    return Dump(title, first.first, parts, first.listed or "file", first.one_by_level, members=members)


def parts_of(member: Member) -> Iterator[Part]:
    """What is in one file of many; what cannot be read is a Refusal."""
    try:
        yield from member.open().parts()
    except (RecordError, *DAMAGE) as error:
        yield unreadable(member.name, error)


def unreadable(name: str, error: Exception) -> Refusal:
    """Why a file, or the rest of it, is left out."""
    told = str(error) if isinstance(error, RecordError) else f"{name!r} cannot be read, or is damaged ({error})."
    return Refusal(name, told)


def _read(file: DumpFile, field: str | None, kind: DumpFormat | None) -> Dump:
    try:
        return read_file(file, field, kind)
    except DAMAGE as error:
        raise RecordError(f"{file.name!r} cannot be read, or is damaged ({error}).") from error


def _with_stamps(dump: Dump, files: Sequence[DumpFile], notes: tuple[str, ...] = ()) -> Dump:
    """The dump, and what tells whether its files were changed while they were read."""
    before = [file.stamp() for file in files]

    def changed() -> str:
        other = [file.name for file, then in zip(files, before, strict=True) if file.stamp() != then]
        if not other:
            return ""
        named = f"{other[0]!r}" + (f" and {len(other) - 1:,} more files" if len(other) > 1 else "")
        return f"{named} changed while it was read: what was counted is of neither state. Count it again."

    stamps = tuple((file.name, repr(then)) for file, then in zip(files, before, strict=True))
    return replace(dump, notes=dump.notes + notes, changed=changed, stamps=stamps)
