"""How a job in shards stands, read from what the shards have written: for whoever watches a cluster from a page."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.audit.indices.standing import IndexHead, is_index_shard, read_index_head
from explorer.audit.shards.merge import SHARDS
from explorer.audit.shards.plan import Shard
from explorer.audit.standing import StateHead, read_head
from explorer.foundation.errors import RecordError


@dataclass(frozen=True)
class ShardProgress:
    """done: of its `planned` files. begun: whether it has written anything; trouble: why its file cannot be read."""

    number: int
    done: int
    planned: int
    begun: bool
    trouble: str = ""

    @property
    def complete(self) -> bool:
        return self.begun and not self.trouble and self.done == self.planned


@dataclass(frozen=True)
class JobProgress:
    """seconds_left: of the shard that has most, of those that are begun, at its own rate; None where nobody knows.
    unit: of done and planned."""

    title: str
    tokenizer: str
    done: int
    planned: int
    tokens: int
    seconds_left: float | None
    shards: tuple[ShardProgress, ...]
    unit: str = "media"

    def as_json(self) -> dict[str, Any]:
        """For the browser: the shards that are under way by name, the others by number alone."""
        going = [one for one in self.shards if one.begun and not one.complete]
        return {
            "title": self.title,
            "tokenizer": self.tokenizer,
            "done": self.done,
            "planned": self.planned,
            "tokens": self.tokens,
            "unit": self.unit,
            "seconds_left": self.seconds_left,
            "of": len(self.shards),
            "complete": sum(one.complete for one in self.shards),
            "waiting": sum(not one.begun for one in self.shards),
            "going": [
                {"number": one.number, "done": one.done, "planned": one.planned, "trouble": one.trouble}
                for one in going
            ],
        }


def is_job(folder: Path) -> bool:
    """Whether shards lie in a folder."""
    return folder.is_dir() and any(folder.glob(SHARDS))


def watch(folder: Path) -> JobProgress:
    """How the job in a folder stands: of its shards those of the plan that was written to last. Raises RecordError."""
    files = sorted(folder.glob(SHARDS), key=lambda path: path.stat().st_mtime)
    heads: dict[int, StateHead | IndexHead] = {}
    damaged: dict[int, str] = {}
    last = None
    for path in reversed(files):
        try:
            head = read_index_head(path) if is_index_shard(path) else read_head(path)
        except RecordError as error:
            number = path.name.split("-")[1]
            if number.isdecimal():
                damaged[int(number)] = str(error)
            continue
        last = last or head
        shard, of = _shard(head), _shard(last)
        if head.subject == last.subject and shard and of and shard[1] == of[1]:
            heads[shard[0]] = head
    if last is None:
        raise RecordError(f"{str(folder)[:200]!r} holds no shards of an audit that can be read.")
    if isinstance(last, IndexHead):
        return _progress_of_indices(last, heads, damaged)
    return _progress(last, heads, damaged)


def _shard(head: StateHead | IndexHead) -> tuple[int, int] | None:
    return head.shard if isinstance(head, IndexHead) else head.span.shard


def _progress_of_indices(last: IndexHead, heads: dict[int, IndexHead], damaged: dict[int, str]) -> JobProgress:
    """As of media. How much a shard counts that is not begun nobody knows: as much as the others on average."""
    usual = round(sum(head.planned for head in heads.values()) / len(heads))
    shards = []
    for number in range(1, last.shard[1] + 1):
        head = heads.get(number)
        if head is None:
            trouble = damaged.get(number, "")
            shards.append(ShardProgress(number, 0, usual, bool(trouble), trouble))
        else:
            shards.append(ShardProgress(number, head.planned if head.complete else head.done, head.planned, True))
    going = [head for head in heads.values() if head.done and not head.complete]
    left = [(head.planned - head.done) * head.seconds / head.done for head in going]
    return JobProgress(
        title=last.title,
        tokenizer="",
        done=sum(one.done for one in shards),
        planned=sum(one.planned for one in shards),
        tokens=sum(head.tokens for head in heads.values()) // len(last.subject.sizes),
        seconds_left=max(left) if left else 0.0 if len(heads) == last.shard[1] else None,
        shards=tuple(shards),
        unit=last.unit,
    )


def _progress(last: StateHead, heads: dict[int, StateHead], damaged: dict[int, str]) -> JobProgress:
    subject, of = last.subject, last.span.shard[1]
    shards = []
    for number in range(1, of + 1):
        span, head = Shard(number, of).span(subject.planned, subject.modality), heads.get(number)
        done = 0 if head is None else head.position - span.first
        trouble = "" if head is not None else damaged.get(number, "")
        shards.append(ShardProgress(number, done, span.stop - span.first, head is not None or bool(trouble), trouble))
    return JobProgress(
        title=last.title,
        tokenizer=subject.tokenizer,
        done=sum(one.done for one in shards),
        planned=subject.planned,
        tokens=sum(head.tokens for head in heads.values()),
        seconds_left=_seconds_left(list(heads.values())),
        shards=tuple(shards),
    )


def _seconds_left(heads: Sequence[StateHead]) -> float | None:
    left = [
        (head.span.stop - head.position) * head.seconds / (head.position - head.span.first)
        for head in heads
        if head.position > head.span.first
    ]
    return max(left) if left else None


_lock = threading.Lock()
_watched: dict[Path, str] = {}


def bring_job(path: str | Path) -> str:
    """Let the codebook page show the job whose shards are in a folder; its title. Raises RecordError."""
    folder = Path(path).expanduser().resolve()
    title = watch(folder).title
    with _lock:
        _watched[folder] = title
    return title


def has_jobs() -> bool:
    """Whether any job was named."""
    with _lock:
        return bool(_watched)


def watched_jobs() -> list[dict[str, Any]]:
    """How all that were named stand. One whose shards are gone, as after their merge, says so."""
    with _lock:
        folders = dict(_watched)
    found = []
    for folder, title in folders.items():
        try:
            found.append(watch(folder).as_json() | {"gone": False})
        except (RecordError, OSError):  # a shard may be renamed or taken away while it is looked at
            found.append({"title": title, "gone": True})
    return found
