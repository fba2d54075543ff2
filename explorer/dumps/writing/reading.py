"""A medium of a dump that `tokenize` wrote, found by its name or number, as the indices that it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from explorer.dumps.arrays import DumpRows, Refusal
from explorer.dumps.opening import open_dump
from explorer.dumps.writing.manifest import MANIFEST, Shard, codes_in, read_manifest, read_shard, stem_of
from explorer.foundation.errors import RecordError

ROW_AT_ONCE = 2**20  # numbers of an array that are read at a time
NAMES_SEARCHED = 10_000  # for one that is meant


@dataclass(frozen=True)
class DumpedMedium:
    """indices: of each level, in its shape. entry: what the shard says of it. manifest: of the dump."""

    indices: tuple[np.ndarray, ...]
    entry: Mapping[str, Any]
    manifest: Mapping[str, Any]


def read_medium(folder: Path, wanted: str) -> DumpedMedium:
    """wanted: the name of a medium, or its number as the shards say it.

    Raises RecordError for a folder that is no dump, a damaged shard, or a medium that is not in it.
    """
    manifest = read_manifest(folder)
    codes = codes_in(manifest, folder.name)
    names: list[str] = []
    for shard in shards_of(folder, manifest):
        entries = shard.meta["media"]
        names += [entry["name"] for entry in entries]
        skipped = next((why for name, why in shard.meta["skipped"] if name == wanted), None)
        if skipped is not None:
            raise RecordError(f"{wanted!r} was skipped when the dump was made: {skipped}")
        for row, entry in enumerate(entries):
            if wanted in (entry["name"], str(entry["number"])):
                numbers = _row(folder, shard, row)
                try:
                    indices = codes.levels(numbers, [tuple(shape) for shape in entry["shapes"]])
                except RecordError as error:
                    raise RecordError(
                        f"{entry['name']!r} in {stem_of(shard.number)} cannot be used: {error}."
                    ) from error
                return DumpedMedium(indices, entry, manifest)
    near = get_close_matches(wanted, names[:NAMES_SEARCHED], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise RecordError(
        f"There is no medium {wanted[:100]!r} among the {len(names):,} of {folder.name!r}.{hint} Give a name as the "
        f"source had it, or a number: both stand in {stem_of(0)}.json and the files after it."
    )


def shards_of(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Shard]:
    """All shards that are whole, in their order. Raises RecordError for one that a complete dump lacks."""
    try:
        files, each = int(manifest["media"]["files"]), int(manifest["storage"]["files_a_shard"])
        spans = [(first, min(first + each, files)) for first in range(0, files, each)]
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"The {MANIFEST} of {folder.name!r} cannot be used: it lacks something ({error}).") from error
    for number, (first, stop) in enumerate(spans):
        shard = read_shard(folder, number, first, stop)
        if shard is not None:
            yield shard
        elif manifest.get("complete"):
            raise RecordError(
                f"{stem_of(number)} of {folder.name!r} is missing or cut short. The command that made the dump makes "
                "it again."
            )


def _row(folder: Path, shard: Shard, row: int) -> np.ndarray:
    """The numbers of medium `row` of a shard, as they are stored."""
    for name, said in shard.files.items():
        path = folder / name
        if sha256(path.read_bytes()).hexdigest() != said["sha256"]:
            raise RecordError(f"{name!r} is not as it was written: its SHA-256 is another one.")
        for part in open_dump(path).parts():
            if isinstance(part, Refusal):
                raise RecordError(part.why)
            if isinstance(part, DumpRows):
                if row < len(part.lengths):
                    stop = int(part.lengths[: row + 1].sum())
                    return part.values[stop - int(part.lengths[row]) : stop]
                row -= len(part.lengths)
                continue
            (array,) = part
            many, each = (array.shape[0], array.size // array.shape[0]) if name.endswith(".npy") else (1, array.size)
            if row < many:
                return np.concatenate(list(array.pieces(ROW_AT_ONCE, row * each, (row + 1) * each)))
            row -= many
    raise RecordError(f"{stem_of(shard.number)} holds fewer media than it says.")


def skipped_in(folder: Path, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, why) of all files that could not be read."""
    return [(name, why) for shard in shards_of(folder, manifest) for name, why in shard.meta["skipped"]]
