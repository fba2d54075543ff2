"""Files of others that are damaged or mean harm: what reading them raises, and the one way to open zips and arrays of
numpy, in which all of it becomes one line that names the file.

No list of errors is complete: a header of numpy that was changed fails as a value, as syntax or as a token, a zip as
any of DAMAGE. And no size that a file tells of itself is believed: arrays take memory only for numbers that are there,
and a list of the files in a zip is looked at before it is read.
"""

from __future__ import annotations

import io
import lzma
import math
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from explorer.foundation.errors import ExplorerError, RecordError

# Of packed files that were cut or changed: RuntimeError includes what is encrypted, packed in a way that nobody knows,
# and nested too deeply.
DAMAGE = (
    *(OSError, EOFError, RuntimeError, UnicodeDecodeError, struct.error),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
UNPACKED_BYTES = 2**31  # of all arrays of a file
PACKED = b"PK\x03\x04", b"PK\x05\x06"  # a zip, and one of nothing
ZIP_NAMES = 50_000  # files in a zip
NAME_BYTES = 400  # of one in its list: 46, the name and what zip64 adds
HEADER_BYTES = 2**16  # of an array: numpy writes 128, and takes 10,000
PART = 2**24  # bytes that are read at a time


@contextmanager
def damage_in_words(words: str) -> Iterator[None]:
    """Whatever is raised within becomes a RecordError of these words, and of what the system says; what is in plain
    words already stays."""
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:  # no list is complete
        why = error.strerror if isinstance(error, OSError) else None  # of the system, such as a full disk
        raise RecordError(f"{words} ({why})" if why else words) from error


@contextmanager
def open_arrays(
    file: Path | BinaryIO,
    name: str,
    words: str,
    most_bytes: int = UNPACKED_BYTES,
    only: Collection[str] | None = None,
) -> Iterator[Mapping[str, np.ndarray]]:
    """The arrays of an .npz by name, each read when it is asked for; of an .npy the one array under "". No pickles.

    words: what is said, with the name of the file, of whatever is wrong with it, also while arrays are read within.
    only: the names to offer; the others of an .npz do not count either. Raises RecordError for damage, for what holds
    pickles, and for arrays that would unpack to more than `most_bytes`, which is all the memory that they can take.
    """
    with damage_in_words(words), _at_start(file) as opened:
        start = opened.tell()
        packed = opened.read(4) in PACKED
        size = opened.seek(0, io.SEEK_END) - start
        opened.seek(start)
        if not packed:
            _check_size(name, size, most_bytes)
            yield {"": _read_array(opened, size, name)}
            return
        with open_zip(opened, name) as archive:
            found = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
            found = {key: one for key, one in found.items() if only is None or key in only}
            _check_size(name, sum(one.file_size for one in found.values()), most_bytes)
            yield _Arrays(archive, found, name)


@contextmanager
def open_zip(file: Path | BinaryIO, name: str, most: int = ZIP_NAMES) -> Iterator[zipfile.ZipFile]:
    """The zip, of at most `most` files. Raises RecordError for more of them, before their list is read into memory, and
    one of DAMAGE or ValueError, which is of names that are no text, for what is no zip."""
    with _at_start(file) as opened:
        check_list(opened, name, most)
        with zipfile.ZipFile(opened) as archive:
            _check_many(len(archive.infolist()), name, most)
            yield archive


def check_list(file: BinaryIO, name: str, most: int = ZIP_NAMES) -> None:
    """Raises RecordError for a zip that claims to list more than `most` files, BadZipFile without the end of one."""
    entries, length = listed_in_zip(file)
    _check_many(max(entries, length // NAME_BYTES), name, most)


def _check_many(many: int, name: str, most: int) -> None:
    if many > most:
        raise RecordError(f"{name!r} holds {many:,} files; {most:,} is the most.")


def listed_in_zip(file: BinaryIO) -> tuple[int, int]:
    """(files, bytes of their list) of a zip as it claims, of all places that may say so the largest; the file stands
    where it stood. Raises BadZipFile without the end of a zip."""
    here = file.tell()
    try:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - 2**16 - 22))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            raise zipfile.BadZipFile("no end of the list of files")
        entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
        if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":  # zip64 has records of its own
            # zipfile looks right before the locator, whatever the locator and the numbers of the short end say.
            end = size - len(tail) + at
            for record in (*struct.unpack("<Q", tail[at - 12 : at - 4]), end - 76):
                file.seek(min(max(0, record), size))
                head = file.read(56)
                if len(head) == 56 and head[:4] == b"PK\x06\x06":
                    most = struct.unpack("<QQ", head[32:48])
                    entries, length = max(entries, most[0]), max(length, most[1])
        return entries, length
    finally:
        file.seek(here)


def read_array_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """(shape, whether the first axis lies closest, dtype) of an array of numpy (.npy) that begins here; its numbers
    begin where the file stands then. The header is bounded. Raises whatever numpy does for what is none."""
    start = file.tell() if file.seekable() else None
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"version {version[0]}.{version[1]} of the format is not known")
    size = 2 if version == (1, 0) else 4
    said = file.read(size)
    if len(said) < size or int.from_bytes(said, "little") > HEADER_BYTES:
        raise ValueError("the header is cut off, or too long")
    text = io.BytesIO(said + file.read(int.from_bytes(said, "little")))
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(text)
    if any(extent < 0 for extent in shape):
        raise ValueError(f"the shape is {shape}, from byte {start}")
    return tuple(int(extent) for extent in shape), bool(fortran), dtype


class _Arrays(Mapping[str, np.ndarray]):
    """The arrays of an open .npz."""

    def __init__(self, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str) -> None:
        self._archive, self._members, self._name = archive, members, name

    def __getitem__(self, key: str) -> np.ndarray:
        member = self._members[key]
        with self._archive.open(member) as stream:
            array = _read_array(stream, member.file_size, self._name, key)
            if stream.read(1):  # only at the very end the check sum is looked at
                raise ValueError(f"more follows the numbers of {key!r}")
            return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def _at_start(file: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return file.open("rb") if isinstance(file, Path) else nullcontext(file)


def _check_size(name: str, size: int, most: int) -> None:
    if size > most:
        raise RecordError(f"{name!r} unpacks to {size / 2**20:,.0f} MiB, over the cap of {most / 2**20:,.0f} MiB.")


def _read_array(stream: BinaryIO, size: int, name: str, key: str = "") -> np.ndarray:
    """The array in the `size` bytes from here. Raises RecordError for pickles, ValueError for a header that claims more
    than there is."""
    start = stream.tell()
    shape, fortran, dtype = read_array_header(stream)
    if dtype.hasobject:
        raise RecordError(
            f"{name!r} holds a pickled object{f' ({key!r})' if key else ''}. Such objects can run code when read, so "
            "they are refused. Save plain arrays."
        )
    needed, left = math.prod(shape) * dtype.itemsize, size - (stream.tell() - start)
    if needed > left or not dtype.itemsize:
        raise ValueError(f"its header promises {needed:,} bytes, and {left:,} are there")
    array = np.empty(shape, dtype, "F" if fortran else "C")
    if needed:
        data, at = memoryview(array.reshape(-1, order="A").view(np.uint8)), 0  # no copy, in the order of the file
        while at < needed:
            part = stream.read(min(PART, needed - at))
            if not part:
                raise EOFError(f"it ends after {at:,} of {needed:,} bytes")
            data[at : at + len(part)] = part
            at += len(part)
    return array
