"""Run an audit: read, encode and count one medium after another, with progress, stopping and resuming.

Media are read in stretches, of which those of one size are encoded together (`batches.py`). Where a stretch begins and
ends depends on the media alone, and a state is only ever written between two of them; so a run that was stopped and
resumed makes the same batches, and the same audit to the bit, as one that was not.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from explorer.audit.accumulator import Accumulator
from explorer.audit.batches import BatchMedium, Stretch, encode_together, stretch_size, stretches
from explorer.audit.counting import State, part
from explorer.audit.notes import Notes
from explorer.audit.sources import MediaSource
from explorer.audit.trial import TrialCollector
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError, RecordError, SettingsError
from explorer.foundation.files import write_atomically
from explorer.joints.audit import Audit, MediaNote
from explorer.joints.table_faults import trouble
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.fitting import Fitting
from explorer.media.medium import NOUNS, fit_medium, values

STATE_EVERY_S = 30.0
FORMAT = "discrete-tokenizer-explorer audit state 3"
OWN_CODES = (
    "An audit counts one codebook over many media, and every graph has anchors of its own: number 3 is another node in "
    "each. The Inspect page counts the tokens of one graph."
)


@dataclass(frozen=True)
class Progress:
    """How far an audit is: media done (skipped ones included) of those planned, tokens of one level, the last name.

    seconds: since the start, before a resume included. media_per_second: of this run. seconds_left: at that rate, None
    before the first medium. trouble: what is plainly wrong already, such as codes that are NaN; "" if nothing is.
    """

    done: int
    planned: int
    tokens: int
    seconds: float
    media_per_second: float
    seconds_left: float | None
    name: str
    trouble: str = ""


@dataclass
class Standing:
    """What a run knows, all of which a state file holds."""

    counted: Accumulator
    tried: TrialCollector = field(default_factory=TrialCollector)
    media: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    position: int = 0
    seconds: float = 0.0  # of the runs before this one
    amount: float = 0.0  # see Audit
    notes: Notes = field(default_factory=Notes)


def run_audit(
    tokenizer: Tokenizer,
    source: MediaSource,
    *,
    title: str,
    seed: int = 0,
    side_px: Fitting | int | None = None,
    resume: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Audit:
    """The audit of `source` by `tokenizer`.

    side_px: larger pictures are scaled down to it, or made to fit as a `Fitting` says; None: as the settings say.
    resume: the state file. Where it exists the run goes on from it; a run that is stopped leaves it, and one that ends
    takes it away. cancelled is asked between batches; True ends the run with a partial Audit that is valid. Files that
    cannot be read are listed in `skipped`. Raises MediaError if not one could be, RecordError for a state of another
    audit, SettingsError for a negative seed or for graphs, ExplorerError if the disk refuses.
    """
    if seed < 0:
        raise SettingsError(f"The seed must be 0 or more, not {seed}.")
    if tokenizer.spec.modality == "graph":
        raise SettingsError(OWN_CODES)
    chosen = side_px or settings().limits.image_side_px
    fitting = Fitting(chosen) if isinstance(chosen, int) else chosen
    fitting.check(tokenizer.spec)
    stated = {"seed": seed, **fitting.as_settings(tokenizer.spec.modality)}
    identity = _identity(tokenizer, source, stated)
    standing = Standing(Accumulator(tokenizer.codebooks(), tokenizer.spec.combination, seed))
    if resume is not None and resume.exists():
        _restore(resume, identity, standing)
    start, began_at, saved_at = time.perf_counter(), standing.position, time.monotonic()

    def seconds() -> float:
        return standing.seconds + time.perf_counter() - start

    with _loaded(source, standing.position, tokenizer, fitting) as media:
        for stretch in stretches(media, standing.position, stretch_size(tokenizer.device)):
            if cancelled is not None and cancelled():
                break
            _count(tokenizer, stretch, standing)
            if progress is not None:
                at = _progress(standing, len(source), began_at, seconds(), time.perf_counter() - start)
                progress(replace(at, trouble=trouble(tokenizer.codebooks(), standing.counted.not_finite)))
            if resume is not None and time.monotonic() - saved_at > STATE_EVERY_S:
                _save(resume, identity, standing, seconds())
                saved_at = time.monotonic()
        complete = standing.position == len(source)
        if complete and standing.tried.first is not None:
            _encode_again(tokenizer, source, fitting, standing.tried)
    if complete and not standing.media:
        name, why = standing.skipped[0]
        raise MediaError(f"None of the {len(source):,} files could be read. The first, {name[:100]!r}: {why}")
    if resume is not None and not complete:
        _save(resume, identity, standing, seconds())
    audit = _audit_of(standing, tokenizer, title, len(source), seconds(), stated)
    if resume is not None and complete:
        resume.unlink(missing_ok=True)
    return audit


@contextmanager
def _loaded(source: MediaSource, first: int, tokenizer: Tokenizer, fitting: Fitting):
    """Yield an iterator of (name, Loaded or why not), from number `first` on, read ahead by threads of their own."""
    on_cpu = tokenizer.device == "cpu"
    readers = 1 if on_cpu else min(8, os.cpu_count() or 1)  # on the CPU the cores belong to the network
    ahead = 4 * readers
    spec = tokenizer.spec

    def load(number: int) -> BatchMedium | str:
        try:
            fitted = fit_medium(source.open(number, spec.modality), spec, fitting)
            return BatchMedium(values(fitted), fitted.notes)
        except ExplorerError as error:
            return str(error)

    def read() -> Iterator[tuple[str, BatchMedium | str]]:
        waiting: deque[tuple[int, Future]] = deque()
        numbers = iter(range(first, len(source)))
        while True:
            waiting.extend((n, pool.submit(load, n)) for n in itertools.islice(numbers, ahead - len(waiting)))
            if not waiting:
                return
            number, future = waiting.popleft()
            yield source.names[number], future.result()

    if spec.modality not in NOUNS:
        raise MediaError(f"{spec.id} takes {spec.modality}; an audit reads {', '.join(NOUNS.values())}.")
    pool = ThreadPoolExecutor(readers, thread_name_prefix="audit-reader")
    try:
        yield read()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _encode_again(tokenizer: Tokenizer, source: MediaSource, fitting: Fitting, tried: TrialCollector) -> None:
    """The first medium that was counted, read and encoded once more; nothing if it cannot be read any more."""
    with suppress(ExplorerError):
        first = source.open(source.names.index(tried.first), tokenizer.spec.modality)
        tried.again(tokenizer, values(fit_medium(first, tokenizer.spec, fitting)))


def _count(tokenizer: Tokenizer, stretch: Stretch, standing: Standing) -> None:
    """Encode and count a stretch, in the order of its media. What the tokenizer refuses is skipped."""
    skipped = list(stretch.skipped)
    found, _ = encode_together(tokenizer, stretch.media)
    for name, notes, medium, levels in zip(stretch.names, stretch.notes, stretch.media, found, strict=True):
        if isinstance(levels, str):
            skipped.append((name, levels))
            continue
        standing.counted.add(levels)
        standing.tried.add(tokenizer, name, medium, levels)
        standing.media.append(name)
        standing.notes.add(name, notes)
        standing.amount += amount_of(tokenizer.spec, medium.shape)
    standing.skipped += skipped
    standing.position += stretch.stop


def amount_of(spec: TokenizerSpec, shape: tuple[int, ...]) -> float:
    """How much a medium is, in the unit of its modality: one picture, seconds of sound, frames, rows, items."""
    if spec.modality == "audio":
        return shape[0] / (spec.sample_rate_hz or 1)
    return float(shape[0]) if spec.modality in ("video", "series", "vectors") else 1.0


def _progress(standing: Standing, planned: int, began_at: int, seconds: float, here: float) -> Progress:
    done = standing.position
    rate = (done - began_at) / here if here > 0 else 0.0
    left = (planned - done) / rate if rate > 0 else None
    name = standing.media[-1] if standing.media else standing.skipped[-1][0]
    return Progress(done, planned, standing.counted.tokens, seconds, rate, left, name)


def _audit_of(
    standing: Standing, tokenizer: Tokenizer, title: str, planned: int, seconds: float, made_with: dict[str, object]
) -> Audit:
    counted = standing.counted
    return Audit(
        title=title,
        tokenizer_id=tokenizer.spec.id,
        layout=counted.layout,
        media=tuple(standing.media),
        skipped=tuple(standing.skipped),
        levels=counted.levels(),
        joint=counted.joint(),
        planned=planned,
        seconds=seconds,
        device=tokenizer.device,
        settings=made_with,
        modality=tokenizer.spec.modality,
        amount=standing.amount,
        notes=standing.notes.listed(),
        trial=standing.tried.result(),
    )


def _identity(tokenizer: Tokenizer, source: MediaSource, stated: Mapping[str, object]) -> str:
    """Tells one audit from another: the tokenizer and its codebooks, the names of the media, and the settings."""
    seen = sha256(json.dumps([tokenizer.spec.id, tokenizer.device, sorted(stated.items())]).encode())
    for book in tokenizer.codebooks():
        table = repr(book.rule) if book.vectors is None else np.ascontiguousarray(book.vectors)
        seen.update(table.encode() if isinstance(table, str) else table)
    for name in source.names:
        seen.update(name.encode() + b"\0")
    return seen.hexdigest()


def _save(path: Path, identity: str, standing: Standing, seconds: float) -> None:
    """Write the state: an .npz of the accumulator's arrays and a JSON text."""
    meta = {"format": FORMAT, "identity": identity, "position": standing.position, "seconds": seconds}
    meta |= {"amount": standing.amount}
    meta |= {"notes": [asdict(one) for one in standing.notes.listed()]}
    text = json.dumps(meta | {"media": standing.media, "skipped": standing.skipped})
    arrays: State = {"meta": np.array(text)}
    arrays |= {f"counted_{name}": array for name, array in standing.counted.state().items()}
    arrays |= {f"tried_{name}": array for name, array in standing.tried.state().items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getbuffer())


def _restore(path: Path, identity: str, standing: Standing) -> None:
    """Read a state into `standing`. Raises RecordError if it is damaged, or of another audit."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
        meta = json.loads(str(arrays["meta"]))
        if meta["format"] != FORMAT or meta["identity"] != identity:
            raise RecordError(
                f"{path.name} was left by an audit of other files, or with another tokenizer, device or seed. Repeat "
                "that one, or begin again without resuming."
            )
        standing.counted.restore(part(arrays, "counted"))
        standing.tried.restore(part(arrays, "tried"))
        standing.media, standing.skipped = list(meta["media"]), [(name, why) for name, why in meta["skipped"]]
        standing.position, standing.seconds = int(meta["position"]), float(meta["seconds"])
        standing.amount = float(meta["amount"])
        standing.notes = Notes([MediaNote(**one) for one in meta.get("notes", ())])
    except RecordError:
        raise
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise RecordError(f"{path.name} is no state of an audit, or is damaged. Begin again without it.") from error
