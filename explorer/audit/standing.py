"""What an audit is of, how far it is, and the file in which both are kept while it runs.

An audit, or one shard of it, counts the files from `Span.first` to `Span.stop`. A `Standing` is what was counted of
them so far; standings of spans that follow each other `join` to that of all, to the bit.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from explorer.audit.accumulator import Accumulator
from explorer.audit.counting import State, part
from explorer.audit.notes import Notes
from explorer.audit.sources import MediaSource
from explorer.audit.trial import TrialCollector
from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError
from explorer.foundation.files import write_atomically
from explorer.joints.audit import Audit, MediaNote
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.fitting import Fitting

FORMAT = "discrete-tokenizer-explorer audit state 4"
# What may differ between two audits, by the field of Subject: said where a state or a shard does not belong.
DIFFERENCES = {
    "tokenizer": "another tokenizer",
    "revision": "another revision of the tokenizer, or other codebooks",
    "device": "another device",
    "software": "another version of torch or numpy",
    "seed": "another seed",
    "fitting": "another size, crop or filter of the pictures",
    "media": "other files",
    "planned": "other files",
}


@dataclass(frozen=True)
class TableShape:
    """Codes and dimensions of one level's codebook: all that counting needs to know of it."""

    codebook_size: int
    codebook_dim: int


@dataclass(frozen=True)
class Subject:
    """What is audited and how, which all shards of an audit have in common.

    revision: check sum of the tokenizer's card and codebooks. media: check sum of the names of the `planned` files.
    units: of a medium in one unit of `Audit.amount`, such as samples in a second. levels: (K, D) of each.
    """

    tokenizer: str
    revision: str
    device: str
    software: str
    seed: int
    fitting: Fitting
    media: str
    planned: int
    modality: str
    combination: str
    units: int
    levels: tuple[tuple[int, int], ...]

    def differences(self, other: Subject) -> str:
        """What of it is another in `other`, in words: "another seed and other files"; "" if nothing is."""
        mine, theirs = asdict(self), asdict(other)
        words = dict.fromkeys(said for name, said in DIFFERENCES.items() if mine[name] != theirs[name])
        return " and ".join(words)

    def accumulator(self) -> Accumulator:
        """An empty one for it."""
        return Accumulator([TableShape(*shape) for shape in self.levels], self.combination, self.seed)


def subject_of(tokenizer: Tokenizer, source: MediaSource, seed: int, fitting: Fitting) -> Subject:
    """What an audit of `source` by `tokenizer` is of."""
    spec = tokenizer.spec
    return Subject(
        tokenizer=spec.id,
        revision=revision_of(tokenizer),
        device=tokenizer.device.partition(":")[0],  # which card of several makes no difference
        software=f"torch {version('torch')}, numpy {version('numpy')}",
        seed=seed,
        fitting=fitting,
        media=names_sum(source),
        planned=len(source),
        modality=spec.modality,
        combination=spec.combination,
        units=(spec.sample_rate_hz or 1) if spec.modality == "audio" else 1,
        levels=tuple((book.codebook_size, book.codebook_dim) for book in tokenizer.codebooks()),
    )


def revision_of(tokenizer: Tokenizer) -> str:
    """Check sum of the tokenizer's card and codebooks."""
    seen = sha256(repr(tokenizer.spec).encode())
    for book in tokenizer.codebooks():
        table = repr(book.rule) if book.vectors is None else np.ascontiguousarray(book.vectors)
        seen.update(table.encode() if isinstance(table, str) else table)
    return seen.hexdigest()


def names_sum(source: MediaSource) -> str:
    """Check sum of the names of the media."""
    return sha256(b"".join(name.encode() + b"\0" for name in source.names)).hexdigest()


@dataclass(frozen=True)
class Span:
    """The files that one process counts: numbers `first` to `stop` - 1. shard: (i, n) for shard i of n, else None."""

    first: int
    stop: int
    shard: tuple[int, int] | None = None

    @property
    def words(self) -> str:
        """What it is called: "shard 2 of 8"."""
        return "the audit" if self.shard is None else f"shard {self.shard[0]} of {self.shard[1]}"


@dataclass
class Standing:
    """What was counted so far. position: number of the next file. units: see `Subject`. seconds: of earlier runs."""

    counted: Accumulator
    tried: TrialCollector = field(default_factory=TrialCollector)
    media: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    position: int = 0
    seconds: float = 0.0
    units: int = 0
    notes: Notes = field(default_factory=Notes)

    def join(self, after: Standing) -> None:
        """As if what `after` counted had been counted here next. Raises RecordError for media of another layout."""
        self.counted.join(after.counted)
        self.tried.join(after.tried)
        self.notes.join(after.notes)
        self.media += after.media
        self.skipped += after.skipped
        self.position = after.position
        self.seconds += after.seconds
        self.units += after.units


def units_of(spec: TokenizerSpec, shape: Sequence[int]) -> int:
    """How much a medium is: samples of sound, frames, rows, items; one picture."""
    return shape[0] if spec.modality in ("audio", "video", "series", "vectors") else 1


def audit_of(standing: Standing, subject: Subject, title: str, seconds: float) -> Audit:
    """What stands, as an Audit; partial unless all files were reached."""
    counted = standing.counted
    return Audit(
        title=title,
        tokenizer_id=subject.tokenizer,
        layout=counted.layout,
        media=tuple(standing.media),
        skipped=tuple(standing.skipped),
        levels=counted.levels(),
        joint=counted.joint(),
        planned=subject.planned,
        seconds=seconds,
        device=subject.device,
        settings={"seed": subject.seed, **subject.fitting.as_settings(subject.modality)},
        modality=subject.modality,
        amount=standing.units / subject.units,
        notes=standing.notes.listed(),
        trial=standing.tried.result(),
    )


def write_state(standing: Standing, subject: Subject, span: Span, seconds: float, title: str) -> bytes:
    """The state as an .npz of the arrays and one JSON text."""
    said = {"format": FORMAT, "subject": asdict(subject), "span": asdict(span), "position": standing.position}
    said |= {"seconds": seconds, "title": title, "tokens": standing.counted.tokens, "units": standing.units}
    said |= {"counted": len(standing.media), "left_out": len(standing.skipped)}
    names = {"media": standing.media, "skipped": standing.skipped}
    names |= {"notes": [asdict(one) for one in standing.notes.kept()]}
    arrays: State = {"said": np.array(json.dumps(said)), "names": np.array(json.dumps(names))}
    arrays |= {f"counted_{name}": array for name, array in standing.counted.state().items()}
    arrays |= {f"tried_{name}": array for name, array in standing.tried.state().items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def save_state(path: Path, standing: Standing, subject: Subject, span: Span, seconds: float, title: str) -> None:
    """Write the state whole or not at all. Raises ExplorerError if the disk refuses; the old file stays."""
    write_atomically(path, write_state(standing, subject, span, seconds, title))


@dataclass(frozen=True)
class StateHead:
    """What a state says of itself, without its arrays: how far it is, after how many seconds."""

    subject: Subject
    span: Span
    position: int
    seconds: float
    title: str
    tokens: int
    counted: int
    left_out: int

    @property
    def complete(self) -> bool:
        return self.position == self.span.stop


def read_head(path: Path | io.BytesIO) -> StateHead:
    """Raises RecordError if the file is damaged, or no state."""
    with open_archive(path) as archive:
        return _head(json.loads(str(archive["said"])))


def read_state(path: Path | io.BytesIO) -> tuple[StateHead, Standing]:
    """Raises RecordError if the file is damaged, or no state."""
    with open_archive(path) as archive:
        arrays = dict(archive)
        said, names = json.loads(str(arrays["said"])), json.loads(str(arrays["names"]))
        head = _head(said)
        standing = Standing(head.subject.accumulator(), position=head.position, seconds=head.seconds)
        standing.counted.restore(part(arrays, "counted"))
        standing.tried.restore(part(arrays, "tried"))
        standing.media, standing.skipped = list(names["media"]), [(name, why) for name, why in names["skipped"]]
        standing.units = int(said["units"])
        standing.notes = Notes([MediaNote(**one) for one in names["notes"]])
        return head, standing


@contextmanager
def open_archive(path: Path | io.BytesIO):
    """The arrays of a state, without what can run code. Raises RecordError for what is damaged there, and for any
    ValueError or LookupError of whoever reads them."""
    name = path.name if isinstance(path, Path) else "This"
    words = f"{name} is no state of an audit, or is damaged. Begin again without it."
    try:
        with open_arrays(path, name, words) as arrays:
            yield arrays
    except ValueError as error:  # also what is in plain words about one of its parts
        raise RecordError(words) from error


def _head(said: dict[str, Any]) -> StateHead:
    if said["format"] != FORMAT:
        raise ValueError("another format")
    subject = dict(said["subject"]) | {"levels": tuple((int(k), int(d)) for k, d in said["subject"]["levels"])}
    subject["fitting"] = Fitting(**subject["fitting"])
    span = dict(said["span"])
    span["shard"] = None if span["shard"] is None else tuple(int(one) for one in span["shard"])
    rest = {one.name: said[one.name] for one in fields(StateHead) if one.name not in ("subject", "span")}
    return StateHead(subject=Subject(**subject), span=Span(**span), **rest)
