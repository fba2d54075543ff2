"""Run an audit: read, encode and count one medium after another, with progress, stopping and resuming.

Media are read in stretches, of which those of one size are encoded together (`batches.py`). Where a stretch begins and
ends depends on the media alone, and a state is only ever written between two of them; so a run that was stopped and
resumed, or was shared out in shards of whole blocks (`shards/`), makes the same batches, and the same audit to the bit,
as one that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.audit.batches import BatchMedium, Levels, Stretch, block_length, stretch_size, stretches
from explorer.audit.beside import encoded_beside
from explorer.audit.sources import MediaSource
from explorer.audit.standing import Span, Standing, Subject, audit_of, read_state, save_state, subject_of, units_of
from explorer.audit.trial import TrialCollector
from explorer.foundation.ahead import made_ahead, reading_threads
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError, RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.table_faults import trouble
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.fitting import Fitting
from explorer.media.medium import NOUNS, fit_medium, values

STATE_EVERY_S = 30.0
OWN_CODES = (
    "An audit counts one codebook over many media, and every graph has anchors of its own: number 3 is another node in "
    "each. The Inspect page counts the tokens of one graph."
)


@dataclass(frozen=True)
class Progress:
    """How far an audit is: media done (skipped ones included) of those planned, tokens of one level, the last name.

    seconds: since the start, before a resume included. media_per_second: of this run. seconds_left: at that rate, None
    before the first medium. trouble: what is plainly wrong already, such as codes that are NaN; "" if nothing is.
    unit: of done and planned.
    """

    done: int
    planned: int
    tokens: int
    seconds: float
    media_per_second: float
    seconds_left: float | None
    name: str
    trouble: str = ""
    unit: str = "media"


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
    workers: int = 1,
) -> Audit:
    """The audit of `source` by `tokenizer`.

    side_px: larger pictures are scaled down to it, or made to fit as a `Fitting` says; None: as the settings say.
    resume: the state file. Where it exists the run goes on from it, and one that is stopped leaves it. It is the
    caller's to take away, once the audit is written: a disk that is full by then would else cost all that was counted.
    workers: stretches in work at once (`beside.py`). cancelled is asked between batches; True ends the
    run with a partial Audit that is valid. Files that cannot be read are listed in `skipped`. Raises MediaError if not
    one could be, RecordError for a state of another audit, SettingsError for a negative seed or for graphs,
    ExplorerError if the disk refuses.
    """
    subject = subject_to_audit(tokenizer, source, seed, side_px)
    began = time.perf_counter()
    span = Span(0, len(source))
    standing = count_span(
        tokenizer, source, subject, span,
        title=title, state=resume, progress=progress, cancelled=cancelled, workers=workers,
    )  # fmt: skip
    complete = standing.position == len(source)
    refuse_nothing(standing, subject, complete)
    return audit_of(standing, subject, title, standing.seconds + time.perf_counter() - began)


def subject_to_audit(tokenizer: Tokenizer, source: MediaSource, seed: int, side_px: Fitting | int | None) -> Subject:
    """What will be audited, as of `run_audit`. Raises SettingsError for a negative seed, for graphs, or for pictures of
    a size that the tokenizer cannot take."""
    if seed < 0:
        raise SettingsError(f"The seed must be 0 or more, not {seed}.")
    if tokenizer.spec.modality == "graph":
        raise SettingsError(OWN_CODES)
    chosen = side_px or settings().limits.image_side_px
    fitting = Fitting(chosen) if isinstance(chosen, int) else chosen
    fitting.check(tokenizer.spec)
    return subject_of(tokenizer, source, seed, fitting)


def refuse_nothing(standing: Standing, subject: Subject, complete: bool) -> None:
    """Raises MediaError if all files were tried and not one could be read."""
    if complete and not standing.media:
        name, why = standing.skipped[0]
        raise MediaError(f"No file of {subject.planned:,} could be read. The first, {name[:100]!r}: {why}")


def count_span(
    tokenizer: Tokenizer,
    source: MediaSource,
    subject: Subject,
    span: Span,
    *,
    title: str,
    state: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    workers: int = 1,
) -> Standing:
    """Count the files of a span, from where the file `state` says on; `seconds` of it are those before this run.

    What stands is written to `state` along the way and at the end, but for a whole audit that is complete. Raises
    RecordError for a state of another audit, ExplorerError if the disk refuses.
    """
    standing = Standing(subject.accumulator(), position=span.first)
    if state is not None and state.exists():
        standing = restore_state(state, subject, span)
    begun, start, saved_at = standing.position, time.perf_counter(), time.monotonic()

    def save() -> None:
        if state is not None:
            save_state(state, standing, subject, span, standing.seconds + time.perf_counter() - start, title)

    if begun == span.stop and state is not None and state.exists():
        return standing  # was done already
    size, block = stretch_size(tokenizer.device), block_length(subject.planned, subject.modality)
    with (
        _loaded(source, span, begun, tokenizer, subject.fitting) as media,
        encoded_beside(tokenizer, stretches(media, begun, size, block), workers) as encoded,
    ):
        for stretch, (found, _) in encoded:
            if cancelled is not None and cancelled():
                break
            count_stretch(tokenizer, stretch, found, standing)
            if progress is not None:
                at = progress_of(standing, span, begun, time.perf_counter() - start)
                progress(replace(at, trouble=trouble(tokenizer.codebooks(), standing.counted.not_finite)))
            if time.monotonic() - saved_at > STATE_EVERY_S and standing.position < span.stop:  # at the end all is known
                save()
                saved_at = time.monotonic()
        complete = standing.position == span.stop
        if complete and standing.tried.first is not None:
            _encode_again(tokenizer, source, subject.fitting, standing.tried)
    if span.shard is not None or not complete:
        save()
    return standing


def restore_state(path: Path, subject: Subject, span: Span) -> Standing:
    """What a state says. Raises RecordError if it is damaged, or of another audit."""
    head, standing = read_state(path)
    other = subject.differences(head.subject)
    if other or span != head.span:
        what = f"of {head.span.words}, and not of {span.words}" if span != head.span and not other else f"with {other}"
        raise RecordError(f"{path.name} was left by an audit {what}. Repeat that one, or begin again without resuming.")
    return standing


@contextmanager
def _loaded(source: MediaSource, span: Span, first: int, tokenizer: Tokenizer, fitting: Fitting):
    """Yield an iterator of (name, BatchMedium or why not), from number `first` to the end of the span, read ahead by
    threads of their own."""
    spec, readers = tokenizer.spec, reading_threads(tokenizer.device)

    def load(number: int) -> BatchMedium | str:
        return read_medium(source, number, spec, fitting)

    if spec.modality not in NOUNS:
        raise MediaError(f"{spec.id} takes {spec.modality}; an audit reads {', '.join(NOUNS.values())}.")
    with made_ahead(load, range(first, span.stop), readers, 4 * readers) as read:
        yield ((source.names[number], one) for number, one in read)


def read_medium(source: MediaSource, number: int, spec: TokenizerSpec, fitting: Fitting) -> BatchMedium | str:
    """A medium as the tokenizer takes it, or why there is none."""
    try:
        fitted = fit_medium(source.open(number, spec.modality), spec, fitting)
        return BatchMedium(values(fitted), fitted.notes)
    except ExplorerError as error:
        return str(error)


def _encode_again(tokenizer: Tokenizer, source: MediaSource, fitting: Fitting, tried: TrialCollector) -> None:
    """The first medium that was counted, read and encoded once more; nothing if it cannot be read any more."""
    with suppress(ExplorerError):
        first = source.open(source.names.index(tried.first), tokenizer.spec.modality)
        tried.again(tokenizer, values(fit_medium(first, tokenizer.spec, fitting)))


def count_stretch(tokenizer: Tokenizer, stretch: Stretch, found: Sequence[Levels | str], standing: Standing) -> None:
    """Count a stretch, in the order of its media. found: the levels of each; what the tokenizer refused is skipped."""
    skipped = list(stretch.skipped)
    each = zip(stretch.names, stretch.numbers, stretch.notes, stretch.media, found, strict=True)
    for name, number, notes, medium, levels in each:
        if isinstance(levels, str):
            skipped.append((name, levels))
            continue
        standing.counted.add(levels, number)
        standing.tried.add(tokenizer, name, medium, levels)
        standing.media.append(name)
        standing.notes.add(name, notes)
        standing.units += units_of(tokenizer.spec, medium.shape)
    standing.skipped += skipped
    standing.position += stretch.stop


def progress_of(standing: Standing, span: Span, begun: int, here: float) -> Progress:
    """How far a run is that began at file `begun`, `here` seconds ago."""
    done, planned = standing.position - span.first, span.stop - span.first
    rate = (standing.position - begun) / here if here > 0 else 0.0
    left = (planned - done) / rate if rate > 0 else None
    name = standing.media[-1] if standing.media else standing.skipped[-1][0]
    return Progress(done, planned, standing.counted.tokens, standing.seconds + here, rate, left, name)
