"""Audit plain indices of a model that need not be here, in any format of `explorer/dumps/`; in bounded memory.

Which axis is media, levels or tokens is named by the caller or guessed (`axes.py`); what was read is kept in the
settings of the audit, in words. A row without media is cut into parts of equal length. Padding is left out and counted;
so is, by name, a file or line of many that holds no codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from explorer.audit.indices.blocks import Block, Padding
from explorer.audit.indices.count import IndexCount, axes_of
from explorer.audit.indices.vectors import Belongings
from explorer.audit.run import Progress
from explorer.dumps.opening import DAMAGE, open_dump
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.measures.usage import MAX_COUNTED_CODES

MOST_TOKENS = 10**11


@dataclass(frozen=True)
class Reading:
    """How indices are to be read.

    axes: "b,q,t", or None to guess. padding: what is no token. name: of a field, column or the like, or None to
    guess. medium: what is one, "file" or "row", or "" for what each part of the dump is.
    """

    axes: str | None = None
    padding: Padding = field(default_factory=Padding)
    name: str | None = None
    medium: str = ""


def reading_of(axes: object, ignore: object) -> Reading:
    """What a person typed: axes "b,q,t" or "", values that stand for no token "-1, nan" or "".

    Raises SettingsError for values that are no numbers; axes are held against the array when it is read.
    """
    axes, ignore = str(axes or "").strip(), str(ignore or "").strip()
    try:
        values = tuple(float(value) for value in ignore.replace(",", " ").split())
    except ValueError as error:
        raise SettingsError(f"Padding is one number or several, such as -1 or nan; not {ignore[:40]!r}.") from error
    return Reading(axes or None, Padding(values or None))


def audit_indices(
    path: str | Path | Sequence[str | Path],
    codebook_size: int | Sequence[int] | None,
    reading: Reading = Reading(),
    belongings: Belongings | None = None,
    *,
    most: int = MOST_TOKENS,
    most_codes: int = MAX_COUNTED_CODES,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Audit:
    """The audit of the indices at `path` for a codebook of `codebook_size` codes, or one size a level.

    path: a file, folder, glob or address, or several. belongings: the codebooks, which then say the sizes
    (codebook_size is None), and the latents. most, most_codes: of indices on one level, and of codes, for callers with
    less patience or memory. Of many files, lines or rows those that do not fit are left out by name, and what could be
    read of a single one is kept. Raises RecordError if there are no indices, or a single array holds some that are no
    code of their codebook; SettingsError for an impossible codebook_size or axes that do not fit; Cancelled when
    `cancelled`, asked at every piece, says so.
    """
    began = perf_counter()
    if belongings is not None:
        codebook_size = [book.codebook_size for book in belongings.codebooks]
    sizes = [codebook_size] if isinstance(codebook_size, int) else list(codebook_size or ())
    if not sizes or not all(1 <= size <= most_codes for size in sizes):
        raise SettingsError(f"The codebook size must be from 1 to {most_codes:,}, not {', '.join(map(str, sizes))}.")
    source = open_dump(path, reading.name)
    try:
        axes = axes_of(source, reading.axes, most, reading.medium)
        count = IndexCount(source, axes, sizes, reading.padding, belongings, most, reading.medium == "file")
    except DAMAGE as error:
        raise RecordError(f"{source.title!r} cannot be read, or is damaged ({error}).") from error
    meter = _Meter(source.title, 0 if source.listed else sum(a.size for a in source.first), progress, cancelled)
    for block in _until_damage(count, source.title):
        count.add(block)
        meter.add(sum(map(len, block.values)))
    meter.end()
    return count.audit(perf_counter() - began)


def _until_damage(count: IndexCount, title: str) -> Iterator[Block]:
    """All blocks that can be read; then `count` is told why there are no more."""
    blocks = count.blocks()
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            return
        except RecordError as error:
            return count.stop(str(error))
        except DAMAGE as error:
            return count.stop(f"{title!r} cannot be read, or is damaged ({error}).")
        yield block


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
        self._done += tokens
        if self._progress is not None:
            seconds, done = perf_counter() - self._began, self._done == self._total
            left = seconds * (self._total / self._done - 1) if self._done and self._total else None
            self._progress(Progress(int(done), 1, self._done, seconds, done / max(seconds, 1e-9), left, self._name))

    def end(self) -> None:
        """All was read, also where nobody knew before how much there is."""
        if self._done != self._total:
            self._total = self._done
            self.add(0)
