"""Dumps as WebDataset: a tar of samples, whose files share a name up to its first dot; one of each holds tokens.

Format: https://github.com/webdataset/webdataset#the-webdataset-format . The tar is read as a stream, unpacked nowhere.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np

from explorer.dumps.arrays import FIELDS, Dump, Part, Refusal, RowGatherer, listed_dump
from explorer.dumps.json_lines import indices_in
from explorer.dumps.places import DumpFile
from explorer.foundation.errors import RecordError

KINDS = ("npy", "json")
MEMBER_BYTES = 2**31


def read_webdataset(file: DumpFile, field: str | None = None) -> Dump:
    """Each sample a medium. field: ending of its tokens ("tokens.npy"), or an entry of its .json.

    Raises RecordError where no sample holds tokens, or several files of one may.
    """
    ending, entry = _ending(file, field)

    def parts() -> Iterator[Part]:
        rows = RowGatherer()
        for name, own, data in _members(file, ending):
            try:
                if own is None:
                    raise RecordError(f"{name}: it has no file .{ending}.")
                yield from rows.add(name, _indices(name, own, data, entry))
            except RecordError as error:
                yield from rows.rest()
                yield Refusal(name, str(error))
        yield from rows.rest()

    return listed_dump(file.name, "sample", parts, f"{file.name!r} holds no samples.")


def _ending(file: DumpFile, field: str | None) -> tuple[str, str | None]:
    """(ending of the files with tokens, entry of a .json) by the first sample."""
    there: list[str] = []
    key = None
    for name, _ in _walk(file):
        own, _, ending = name.partition(".")
        if key is not None and own != key and any(_kind(one) for one in there):
            break
        key = own
        there.append(ending)
    able = [ending for ending in there if _kind(ending)]
    if field is not None and field in there:
        return field, None
    named = [ending for ending in able if ending.rpartition(".")[0].rpartition(".")[2] in FIELDS]
    for some in (named[:1], [one for one in able if _kind(one) == "npy"], able):
        if len(some) == 1:
            return some[0], field
    raise RecordError(
        f"{file.name!r} holds {'several' if able else 'no'} files of tokens (.npy or .json) a sample: "
        f"{', '.join(there[:10]) or 'none'}. Name the ending of the tokens (--field)."
    )


def _kind(ending: str) -> str:
    last = ending.lower().rpartition(".")[2]
    return last if last in KINDS else ""


def _walk(file: DumpFile) -> Iterator[tuple[str, io.BufferedIOBase | None]]:
    """(path without its folders' dots, open file) of every plain file."""
    try:
        with file.open() as opened, tarfile.open(fileobj=opened, mode="r|*") as tar:
            for member in tar:
                if member.isfile() and not PurePosixPath(member.name).name.startswith("."):
                    if member.size > MEMBER_BYTES:
                        raise RecordError(f"{file.name}, {member.name[:100]}: {member.size:,} bytes are too many.")
                    yield PurePosixPath(member.name).name, tar.extractfile(member)
    except (tarfile.TarError, EOFError) as error:
        raise RecordError(f"{file.name!r} is cut short, damaged or no tar ({error}).") from error


def _members(file: DumpFile, ending: str) -> Iterator[tuple[str, str | None, bytes]]:
    """(name, ending, content) of the file of tokens of every sample; None and nothing where it has none."""
    key, seen = None, True
    for name, opened in _walk(file):
        own, _, of = name.partition(".")
        if own != key:
            if not seen:
                yield f"{file.name}, {key}", None, b""
            key, seen = own, False
        if of == ending and opened is not None:
            seen = True
            yield f"{file.name}, {name}", of, opened.read()
    if not seen:
        yield f"{file.name}, {key}", None, b""


def _indices(name: str, ending: str, data: bytes, entry: str | None) -> np.ndarray:
    if _kind(ending) == "json":
        try:
            return indices_in(name, json.loads(data), entry)
        except (ValueError, RecursionError) as error:
            if isinstance(error, RecordError):
                raise
            raise RecordError(f"{name}: this is no JSON.") from error
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise RecordError(f"{name}: this is no array of numpy (.npy) of plain numbers.") from error
    if not isinstance(array, np.ndarray) or array.ndim < 1 or not array.size:
        raise RecordError(f"{name}: it holds no tokens.")
    return array
