"""How far one shard of an audit of plain indices is, and the file that says it: also that of a run that was stopped."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from explorer.audit.counting import State, part
from explorer.audit.indices.count import IndexCount
from explorer.audit.indices.refusals import Refusals
from explorer.audit.indices.stretches import Position, Stretch
from explorer.audit.indices.subject import IndexSubject, subject_from_json
from explorer.audit.standing import open_archive
from explorer.dumps.arrays import Dump
from explorer.foundation.files import write_atomically

FORMAT = "discrete-tokenizer-explorer indices state 1"


@dataclass(frozen=True)
class Stamps:
    """The files of a dump. marks (n,) uint64: of each, another one once it is another file."""

    names: tuple[str, ...]
    marks: np.ndarray

    def other(self, later: Stamps) -> str:
        """The first file that is another in `later`, or is there alone; "" where all are the same."""
        for number, name in enumerate(self.names):
            if number >= len(later.names) or later.names[number] != name or later.marks[number] != self.marks[number]:
                return name
        return later.names[len(self.names)] if len(later.names) > len(self.names) else ""


def stamps_of(source: Dump) -> Stamps:
    told = (f"{name}\0{mark}".encode("utf-8", "surrogatepass") for name, mark in source.stamps)
    marks = [int.from_bytes(blake2b(one, digest_size=8).digest(), "little") for one in told]
    return Stamps(tuple(name for name, _ in source.stamps), np.array(marks, np.uint64))


@dataclass(frozen=True)
class IndexHead:
    """What a shard says of itself, without its arrays.

    shard: (i, n). stretch: what it counts, and position: from where on it has not. done, planned: how much that is, of
    `unit` (files, lines, ...). changed: that the dump did while it was read. stopped: why a dump of one file could be
    read no further.
    """

    subject: IndexSubject
    shard: tuple[int, int]
    stretch: Stretch
    position: Position
    done: int
    planned: int
    unit: str
    seconds: float
    title: str
    tokens: int
    media: int
    left_out: int
    changed: str
    stopped: str

    @property
    def complete(self) -> bool:
        return self.position == self.stretch.stop or bool(self.stopped)

    @property
    def words(self) -> str:
        """What it is called: "shard 2 of 8"."""
        return f"shard {self.shard[0]} of {self.shard[1]}"


def write_shard(head: IndexHead, count: IndexCount, stamps: Stamps) -> bytes:
    """The shard as an .npz of its arrays and texts. count: at the end of a medium."""
    said = {name: getattr(head, name) for name in IndexHead.__dataclass_fields__ if name not in ("subject", "stretch")}
    said |= {"format": FORMAT, "subject": head.subject.as_json()}
    said |= {"first": head.stretch.first, "stop": head.stretch.stop}
    said |= {"parts": count.parts, "lengths": [int(length) for length in count.lengths]}
    texts = {"refused": count.refusals.listed, "files": list(stamps.names)}
    arrays: State = {"said": np.array(json.dumps(said)), "marks": stamps.marks, "texts": _packed(texts)}
    arrays |= {f"counted_{name}": array for name, array in count.state().items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def save_shard(path: Path, head: IndexHead, count: IndexCount, stamps: Stamps) -> None:
    """Write the shard whole or not at all. Raises ExplorerError if the disk refuses; the old file stays."""
    write_atomically(path, write_shard(head, count, stamps))


def _packed(texts: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(zlib.compress(json.dumps(texts).encode(), 1), np.uint8)


def is_index_shard(path: Path) -> bool:
    """Whether it is a shard of an audit of plain indices, and not of media. Raises RecordError if it is damaged."""
    with open_archive(path) as archive:
        return json.loads(str(archive["said"]))["format"] == FORMAT


def read_index_head(path: Path) -> IndexHead:
    """Raises RecordError if the file is damaged, or no such shard."""
    with open_archive(path) as archive:
        return _head(json.loads(str(archive["said"])))


def read_stamps(path: Path) -> Stamps:
    """The files of the dump. Raises RecordError if the file is damaged."""
    with open_archive(path) as archive:
        texts = json.loads(zlib.decompress(archive["texts"].tobytes()))
        return Stamps(tuple(map(str, texts["files"])), archive["marks"])


def read_shard(path: Path) -> tuple[IndexHead, IndexCount]:
    """Raises RecordError if the file is damaged, or no such shard."""
    with open_archive(path) as archive:
        arrays = dict(archive)
        said, texts = json.loads(str(arrays["said"])), json.loads(zlib.decompress(arrays["texts"].tobytes()))
        head = _head(said)
        count = IndexCount(head.subject)
        count.restore(part(arrays, "counted"))
        refusals = Refusals()
        refusals.count = head.left_out
        refusals.listed = [(str(name), str(why)) for name, why in texts["refused"]]
        count.read(int(said["parts"]), map(int, said["lengths"]), refusals)
        count.stopped = head.stopped
        return head, count


def _head(said: dict[str, Any]) -> IndexHead:
    if said["format"] != FORMAT:
        raise ValueError("another format")
    (first, stop), (a, b) = said["shard"], said["position"]
    stretch = Stretch(*(tuple(map(int, said[name])) for name in ("first", "stop")))
    own = {"subject": subject_from_json(said["subject"]), "shard": (int(first), int(stop)), "stretch": stretch}
    own |= {"position": (int(a), int(b))}
    return IndexHead(**own, **{name: said[name] for name in IndexHead.__dataclass_fields__ if name not in own})
