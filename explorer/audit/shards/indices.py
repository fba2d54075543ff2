"""Shards of an audit of plain indices: run one into its file; merge them to the audit of one process, to the bit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from explorer.audit.indices.count import IndexCount
from explorer.audit.indices.run import MOST_TOKENS, Meter, Reading, Work, count_leg, work_on
from explorer.audit.indices.standing import (
    IndexHead,
    Stamps,
    read_index_head,
    read_shard,
    read_stamps,
    save_shard,
    stamps_of,
)
from explorer.audit.indices.stretches import Position, Stretch, cut_text, items_of, stretch_of
from explorer.audit.indices.subject import IndexSubject
from explorer.audit.indices.vectors import Belongings
from explorer.audit.run import STATE_EVERY_S, Progress
from explorer.audit.shards.plan import Shard
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.foundation.files import make_folder
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit

NAMED = 5  # of what is missing, by name


def run_index_shard(
    path: str | Path | Sequence[str | Path],
    codebook_size: int | Sequence[int] | None,
    reading: Reading,
    belongings: Belongings | None,
    shard: Shard,
    folder: Path,
    *,
    title: str | None = None,
    most: int = MOST_TOKENS,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> IndexHead:
    """Count one shard of what `audit_indices` counts into its file in `folder`, from where that file says on.

    What stands is written along the way, so that the same command, given again after a kill, loses nothing but what was
    counted since; one that is complete is not counted again. Raises RecordError if the file is of another audit or the
    dump is another by now, SettingsError for latents, and as `audit_indices`.
    """
    if belongings is not None and belongings.latents is not None:
        raise SettingsError("Latents go by the order of all tokens: they are counted by one process (no --shard).")
    work = work_on(path, codebook_size, reading, belongings, most=most)
    make_folder(folder)
    file, stamps = folder / shard.file, stamps_of(work.source)
    head = _begun(file, work, shard, stamps, title or work.source.title)
    if head.complete and file.exists():
        return head
    work.reader.begin(Stretch(head.position, head.stretch.stop), interrupted=True)
    began, done_before = time.perf_counter(), head.seconds
    before = work.count.parts, work.count.lengths, work.count.refusals
    stop, saved_at = False, time.monotonic()
    meter = Meter(work.source, progress, None)

    def due() -> bool:
        nonlocal stop
        stop = stop or (cancelled is not None and cancelled())
        return stop or time.monotonic() - saved_at > STATE_EVERY_S

    while True:
        count_leg(work, meter, due)
        _take_in(work, *before)
        head = _standing(head, work, done_before + time.perf_counter() - began)
        save_shard(file, head, work.count, stamps)
        saved_at = time.monotonic()
        if head.complete:
            meter.end()
            return head
        if stop:
            raise Cancelled("The shard was stopped. The same command goes on from here.")


def _begun(file: Path, work: Work, shard: Shard, stamps: Stamps, title: str) -> IndexHead:
    """Where the shard stands by its file, whose counts `work` goes on from; or at its beginning."""
    subject, source = work.subject, work.source
    if file.exists():
        head, count = read_shard(file)
        if other := subject.differences(head.subject):
            raise RecordError(f"{file.name} was left by an audit with {other}. Repeat that one, or take the file away.")
        if name := read_stamps(file).other(stamps):
            raise RecordError(
                f"{name!r} is another file than when {file.name} was begun. Take that file away, and count it again."
            )
        work.count.adopt(count)
        return head
    many: dict[int, int] = {}

    def items(number: int) -> int:
        if number not in many:
            many[number] = items_of(source, number, subject.axes, subject.part)
        return many[number]

    def cut(number: int, part: int, of: int) -> int:
        found = cut_text(source, number, part, of)
        return items(number) * part // of if found is None else found

    stretch = stretch_of(source, shard.number, shard.of, None if subject.by_file else cut)
    files = subject.files > 1 or subject.by_file
    whole = 0 if files or stretch.first == stretch.stop else 1  # how many there are counts in the last shard alone
    if whole and stretch.stop[0]:
        whole = items(0)
    return IndexHead(
        subject, (shard.number, shard.of), stretch, stretch.first, 0,
        _distance(stretch.first, stretch.stop, whole), "files" if files else "items",
        0.0, title, 0, 0, 0, "", "",
    )  # fmt: skip


def _distance(first: Position, stop: Position, items: int) -> int:
    """How much lies between: files that are begun; of a single file, of so many items, items."""
    if items:
        return (items if stop[0] else stop[1]) - (items if first[0] else first[1])
    return stop[0] + (stop[1] > 0) - first[0] if first < stop else 0


def _take_in(work: Work, parts: int, lengths: tuple[int, ...], refusals) -> None:
    """What the reader left out of this run, behind what was left out before."""
    reader, all_left = work.reader, type(refusals)()
    all_left.join(refusals)
    all_left.join(reader.refusals)
    work.count.read(parts + reader.parts, {*lengths, *reader.lengths}, all_left)


def _standing(head: IndexHead, work: Work, seconds: float) -> IndexHead:
    count, position = work.count, work.reader.position
    first = head.stretch.first
    whole = 0 if head.unit == "files" else head.planned + first[1]
    done = head.planned if position == head.stretch.stop else min(_distance(first, position, whole), head.planned)
    return replace(
        head, position=position, done=done, seconds=seconds, tokens=count.tokens, media=count.media,
        left_out=count.refusals.count, changed=work.source.changed(), stopped=count.stopped,
    )  # fmt: skip


@dataclass(frozen=True)
class IndexSum:
    """audit: of all shards. subject: what they are of. missing: what they lack, in words; () of a whole audit."""

    audit: Audit
    subject: IndexSubject
    missing: tuple[str, ...]


def merge_index_shards(paths: Sequence[Path], *, partial: bool = False, title: str | None = None) -> IndexSum:
    """Merge shards, in whatever order they are given. partial, title: as of `merge_shards`.

    Raises RecordError, naming the shards, if they are not of one audit of one dump, if two are the same, or, unless
    partial, if some are missing or not done; and where nothing was counted.
    """
    heads = sorted(((path, read_index_head(path)) for path in paths), key=lambda one: one[1].shard)
    _check_alike(heads)
    for (path, head), (other_path, other) in pairwise(heads):
        if head.shard == other.shard:
            raise RecordError(f"{head.words} is there twice: {path} and {other_path}. Give one of them.")
    missing = tuple(_missing([head for _, head in heads]))
    if missing and not partial:
        named = "; ".join(missing[:NAMED]) + ("; ..." if len(missing) > NAMED else "")
        raise RecordError(f"{named}. Run what is missing, or merge what there is with --partial.")
    count = IndexCount(heads[0][1].subject)
    for path, _ in heads:
        count.join(read_shard(path)[1])
    changed = next((head.changed for _, head in heads if head.changed), "")
    seconds = sum(head.seconds for _, head in heads)
    audit = count.audit(seconds, changed, tuple(f"{words}." for words in missing))
    named = title or heads[0][1].title
    return IndexSum(replace(audit, title=named) if named != audit.title else audit, heads[0][1].subject, missing)


def _check_alike(heads: Sequence[tuple[Path, IndexHead]]) -> None:
    """Raises RecordError for the first shard that is not of the audit of most, by name."""

    def told(head: IndexHead) -> tuple[str, int]:
        return repr(head.subject.as_json()), head.shard[1]

    usual = Counter(told(head) for _, head in heads).most_common(1)[0][0]
    like, first = next((path, head) for path, head in heads if told(head) == usual)
    files = read_stamps(like)
    for path, head in heads:
        other = first.subject.differences(head.subject)
        if not other and head.shard[1] != first.shard[1]:
            other = f"{head.shard[1]:,} shards instead of {first.shard[1]:,}"
        if other:
            raise RecordError(f"{path} is of an audit with {other} than {like}. Only shards of one audit add up.")
        if name := files.other(read_stamps(path)):
            raise RecordError(
                f"{name!r} is another file in {path} than in {like}: the dump changed between them, or is a copy whose "
                "times are others. Count the shards of one dump."
            )
    for (path, head), (other_path, after) in pairwise(heads):
        follows = head.shard[0] + 1 == after.shard[0]
        if follows and head.stretch.stop != after.stretch.first:
            raise RecordError(f"{path} and {other_path} do not follow each other: the dump changed between them.")


def _missing(heads: Sequence[IndexHead]) -> Iterator[str]:
    of = heads[0].shard[1]
    there = {head.shard[0] for head in heads}
    if gone := [number for number in range(1, of + 1) if number not in there]:
        numbers = ", ".join(map(str, gone[:NAMED])) + (", ..." if len(gone) > NAMED else "")
        yield f"Missing: {'shard' if len(gone) == 1 else 'shards'} {numbers} of {of}"
    for head in heads:
        if not head.complete:
            unit = head.unit.removesuffix("s")
            yield f"Not done: {head.words}, {head.planned - head.done:,} of its {count_of(head.planned, unit)} left"
