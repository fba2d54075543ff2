"""What a dump that `tokenize` wrote says of itself: nobody need name its axes or the size of its codebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explorer.dumps.writing.manifest import MANIFEST, read_manifest
from explorer.foundation.errors import RecordError


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
