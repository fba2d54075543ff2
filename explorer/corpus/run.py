"""Tokenize a source of media into a dump: shard by shard, each of which is whole or is made again.

A shard holds the tokens of FILES_A_SHARD files of the source, in their order. What it holds depends on these files and
on how the dump is made alone, so a run that was killed and goes on writes the same bytes as one that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from explorer.audit.batches import (
    BLOCK,
    BatchMedium,
    Stretch,
    Together,
    stretch_size,
    stretches,
)
from explorer.audit.beside import encoded_beside
from explorer.audit.notes import Notes
from explorer.audit.run import Progress
from explorer.audit.sources import MediaSource
from explorer.corpus.facts import level_facts, source_facts, tokenizer_facts
from explorer.corpus.tally import Tally
from explorer.dumps.writing.codes import Codes, PlainCodes, Vocabulary, dtype_for
from explorer.dumps.writing.formats import TokenRow, Writer, load_writer
from explorer.dumps.writing.manifest import (
    MANIFEST,
    Shard,
    check_same,
    read_manifest,
    read_shard,
    stem_of,
    write_manifest,
    write_shard,
)
from explorer.foundation.ahead import made_ahead, reading_threads
from explorer.foundation.errors import ExplorerError, MediaError, SettingsError
from explorer.foundation.files import make_folder
from explorer.foundation.words import count_of
from explorer.joints.columns import columns_meta
from explorer.joints.files.recording.layout import LOCK
from explorer.joints.files.recording.lock import holder_words, take_lock
from explorer.joints.tokenizer import Tokenizer
from explorer.media.clips.video import LoadedVideo
from explorer.media.fitting import Fitting
from explorer.media.medium import Medium, fit_medium, values
from explorer.media.rows.series import LoadedSeries

FILES_A_SHARD = 16 * BLOCK
OWN_CODES = (
    "Every graph has anchors of its own, so its codes mean nothing beside those of another graph, and no vocabulary "
    "has room for both. Tokenize one graph at a time, into an .npz."
)


@dataclass(frozen=True)
class DumpOptions:
    """format: of WRITERS. offset: id of the first code in a language model's vocabulary, None for plain codes. tags:
    whether ids stand for the beginning and the end of a medium. dtype: of the numbers, None for the smallest.

    files_a_shard: files of the source, a multiple of BLOCK, since no batch goes from one block to the next.
    """

    format: str = "npy"
    fitting: Fitting = field(default_factory=Fitting)
    offset: int | None = None
    tags: bool = False
    dtype: str | None = None
    files_a_shard: int = FILES_A_SHARD

    def __post_init__(self) -> None:
        if self.files_a_shard < BLOCK or self.files_a_shard % BLOCK:
            raise SettingsError(
                f"--shard-files is a multiple of {BLOCK} (batches are made of so many files), not {self.files_a_shard}."
            )

    def codes(self, sizes: tuple[int, ...]) -> Codes:
        """Which numbers stand for codes of codebooks of these sizes."""
        if self.offset is None and not self.tags:
            return PlainCodes(sizes)
        return Vocabulary(sizes, self.offset or 0, self.tags)


def tokenize_source(
    tokenizer: Tokenizer,
    source: MediaSource,
    folder: Path,
    options: DumpOptions,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    workers: int = 1,
) -> dict[str, Any] | None:
    """Write the dump of `source` into `folder`, or what is missing of it; its manifest, None if it was cancelled.

    workers: stretches in work at once (`audit/beside.py`).

    Files that cannot be read are skipped, named and counted. Raises SettingsError for options that cannot be,
    MediaError if not one file could be read, RecordError if the folder holds another dump, ExplorerError if the disk
    refuses or another process writes there. Shards that were whole stay.
    """
    options.fitting.check(tokenizer.spec)
    if tokenizer.spec.modality == "graph":
        raise SettingsError(OWN_CODES)
    codes = options.codes(tuple(book.codebook_size for book in tokenizer.codebooks()))
    dtype, writer = dtype_for(codes, options.dtype), load_writer(options.format)
    made_with = {
        "tokenizer": tokenizer_facts(tokenizer),
        "levels": level_facts(tokenizer.codebooks()),
        "media": source_facts(source),
        "fitting": options.fitting.as_settings(tokenizer.spec.modality),
        "device": tokenizer.device,
        "storage": {"format": options.format, "dtype": dtype.name, "files_a_shard": options.files_a_shard},
        "vocabulary": codes.as_meta(),
    }
    make_folder(folder)
    with _alone(folder):
        begun = check_same(folder, made_with)
        if not begun:
            write_manifest(folder, {"complete": False, **made_with})
        run = _Run(tokenizer, source, folder, options, codes, dtype.name, writer, progress, cancelled, workers)
        tally = run.tally()
        if tally is None:
            return None
        if not tally.media:
            _refuse_nothing(folder, tally)
        write_manifest(folder, {"complete": True, **made_with, **tally.as_meta(codes)})
        return read_manifest(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder, and take away what a process that was killed left beside its files."""
    try:
        held = take_lock(folder)
    except OSError as error:
        raise ExplorerError(f"cannot write into {str(folder)!r}: {error.strerror or error}") from error
    if held is None:
        raise ExplorerError(
            f"{holder_words(folder)} writes into {str(folder)!r} at this moment. Wait for it, or give another --out."
        )
    with held:
        for left in folder.glob("*.part"):
            if left.name.startswith((stem_of(0)[:-5], MANIFEST)):
                left.unlink(missing_ok=True)
        try:
            yield
        finally:
            (folder / LOCK).unlink(missing_ok=True)


@dataclass
class _Run:
    tokenizer: Tokenizer
    source: MediaSource
    folder: Path
    options: DumpOptions
    codes: Codes
    dtype: str
    writer: Writer
    progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool] | None
    workers: int

    def __post_init__(self) -> None:
        self.start, self.done, self.here, self.tokens = time.perf_counter(), 0, 0, 0

    def tally(self) -> Tally | None:
        """What all shards hold, those made that are not there yet; None if it was cancelled."""
        tally = Tally()
        each = self.options.files_a_shard
        for number, first in enumerate(range(0, len(self.source), each)):
            stop = min(first + each, len(self.source))
            shard = read_shard(self.folder, number, first, stop)
            if shard is None:
                shard = self._made(number, first, stop)
                if shard is None:
                    return None
            tally.add(shard)
            self.done, self.tokens = stop, tally.tokens
        return tally

    def _made(self, number: int, first: int, stop: int) -> Shard | None:
        rows: list[TokenRow] = []
        media: list[dict[str, Any]] = []
        skipped: list[tuple[str, str]] = []
        notes, together, tokens = Notes(), Together(), 0
        with (
            self._read(first, stop) as read,
            encoded_beside(
                self.tokenizer, stretches(read, first, stretch_size(self.tokenizer.device)), self.workers
            ) as encoded,
        ):
            for stretch, (found, done) in encoded:
                if self.cancelled is not None and self.cancelled():
                    return None
                together += done
                skipped += stretch.skipped
                for i, levels in enumerate(found):
                    name, at = stretch.names[i], stretch.numbers[i]
                    if isinstance(levels, str):
                        skipped.append((name, levels))
                        continue
                    indices = [level.indices for level in levels]
                    rows.append(TokenRow(at, name, self.codes.numbers(indices).astype(self.dtype)))
                    shapes = [list(one.shape) for one in indices]
                    media.append({"number": at, "name": name, "shapes": shapes, **stretch.facts[i]})
                    notes.add(name, stretch.notes[i])
                    tokens += sum(one.size for one in indices)
                self._tell(stretch, self.tokens + tokens)
        meta = {
            "first": first,
            "stop": stop,
            "media": media,
            "skipped": skipped,
            "tokens": tokens,
            "together": [together.media, together.batches, together.alone],
            "notes": [asdict(one) for one in notes.kept()],
        }
        try:
            write_shard(self.folder, number, self.writer(stem_of(number), rows) if rows else {}, meta)
        except ExplorerError as error:
            kept = f"The {count_of(number, 'shard')} before it stay; the same command goes on after them."
            raise ExplorerError(f"{error}. {kept}") from error
        return read_shard(self.folder, number, first, stop)

    def _read(self, first: int, stop: int):
        """Files of the source as (name, what was read or why not), read ahead by threads of their own."""
        readers, spec = reading_threads(self.tokenizer.device), self.tokenizer.spec

        def load(number: int) -> BatchMedium | str:
            try:
                fitted = fit_medium(self.source.open(number, spec.modality), spec, self.options.fitting)
                return BatchMedium(values(fitted), fitted.notes, facts_of(fitted))
            except ExplorerError as error:
                return str(error)

        @contextmanager
        def named() -> Iterator[Iterator[tuple[str, BatchMedium | str]]]:
            with made_ahead(load, range(first, stop), readers, 4 * readers) as made:
                yield ((self.source.names[number], one) for number, one in made)

        return named()

    def _tell(self, stretch: Stretch, tokens: int) -> None:
        self.done, self.here = self.done + stretch.stop, self.here + stretch.stop
        if self.progress is None:
            return
        seconds = time.perf_counter() - self.start
        rate = self.here / seconds if seconds > 0 else 0.0
        left = (len(self.source) - self.done) / rate if rate > 0 else None
        name = (stretch.names or [name for name, _ in stretch.skipped])[-1]
        self.progress(Progress(self.done, len(self.source), tokens, seconds, rate, left, name))


def facts_of(medium: Medium) -> dict[str, Any]:
    """What is kept of a medium beside its tokens, since its decode needs it to be written."""
    facts: dict[str, Any] = {}
    if isinstance(medium, LoadedVideo):
        facts["frames_per_second"] = medium.frames_per_second
    if isinstance(medium, LoadedSeries):
        facts |= {"rate_hz": medium.rate_hz, "columns": columns_meta(medium.columns)}
    return facts


def _refuse_nothing(folder: Path, tally: Tally) -> None:
    """Raise MediaError, and leave nothing: the same command tries all files again."""
    for path in (*(folder / f"{stem_of(number)}.json" for number in range(tally.shards)), folder / MANIFEST):
        path.unlink(missing_ok=True)
    name, why = tally.first_skipped
    raise MediaError(f"No file of {tally.skipped:,} could be read. The first, {name[:100]!r}: {why}")
