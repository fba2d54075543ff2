"""What a dump that `tokenize` wrote says of itself: nobody need name its axes or the size of its codebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explorer.dumps.writing.manifest import MANIFEST, read_manifest
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of, is_are


def read_own(places: Sequence[str | Path]) -> tuple[str, list[int]] | None:
    """(axes, codebook sizes by level) of one folder with plain codes; None for anything else, also for numbers with the
    offset of a vocabulary, and levels that stand in one row. Raises RecordError for a damaged manifest."""
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
        return (f"b,{axes}" if meta["storage"]["format"] == "npy" else axes, sizes) if plain else None
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"The {MANIFEST} of {folder.name!r} cannot be used: it lacks something ({error}).") from error


def lacking_words(place: str | Path) -> tuple[str, ...]:
    """What a folder that `tokenize` wrote lacks, as sentences; () for a whole one and for anything else."""
    folder = Path(place)
    try:
        meta = read_manifest(folder)
        if not meta["complete"]:
            return (f"{folder.name!r} is not complete: `tokenize` was stopped, or still writes. Its command goes on.",)
        files = [str(shard["file"]) for shard in meta["shards"]]
    except (RecordError, KeyError, TypeError):
        return ()  # of something else, or damaged, which is said where it is needed
    gone = [file for file in files if not (folder / file).is_file()]
    if not gone:
        return ()
    named = f"{gone[0]!r}" + (f" and {len(gone) - 1:,} more" if len(gone) > 1 else "")
    of = f"{len(gone):,} of {count_of(len(files), 'file')} that {MANIFEST} names"
    return (f"{of} {is_are(len(gone))} missing: {named}.",)
