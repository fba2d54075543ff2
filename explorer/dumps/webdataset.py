"""Dumps as WebDataset: a tar of samples, whose files share a name up to its first dot; one of each holds tokens.

Format: https://github.com/webdataset/webdataset#the-webdataset-format . The tar is unpacked nowhere.
"""

from __future__ import annotations

import io
import json
import math
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, Self

import numpy as np

from explorer.dumps.arrays import (
    FIELDS,
    Dump,
    Item,
    Items,
    Part,
    gather_rows,
    items_between,
    listed_dump,
)
from explorer.dumps.json_lines import indices_in
from explorer.dumps.places import DumpFile
from explorer.foundation.damage import DAMAGE, open_arrays
from explorer.foundation.errors import ExplorerError, RecordError

KINDS = ("npy", "json")
MEMBER_BYTES = 2**28  # of the tokens of one sample, which are in memory
RATIO, ROOM_BYTES = 200, 2**30  # how far a compressed tar may shrink what it holds
LONGER = (b"x", b"g", b"X", b"L", b"K")  # types of headers whose text follows
LONGER_BYTES = 2**16  # of a name or a list of attributes
FAULTS = (tarfile.TarError, EOFError, zlib.error, ValueError, LookupError, OverflowError, RecursionError)
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # how gzip, bzip2 and xz begin


def read_webdataset(file: DumpFile, field: str | None = None) -> Dump:
    """Each sample a medium. field: ending of its tokens ("tokens.npy"), or an entry of its .json.

    Raises RecordError where no sample holds tokens, or several files of one may.
    """
    ending, entry = _ending(file, field)

    def samples(first: int) -> Iterator[Item]:
        for number, (name, of, data) in enumerate(_members(file, ending, first)):
            yield number, name, partial(_indices, name, of, data, ending, entry)

    def parts(first: int, stop: int | None) -> Iterator[Part]:
        return gather_rows(items_between(samples(first), first, stop))

    return listed_dump(file.name, "sample", Items(partial(_count, file), parts), f"{file.name!r} holds no samples.")


def _count(file: DumpFile) -> int:
    """How many samples there are, up to what is damaged."""
    many, key = 0, None
    with suppress(RecordError, *DAMAGE):
        for name, _ in _walk(file):
            many, key = many + (name.partition(".")[0] != key), name.partition(".")[0]
    return many


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
    if field is not None:  # an entry, then, which only JSON has
        able = [one for one in able if _kind(one) == "json"]
        if not able:
            raise RecordError(f"{file.name!r} has no ending {field!r}; its samples have: {', '.join(there[:10])}.")
        named = [one for one in named if one in able]
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


def _walk(file: DumpFile) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """(name without its folders, what reads its content before the next is asked for) of every plain file.

    Content that nobody asks for is passed over by a seek; of a compressed tar, or where nothing can seek, it is read.
    Of n shards of one compressed tar each unpacks what stands before its own part, about n / 2 times the tar in all.
    """
    with _tar_errors(file.name), file.open() as opened, _opened(opened) as (tar, most):
        for member in tar:
            if member.offset_data + member.size > most:
                raise RecordError(f"{file.name!r} claims to unpack to over {RATIO} times its size. Unpack it first.")
            name = PurePosixPath(member.name).name
            if member.isfile() and not name.startswith("."):
                yield name, partial(_content, file.name, name, tar, member)


class _Member(tarfile.TarInfo):
    """One whose damaged header is an error: to tarfile it is the end of the tar, and what follows was never there.

    Nor are long names and lists of attributes, which tarfile reads as a whole, longer than a header can need, and a tar
    never goes back to where it was.
    """

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> Self:
        found = super().frombuf(buf, encoding, errors)
        if found.size < 0 or (found.type in LONGER and found.size > LONGER_BYTES):
            raise tarfile.InvalidHeaderError(f"a size of {found.size:,} bytes")
        return found

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        try:
            found = super().fromtarfile(tar)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:
            raise tarfile.ReadError(f"a header is damaged: {error}") from error
        if found.size < 0 or tar.offset <= found.offset:  # a header that goes before may say another size
            raise tarfile.ReadError(f"a header is damaged: a size of {found.size:,} bytes")
        return found


@contextmanager
def _tar_errors(name: str) -> Iterator[None]:
    """What tarfile raises, in plain words. Raises RecordError."""
    try:
        yield
    except ExplorerError:
        raise
    except FAULTS as error:
        raise RecordError(f"{name!r} is cut short, damaged or no tar ({error}).") from error


@contextmanager
def _opened(file: BinaryIO) -> Iterator[tuple[tarfile.TarFile, float]]:
    """The tar, and how many bytes it may unpack to: any where it is not packed, or nobody can tell its size."""
    mode, most = "r|*", math.inf
    if file.seekable():
        packed = file.read(len(max(PACKED, key=len))).startswith(PACKED)
        most = ROOM_BYTES + RATIO * file.seek(0, io.SEEK_END) if packed else math.inf
        mode = mode if packed else "r:"
        file.seek(0)
    with tarfile.open(fileobj=file, mode=mode, tarinfo=_Member) as tar:  # type: ignore[call-overload]
        yield tar, most


def _content(of: str, name: str, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > MEMBER_BYTES:
        raise RecordError(f"{of}, {name[:100]}: {member.size:,} bytes are too many.")
    with _tar_errors(of):
        return tar.extractfile(member).read()  # type: ignore[union-attr]  # a plain file has content


def _members(file: DumpFile, ending: str, first: int) -> Iterator[tuple[str, str, bytes]]:
    """(name, ending, content) of the file of tokens of every sample; "" and nothing where it has none. No content of
    those before number `first`."""
    key, seen, number = None, True, 0
    for name, read in _walk(file):
        own, _, of = name.partition(".")
        if own != key:
            if not seen:
                yield f"{file.name}, {key}", "", b""
                number += 1
            key, seen = own, False
        if of == ending:
            seen = True
            yield f"{file.name}, {name}", of, read() if number >= first else b""
            number += 1
    if not seen:
        yield f"{file.name}, {key}", "", b""


def _indices(name: str, of: str, data: bytes, ending: str, entry: str | None) -> np.ndarray:
    if not of:
        raise RecordError(f"{name}: it has no file .{ending}.")
    if _kind(ending) == "json":
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"{name}: this is no JSON.") from error
        return indices_in(name, value, entry)
    words = f"{name}: this is no array of numpy (.npy) of plain numbers."
    with open_arrays(io.BytesIO(data), name, words, MEMBER_BYTES) as arrays:
        array = arrays[""]
    if array.ndim < 1 or not array.size:
        raise RecordError(f"{name}: it holds no tokens.")
    return array
