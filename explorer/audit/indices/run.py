"""Audit plain indices of a model that need not be here, in any format of `explorer/dumps/`; in bounded memory.

Which axis is media, levels or tokens is named by the caller or guessed (`axes.py`); what was read is kept in the
settings of the audit, in words. A row without media is cut into parts of equal length. Padding is left out and counted;
so is, by name, a file or line of many that holds no codes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.count import IndexCount, axes_of, check_size
from explorer.audit.indices.parts import PartReader
from explorer.audit.indices.stretches import whole
from explorer.audit.indices.subject import IndexSubject, subject_of
from explorer.audit.indices.vectors import Belongings, LatentCounters
from explorer.audit.run import Progress
from explorer.dumps.arrays import Dump
from explorer.dumps.opening import open_dump
from explorer.foundation.damage import DAMAGE
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.foundation.numerals import read_number_or_nan
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
        values = tuple(read_number_or_nan(value) for value in ignore.replace(",", " ").split())
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
    work = work_on(path, codebook_size, reading, belongings, most=most, most_codes=most_codes)
    count, reader = work.count, work.reader
    meter = Meter(work.source, progress, cancelled)
    reader.begin(whole(work.source))
    count_leg(work, meter)
    count.read(reader.parts, reader.lengths, reader.refusals)
    meter.end()
    return count.audit(perf_counter() - began, work.source.changed())


@dataclass(frozen=True)
class Work:
    """A dump, what is counted of it, and its reader. part: tokens that stand for a medium where nothing says."""

    source: Dump
    subject: IndexSubject
    count: IndexCount
    reader: PartReader


def work_on(
    path: str | Path | Sequence[str | Path],
    codebook_size: int | Sequence[int] | None,
    reading: Reading,
    belongings: Belongings | None,
    *,
    most: int = MOST_TOKENS,
    most_codes: int = MAX_COUNTED_CODES,
) -> Work:
    """What `audit_indices` counts, from the same and with the same errors, before it begins."""
    if belongings is not None:
        codebook_size = [book.codebook_size for book in belongings.codebooks]
    sizes = [codebook_size] if isinstance(codebook_size, int) else list(codebook_size or ())
    if not sizes or not all(1 <= size <= most_codes for size in sizes):
        raise SettingsError(f"The codebook size must be from 1 to {most_codes:,}, not {', '.join(map(str, sizes))}.")
    source = open_dump(path, reading.name)
    try:
        axes = axes_of(source, reading.axes, most, reading.medium)
    except DAMAGE as error:
        raise RecordError(f"{source.title!r} cannot be read, or is damaged ({error}).") from error
    vectors = [] if belongings is None else [book.vectors for book in belongings.codebooks]
    subject = subject_of(
        source, axes, sizes, reading.padding, combination="sum" if belongings is None else belongings.combination,
        medium=reading.medium, field=reading.name, vectors=[table for table in vectors if table is not None],
    )  # fmt: skip
    latents = None
    if belongings is not None and belongings.latents is not None:
        number = len(subject.sizes)
        if number != len(belongings.codebooks) or not subject.even:
            raise SettingsError(f"Latents need a codebook for each of the {number} levels, of tokens alike.")
        latents = LatentCounters(belongings)
    reader = PartReader(
        source, axes, subject.sizes, reading.padding, subject.part, lambda array: check_size(array, most),
        latents is not None, subject.by_file,
    )  # fmt: skip
    return Work(source, subject, IndexCount(subject, latents), reader)


def count_leg(work: Work, meter: Meter, due: Callable[[], bool] = bool) -> None:
    """Count what can be read until it is due to stop; where a dump of one file is damaged, `stopped` says why."""
    blocks = work.reader.leg(due)
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            return
        except RecordError as error:
            work.count.stopped = str(error)
            return
        except DAMAGE as error:
            work.count.stopped = f"{work.source.title!r} cannot be read, or is damaged ({error})."
            return
        work.count.add(block)
        if not block.lead:
            meter.add(sum(map(len, block.values)))


class Meter:
    """Tells the progress after each piece, and stops the work between two of them."""

    def __init__(
        self, source: Dump, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self._total = 0 if source.listed else sum(array.size for array in source.first)
        self._name, self._progress, self._cancelled = source.title, progress, cancelled
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
