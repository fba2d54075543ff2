"""What a dump that `tokenize` wrote says of itself: nobody need name its axes or the size of its codebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explorer.dumps.writing.manifest import MANIFEST, read_manifest
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of, is_are


def read_own(places: Sequence[str | Path]) -> tuple[str, list[int] | None] | None:
    """(axes, codebook sizes by level) of one folder that `tokenize` wrote; None for anything else. No sizes where
    numbers are no plain codes of their level: with the offset of a vocabulary, and of levels that stand in one row.
    Raises RecordError for a damaged manifest."""
    folder = Path(places[0])
    if len(places) != 1 or not (folder / MANIFEST).is_file():
        return None
    try:
        meta = read_manifest(folder)
    except RecordError as error:
        if "no manifest" in str(error):  # of something else
            return None
        raise
    try:
        axes, sizes = str(meta["axes"]), [int(level["codebook_size"]) for level in meta["levels"]]
        plain = meta["vocabulary"] is None and (len(sizes) == 1 or "q" in axes)
        return f"b,{axes}" if meta["storage"]["format"] == "npy" else axes, sizes if plain else None
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"The {MANIFEST} of {folder.name!r} cannot be used: it lacks something ({error}).") from error


def size_words(places: Sequence[str | Path]) -> str:
    """How many codes the numbers of a folder that `tokenize` wrote with an offset may be; "" for anything else."""
    folder = Path(places[0])
    try:
        needed = int(read_manifest(folder)["vocabulary"]["size_needed"])
    except (RecordError, KeyError, TypeError, ValueError):
        return ""
    return f" The ids in {folder.name!r} are of a vocabulary of {count_of(needed, 'entry', 'entries')}."


def _named(folder: Path) -> list[str] | None:
    """The files that the manifest of a whole dump names; None where there is none, or it is not complete."""
    try:
        meta = read_manifest(folder)
        return [str(shard["file"]) for shard in meta["shards"]] if meta["complete"] else None
    except (RecordError, KeyError, TypeError):
        return None  # of something else, or damaged, which is said where it is needed


def own_files(folder: Path) -> list[Path] | None:
    """The files of a whole dump that `tokenize` wrote, those alone that its manifest names; None for anything else."""
    named = _named(folder)
    return (
        None if named is None else [folder / Path(name).name for name in named if (folder / Path(name).name).exists()]
    )


def lacking_words(place: str | Path) -> tuple[str, ...]:
    """What a folder that `tokenize` wrote lacks, or has too much of, as sentences; () for a whole one and for anything
    else."""
    folder = Path(place)
    files = _named(folder)
    if files is None:
        try:
            stopped = not read_manifest(folder)["complete"]
        except (RecordError, KeyError, TypeError):
            return ()
        words = f"{folder.name!r} is not complete: `tokenize` was stopped, or still writes. Its command goes on."
        return (words,) if stopped else ()
    found = []
    if gone := [file for file in files if not (folder / file).is_file()]:
        of = f"{len(gone):,} of {count_of(len(files), 'file')} that {MANIFEST} names"
        found.append(f"{of} {is_are(len(gone))} missing: {_first(gone)}.")
    endings = {Path(file).suffix for file in files}
    if more := [one.name for one in sorted(folder.iterdir()) if one.suffix in endings and one.name not in files]:
        was = "was" if len(more) == 1 else "were"
        found.append(
            f"{count_of(len(more), 'file')} beside those that {MANIFEST} names {was} left out: {_first(more)}."
        )
    return tuple(found)


def _first(names: Sequence[str]) -> str:
    return f"{names[0]!r}" + (f" and {len(names) - 1:,} more" if len(names) > 1 else "")
