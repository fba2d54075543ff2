"""Audit plain indices, `.npy` or `.npz`, of a model that need not be here: counted in pieces, so memory stays small.

The data are read as a stream and never as a whole (a memory map would count towards the memory of the process). Of an
array with two axes or more, each entry of the first axis is taken for one medium, such as a picture; a flat one is cut
into parts of equal length. An .npz holds one array of indices, or indices_0, indices_1, ... of the levels, as
`tokenize` writes them.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

import numpy as np

from explorer.analysis.usage import MAX_COUNTED_CODES
from explorer.audit.accumulator import joint_keys, joint_of, level_names, perplexity
from explorer.audit.counting import JOINT_KEYS, Growth, KeyCounts
from explorer.audit.parts import BATCHES, JointAudit, LevelAudit
from explorer.audit.result import Audit
from explorer.audit.run import Progress
from explorer.errors import Cancelled, RecordError, SettingsError

PIECE = 2**22  # indices in memory at a time
PART = 1024  # indices of a flat array taken together at least: as many as a picture of 256 px has tokens
MOST_TOKENS = 10**11


@dataclass(frozen=True)
class IndexArray:
    """An array in a file: name, shape, type, and `start`, which opens the file where its data begin."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    rows: bool  # the data lie in C order, so that entries of the first axis follow each other
    start: Callable[[], BinaryIO]

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def part(self) -> int:
        """Indices that are taken for one medium."""
        if self.rows and len(self.shape) > 1:
            return self.size // self.shape[0]
        return max(PART, -(-self.size // BATCHES))

    def pieces(self, length: int) -> Iterator[np.ndarray]:
        """The indices in the order of the file, `length` at a time. Raises RecordError if they end too soon."""
        with closing(self.start()) as file:
            left = self.size
            while left:
                wanted = min(left, length) * self.dtype.itemsize
                data = bytearray(wanted)
                have, view = 0, memoryview(data)
                while have < wanted and (got := file.readinto(view[have:])):
                    have += got
                if have < wanted:
                    raise RecordError(f"{self.name!r} is cut short: its header promises {self.size:,} indices.")
                yield np.frombuffer(data, self.dtype)
                left -= min(left, length)


def audit_indices(
    path: str | Path,
    codebook_size: int,
    *,
    most: int = MOST_TOKENS,
    most_codes: int = MAX_COUNTED_CODES,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Audit:
    """The audit of a file of indices for a codebook of `codebook_size` codes.

    most, most_codes: of indices on one level, and of codes, for callers with less patience or memory. Raises
    RecordError if the file holds no indices, or some that are negative or too large for the codebook; SettingsError for
    an impossible codebook_size; Cancelled when `cancelled`, asked at every piece, says so.
    """
    path, began = Path(path), perf_counter()
    if not 1 <= codebook_size <= most_codes:
        raise SettingsError(f"The codebook size must be from 1 to {most_codes:,}, not {codebook_size:,}.")
    try:
        arrays = _arrays(path)
        for array in arrays:
            _check(array, most)
        meter = _Meter(path.name, sum(array.size for array in arrays), progress, cancelled)
        names = level_names(len(arrays), "sum")
        levels = tuple(_count(array, name, codebook_size, meter) for array, name in zip(arrays, names, strict=True))
        joint = _joint(arrays, codebook_size, meter)
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise RecordError(f"{path.name!r} cannot be read, or is damaged ({error}).") from error
    first = arrays[0]
    part = "an entry of the first axis" if first.rows and len(first.shape) > 1 else f"{first.part:,} indices in a row"
    made_with = {"codebook_size": codebook_size, "shape": list(first.shape), "type": str(first.dtype), "part": part}
    seconds = perf_counter() - began
    return Audit(path.name, None, "unknown", (path.name,), (), levels, joint, 1, seconds, "cpu", made_with)


class _Meter:
    """Tells the progress after each piece, and stops the work between two of them."""

    def __init__(
        self, name: str, total: int, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self._name, self._total, self._progress, self._cancelled = name, total, progress, cancelled
        self._done, self._began = 0, perf_counter()

    def add(self, tokens: int) -> None:
        """`tokens` more were counted, of all levels together. Raises Cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The count of indices was stopped before its end, so there is none.")
        self._done = min(self._total, self._done + tokens)
        if self._progress is not None:
            seconds, done = perf_counter() - self._began, self._done == self._total
            left = seconds * (self._total / self._done - 1) if self._done else None
            self._progress(Progress(int(done), 1, self._done, seconds, done / max(seconds, 1e-9), left, self._name))


def _arrays(path: Path) -> list[IndexArray]:
    """The arrays of indices in the file, one a level."""
    if not path.is_file():
        raise RecordError(f"There is no file {str(path)[:200]!r}. Give a .npy or .npz of indices.")
    if not zipfile.is_zipfile(path):
        return [_header(path.name, lambda: path.open("rb"))]
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    levels = [name for name in names if name.startswith("indices_") and name.removeprefix("indices_").isdecimal()]
    chosen = sorted(levels, key=lambda name: int(name.removeprefix("indices_"))) or names
    if not levels and len(names) != 1:
        listed = ", ".join(names[:10]) or "none"
        raise RecordError(
            f"{path.name!r} must hold one array, or indices_0, indices_1, ... of the levels; it holds: {listed}."
        )
    return [_header(name, lambda name=name: zipfile.ZipFile(path).open(f"{name}.npy")) for name in chosen]


def _header(name: str, start: Callable[[], BinaryIO]) -> IndexArray:
    """Read the header of an .npy. Raises RecordError for what is none, or holds anything but whole numbers."""

    def skip_header() -> BinaryIO:
        file = start()
        _read_header(file)
        return file

    with closing(start()) as file:
        try:
            shape, fortran, dtype = _read_header(file)
        except Exception as error:  # a damaged header fails as a value, as syntax or as a token
            raise RecordError(f"{name!r} is no array of numpy (.npy or .npz). Save it with numpy.save.") from error
    if dtype.hasobject:
        raise RecordError(f"{name!r} holds pickled objects, which can run code when read. Save plain whole numbers.")
    if np.issubdtype(dtype, np.floating):
        raise RecordError(
            f"{name!r} holds {dtype} numbers, not whole ones. If they are latents, quantize them first; if they are "
            "indices, save them with .astype(numpy.int64)."
        )
    if not np.issubdtype(dtype, np.integer):
        raise RecordError(f"{name!r} holds {dtype}, not whole numbers.")
    return IndexArray(name, shape, dtype, not fortran or len(shape) < 2, skip_header)


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _check(array: IndexArray, most: int) -> None:
    if array.size < 1:
        raise RecordError(f"{array.name!r} holds no indices: its shape is {array.shape}.")
    if array.size > most:
        raise RecordError(f"{array.name!r} holds {array.size:,} indices; at most {most:,} are counted here.")


def _count(array: IndexArray, name: str, codebook_size: int, meter: _Meter) -> LevelAudit:
    """Counts, halves, growth and batches of one array. Works piece by piece; a part may span several pieces."""
    halves = np.zeros((2, codebook_size), np.int64)
    seen = np.zeros(codebook_size, bool)
    growth, batches, part = Growth(), _Batches(array, codebook_size), array.part
    length = max(1, PIECE // part) * part if part <= PIECE else PIECE
    done = 0
    for piece in array.pieces(length):
        codes = _checked(piece, done, array.name, codebook_size)
        first_seen = _first_seen(codes, seen)
        growth.add(len(codes), first_seen)
        seen[codes[first_seen]] = True
        number = done // part  # of the part in which this piece begins
        if part > PIECE:  # the piece may end in the next part
            cut = min(len(codes), (number + 1) * part - done)
            for offset, some in ((0, codes[:cut]), (1, codes[cut:])):
                halves[(number + offset) % 2] += np.bincount(some, minlength=codebook_size)
        else:
            whole = len(codes) // part * part
            parts = codes[:whole].reshape(-1, part)
            halves[number % 2] += np.bincount(parts[0::2].reshape(-1), minlength=codebook_size)
            halves[(number + 1) % 2] += np.bincount(parts[1::2].reshape(-1), minlength=codebook_size)
            halves[(number + len(parts)) % 2] += np.bincount(codes[whole:], minlength=codebook_size)
        batches.add(codes, done)
        done += len(codes)
        meter.add(len(codes))
    counts = halves.sum(0)
    return LevelAudit(name, codebook_size, counts, halves, growth.rows(), batches.rows())


class _Batches:
    """Tokens, codes used and perplexity of evenly spaced parts, at most BATCHES of them."""

    def __init__(self, array: IndexArray, codebook_size: int) -> None:
        self._part, self._size, self._codes = array.part, array.size, codebook_size
        parts = math.ceil(array.size / array.part)
        self._every = math.ceil(parts / BATCHES)
        self._open = np.zeros(0, np.int64)
        self._rows: list[tuple[float, float, float]] = []

    def add(self, codes: np.ndarray, done: int) -> None:
        """The indices from place `done` of the array on."""
        part, every, stop = self._part, self._every, done + len(codes)
        first = -(-(done // part) // every) * every  # the part that is open at `done`, or the next one wanted
        for number in range(first, -(-stop // part), every):
            low, high = number * part, min((number + 1) * part, self._size)
            some = np.bincount(codes[max(0, low - done) : high - done], minlength=self._codes)
            self._open = some if low >= done else self._open + some
            if high <= stop:
                counts = self._open[self._open > 0]
                self._rows.append((high - low, len(counts), perplexity(counts)))

    def rows(self) -> np.ndarray:
        return np.array(self._rows, np.float64).reshape(-1, 3)


def _checked(piece: np.ndarray, done: int, name: str, codebook_size: int) -> np.ndarray:
    """The piece as int64, (n,). Raises RecordError, naming the first index that is no code."""
    low, high = int(piece.min()), int(piece.max())
    if low >= 0 and high < codebook_size:
        return piece.astype(np.int64, copy=False)
    place = int(np.flatnonzero((piece < 0) | (piece >= codebook_size))[0])
    value = int(piece[place])
    told = f"Index {value:,} at place {done + place:,} of {name!r} (counted from 0)"
    if value < 0:
        raise RecordError(f"{told} is negative. Codes are numbered from 0; leave out padding and masks first.")
    raise RecordError(
        f"{told} is outside 0..{codebook_size - 1:,}. The codebook has {high + 1:,} codes or more; if the file counts "
        "from 1, subtract 1."
    )


def _first_seen(codes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Places in `codes`, ascending, of the first occurrence of each code that is not yet `seen`."""
    if seen.all():
        return np.empty(0, np.int64)
    new = np.flatnonzero(~seen[codes])
    first = np.full(len(seen), -1, np.int64)
    first[codes[new[::-1]]] = new[::-1]  # the last one written is the first one there
    return np.sort(first[first >= 0])


def _joint(arrays: Sequence[IndexArray], codebook_size: int, meter: _Meter) -> JointAudit | None:
    """The joint count over levels of one shape, read side by side; None for one level or for different shapes."""
    if len(arrays) < 2 or len({(array.shape, array.rows) for array in arrays}) > 1:
        return None
    keys, sizes = KeyCounts(JOINT_KEYS, prune=False), [codebook_size] * len(arrays)
    for pieces in zip(*(array.pieces(PIECE // len(arrays)) for array in arrays), strict=True):
        keys.add(joint_keys(pieces, sizes))
        meter.add(0)
        if not keys.complete:
            break
    return joint_of(keys, sizes)
