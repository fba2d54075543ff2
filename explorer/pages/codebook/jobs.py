"""Audits that visitors start in the page: one thread each, few at once, stopped and resumed, ended with the page.

What is counted is written to the visitor's own folder. The modules of the audit are loaded on first use.
"""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explorer.audit.opening import is_audit
from explorer.dumps.formats import ALONE
from explorer.foundation.config import settings
from explorer.foundation.errors import Cancelled, ExplorerError, FieldError, MediaError, SettingsError
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.files.audits import save_audit
from explorer.media.samples import samples_title
from explorer.pages.codebook.own import OwnAudit, OwnAudits
from explorer.pages.shared.visitor_job import VisitorJob
from explorer.pages.shared.visitors import Visitor
from explorer.tokenizers import list_tokenizers, load_tokenizer

MOST_INDICES, MOST_CODES = 200_000_000, 2**20  # of a visitor's file: a small .npz can hold gigabytes of zeros
SEED = 0


@dataclass(frozen=True)
class Order:
    """What is to be audited: `source` (a zip, a folder of media, or an index file; None: the samples of the app), by a
    tokenizer or as plain indices below `codebook_size`. Exactly one of the two is set. uploads: folder of the uploaded
    files. folder: where the audit is written. resume: file of the state of a stopped run. axes and ignore: how indices
    are to be read, as typed."""

    id: str
    title: str
    source: Path | None
    uploads: Path
    folder: Path
    tokenizer: str | None
    codebook_size: int | None
    resume: Path
    axes: str = ""
    ignore: str = ""
    opens: tuple[Path, ...] = ()  # the files of an audit that was made elsewhere: nothing is counted

    def delete(self) -> None:
        """Delete what was uploaded for it and what it has written."""
        for folder in (self.uploads, self.folder):
            shutil.rmtree(folder, ignore_errors=True)


class Job(VisitorJob):
    """One audit."""

    PLACES = threading.BoundedSemaphore(settings().limits.audits_at_once)

    def __init__(self, visitor: Visitor, order: Order) -> None:
        super().__init__(visitor, "audit")
        self.order = order
        self.audit_id: str | None = None
        self._progress: Any = None

    def as_json(self) -> dict[str, Any]:
        """How it stands, for the browser; asking keeps it alive."""
        state, at = self.asked(), self._progress
        figures = ("done", "planned", "tokens", "seconds", "media_per_second", "seconds_left")
        return {
            "state": state,
            "title": self.order.title,
            "message": self.message,
            "audit": self.audit_id,
            "tokenizer": self.order.tokenizer,
            "name": None if at is None else at.name,
            "trouble": "" if at is None else at.trouble,
            "resumable": self.state == "stopped",
        } | {name: None if at is None else getattr(at, name) for name in figures}

    def work(self) -> None:
        self._finish(self._run())

    def failed(self) -> None:
        with self._visitor.lock:
            listed = not self._visitor.gone and self._visitor.part(OwnAudits).has(self.order.folder)
        if not listed:
            self.order.delete()

    def _run(self) -> Audit:
        # What counts is imported by the first audit: the page is there before it.
        from explorer.audit.indices.run import audit_indices, reading_of
        from explorer.audit.opening import take_audit, tokenizer_of
        from explorer.audit.run import run_audit
        from explorer.audit.sources import open_source, samples_source

        order = self.order
        if order.opens:
            audit = take_audit(order.opens, order.folder)
            self.order = replace(order, tokenizer=tokenizer_of(audit))
            return audit
        if order.codebook_size is not None:
            return audit_indices(
                order.source,
                order.codebook_size,
                reading_of(order.axes, order.ignore),
                most=MOST_INDICES,
                most_codes=MOST_CODES,
                progress=self._tell,
                cancelled=self.cancelled,
            )
        tokenizer = load_tokenizer(order.tokenizer or "")
        media = samples_source(tokenizer.spec.modality) if order.source is None else open_source(order.source)
        return run_audit(
            tokenizer,
            media,
            title=order.title,
            seed=SEED,
            resume=order.resume,
            progress=self._tell,
            cancelled=self.cancelled,
        )

    def _tell(self, progress: Any) -> None:
        self._progress = progress

    def _finish(self, audit: Audit) -> None:
        """Write and list what was counted."""
        order = self.order
        if not audit.tokens:
            raise Cancelled("Stopped before the first medium was counted.")
        if not order.opens:
            save_audit(order.folder, audit)
            if audit.complete and order.resume is not None:
                order.resume.unlink(missing_ok=True)
        own = OwnAudit(order.id, audit.title, audit.tokens, order.tokenizer, order.folder, order.source, order.uploads)
        self._visitor.part(OwnAudits).keep(replace(own, opened=bool(order.opens)))
        self.audit_id = order.id
        if audit.complete or order.opens:
            self.state = "done"
            return
        self.state = "stopped"
        self.message = (
            f"Stopped after {len(audit.media) + len(audit.skipped):,} of "
            f"{count_of(audit.planned, 'medium', 'media')}. What was counted "
            "until then is valid, and can be resumed."
        )


def start(
    visitor: Visitor,
    files: list[Path],
    tokenizer: str | None,
    codebook_size: object,
    axes: str = "",
    ignore: str = "",
    as_media: bool = False,
) -> Job:
    """Begin an audit of uploaded files; axes, ignore: of indices, as typed. as_media: one array is no indices.

    Raises ExplorerError if one is running, or the files are of no known kind.
    """
    if is_audit(files):
        with visitor.lock:
            return _begin(visitor, files[0].name, None, files[0].parent, None, None, opens=tuple(files))
    source, is_indices = _source_of(files, as_media)
    with visitor.lock:
        size = _codebook_size(codebook_size) if is_indices else None
        if not is_indices and not tokenizer:
            raise SettingsError("Choose a tokenizer first: media are counted by one.")
        title = files[0].name if len(files) == 1 else f"{len(files):,} files"
        tokenizer = None if is_indices else tokenizer
        return _begin(visitor, title, source, files[0].parent, tokenizer, size, axes, ignore)


def start_samples(visitor: Visitor, tokenizer: str | None) -> Job:
    """Begin an audit of the samples of the app by a tokenizer. Raises ExplorerError if one is running."""
    specs = {spec.id: spec for spec in list_tokenizers()}
    if tokenizer not in specs:
        raise SettingsError("Choose a tokenizer first: samples are counted by one.")
    title = samples_title(specs[tokenizer].modality)
    with visitor.lock:
        return _begin(visitor, title, None, None, tokenizer, None)


def _begin(
    visitor: Visitor,
    title: str,
    source: Path | None,
    uploads: Path | None,
    tokenizer: str | None,
    size: int | None,
    axes: str = "",
    ignore: str = "",
    opens: tuple[Path, ...] = (),
) -> Job:
    """Start the visitor's next audit, under the visitor's lock."""
    if visitor.job is not None and visitor.job.alive:
        raise ExplorerError("An audit of yours is running already. Stop it first, or wait for its end.")
    if visitor.job is not None and visitor.job.audit_id is None:
        visitor.job.order.delete()  # stopped before there was anything: nobody can come back to it
    folder = visitor.new_folder()
    state = folder / "state.npz"
    order = Order(
        visitor.new_id(), title, source, uploads or folder, folder, tokenizer, size, state, axes, ignore, opens
    )
    visitor.job = Job(visitor, order)
    visitor.job.start()
    return visitor.job


def resume(visitor: Visitor) -> Job:
    """Go on where the visitor's audit was stopped. Raises ExplorerError if there is nothing to resume."""
    with visitor.lock:
        before = visitor.job
        if before is None or before.alive or before.state != "stopped":
            raise ExplorerError("There is no stopped audit to resume.")
        # A new id, since what was open under the old one is another audit by then.
        visitor.job = Job(visitor, replace(before.order, id=visitor.new_id()))
        visitor.job.start()
        return visitor.job


def _source_of(files: list[Path], as_media: bool = False) -> tuple[Path, bool]:
    """What to audit, and whether it is a file of indices. as_media: it is none, whatever its ending says."""
    kinds = {file.suffix.lower() for file in files}
    if as_media and len(files) == 1:
        return files[0], False
    if len(files) == 1 and kinds <= set(ALONE):
        return files[0], True
    if len(files) == 1 and kinds == {".zip"}:
        return files[0], False
    if kinds & {".zip", *ALONE}:
        raise MediaError("One zip, one file of indices or several files of media at a time, not a mixture.")
    return files[0].parent, False


def _codebook_size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FieldError("codebook_size", "Say how many codes the codebook has (K), a whole number of 1 or more.")
    return value
