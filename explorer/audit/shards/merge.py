"""Merge shards of one audit, in whatever order they are given, to the audit of one process, to the bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from explorer.audit.run import refuse_nothing
from explorer.audit.shards.plan import Shard
from explorer.audit.standing import StateHead, Subject, audit_of, read_head, read_state
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit

SHARDS = "shard-*-of-*.npz"
NAMED = 5  # of what is missing, by name


@dataclass(frozen=True)
class Sum:
    """audit: of all shards. subject: what they are of. missing: what they lack, in words; () of a whole audit."""

    audit: Audit
    subject: Subject
    missing: tuple[str, ...]


def shard_files(paths: Sequence[Path]) -> list[Path]:
    """The shards among files and in folders. Raises RecordError for a path without any."""
    found: list[Path] = []
    for path in paths:
        here = sorted(path.glob(SHARDS)) if path.is_dir() else [path]
        if not here or not here[0].is_file():
            raise RecordError(f"{str(path)[:200]!r} holds no shards of an audit, which are called shard-1-of-8.npz.")
        found += here
    return found


def merge_shards(paths: Sequence[Path], *, partial: bool = False, title: str | None = None) -> Sum:
    """Merge the shards in files and folders.

    partial: merge also where shards are missing or not done, and say so in the audit's settings. title: None for that
    of the first shard. Raises RecordError, naming the shards, if they are not of one audit, if two count the same
    files, or, unless partial, if some are missing; MediaError if not one file could be read.
    """
    heads = [(path, read_head(path)) for path in shard_files(paths)]
    heads.sort(key=lambda one: (one[1].span.first, one[1].span.stop))
    _check_alike(heads)
    _check_once(heads)
    subject = heads[0][1].subject
    missing = tuple(_missing([head for _, head in heads], subject.planned))
    if missing and not partial:
        named = "; ".join(missing[:NAMED]) + ("; ..." if len(missing) > NAMED else "")
        raise RecordError(f"{named}. Run what is missing, or merge what there is with --partial.")
    standing = read_state(heads[0][0])[1]
    for path, _ in heads[1:]:
        standing.join(read_state(path)[1])
    refuse_nothing(standing, subject, not missing)
    if not standing.media:
        raise RecordError("Nothing was counted in these shards so far.")
    audit = audit_of(standing, subject, title or heads[0][1].title, standing.seconds)
    if missing:
        audit = replace(audit, settings={**audit.settings, "notes": list(missing)})
    return Sum(audit, subject, missing)


def _check_alike(heads: Sequence[tuple[Path, StateHead]]) -> None:
    """Raises RecordError for the first shard that is not of the audit of most, by name."""
    usual = Counter(head.subject for _, head in heads).most_common(1)[0][0]
    like = next(path for path, head in heads if head.subject == usual)
    for path, head in heads:
        if other := usual.differences(head.subject):
            raise RecordError(f"{path} is of an audit with {other} than {like}. Only shards of one audit add up.")


def _check_once(heads: Sequence[tuple[Path, StateHead]]) -> None:
    """Raises RecordError if two shards count the same files."""
    some = [(path, head) for path, head in heads if head.span.first < head.span.stop]
    for (path, head), (other_path, other) in pairwise(some):
        if other.span.first < head.span.stop:
            if head.span == other.span:
                raise RecordError(f"{head.span.words} is there twice: {path} and {other_path}. Give one of them.")
            raise RecordError(f"{head.span.words} ({path}) and {other.span.words} ({other_path}) count the same files.")


def _missing(heads: Sequence[StateHead], planned: int) -> Iterator[str]:
    """What lies between the shards, and what of them is not done."""
    at, of = 0, heads[0].span.shard[1] if heads[0].span.shard else 1
    for head in [*heads, None]:
        first = planned if head is None else head.span.first
        if first > at:
            yield f"Missing: {_gap(heads, of, at, first)}"
        if head is not None:
            left = head.span.stop - head.position
            if left:
                whole = head.span.stop - head.span.first
                yield f"Not done: {head.span.words}, {left:,} of its {count_of(whole, 'file')} left"
            at = max(at, head.span.stop)


def _gap(heads: Sequence[StateHead], of: int, first: int, stop: int) -> str:
    """What is not there: shards by name if all were to be `of`, and files."""
    planned, modality = heads[0].subject.planned, heads[0].subject.modality
    files = f"files {first + 1:,} to {stop:,} of {planned:,}"
    if any(head.span.shard is None or head.span.shard[1] != of for head in heads):
        return files
    spans = [Shard(number, of).span(planned, modality) for number in range(1, of + 1)]
    gone = [span for span in spans if first <= span.first < span.stop <= stop]
    numbers = ", ".join(str(span.shard[0]) for span in gone[:NAMED]) + (", ..." if len(gone) > NAMED else "")
    return f"{'shard' if len(gone) == 1 else 'shards'} {numbers} of {of} ({files})"
