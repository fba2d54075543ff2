"""Audits that visitors start in the page: one thread each, few at once, stopped and resumed, ended with the page.

What is counted is written to the visitor's own folder. The modules of the audit are loaded on first use.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explorer.audit.result import Audit, save_audit
from explorer.config import settings
from explorer.errors import Cancelled, ExplorerError, MediaError, SettingsError, plain_words
from explorer.pages.codebook_visitors import OwnAudit, Visitor
from explorer.registry import load_dotted
from explorer.tokenizers import load_tokenizer

INDICES = (".npy", ".npz")
MOST_INDICES, MOST_CODES = 200_000_000, 2**20  # of a visitor's file: a small .npz can hold gigabytes of zeros
SEED = 0
SILENT_S = 300  # a browser that has not asked for so long is gone, though nobody said so
WAIT_S = 0.2
_places = threading.BoundedSemaphore(settings().limits.audits_at_once)


@dataclass(frozen=True)
class Order:
    """What is to be audited: `source` (a zip, a folder of pictures, or an index file), by a tokenizer or as plain
    indices below `codebook_size`. Exactly one of the two is set. uploads: folder of the uploaded files. folder: where
    the audit is written. resume: file of the state of a stopped run."""

    id: str
    title: str
    source: Path
    uploads: Path
    folder: Path
    tokenizer: str | None
    codebook_size: int | None
    resume: Path

    def delete(self) -> None:
        """Delete what was uploaded for it and what it has written."""
        for folder in (self.uploads, self.folder):
            shutil.rmtree(folder, ignore_errors=True)


class Job:
    """One audit in a thread of its own. `state` is waiting, running, done, stopped or failed."""

    def __init__(self, visitor: Visitor, order: Order) -> None:
        self.order, self.state, self.message = order, "waiting", ""
        self.audit_id: str | None = None
        self._visitor, self._stop = visitor, threading.Event()
        self._progress: Any = None
        self._asked = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
        self.alive = True  # its files must not be deleted before it has ended; changes under the visitor's lock

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for its end, so long at most."""
        self._thread.join(seconds)

    def stop(self) -> None:
        """Ask it to end after the medium that it is at; what was counted so far stays valid."""
        self._stop.set()

    def cancelled(self) -> bool:
        """Whether it shall end: it was stopped, or the browser went away without a word."""
        return self._stop.is_set() or time.monotonic() - self._asked > SILENT_S

    def as_json(self) -> dict[str, Any]:
        """How it stands, for the browser; asking keeps it alive."""
        self._asked = time.monotonic()
        at = self._progress
        figures = ("done", "planned", "tokens", "seconds", "media_per_second", "seconds_left")
        return {
            "state": "stopping" if self._stop.is_set() and self.state in ("waiting", "running") else self.state,
            "title": self.order.title,
            "message": self.message,
            "audit": self.audit_id,
            "tokenizer": self.order.tokenizer,
            "name": None if at is None else at.name,
            "resumable": self.state == "stopped",
        } | {name: None if at is None else getattr(at, name) for name in figures}

    def _work(self) -> None:
        try:
            while not _places.acquire(timeout=WAIT_S):
                if self.cancelled():
                    raise Cancelled("Stopped before it began.")
            try:
                self.state = "running"
                self._finish(self._run())
            finally:
                _places.release()
        except Cancelled as error:
            self.state, self.message = "stopped", str(error)
        except Exception as error:
            self.state, self.message = "failed", plain_words(error)
            if not self._visitor.has(self.order.folder):
                self.order.delete()
        finally:
            with self._visitor.lock:
                self.alive = False
                if self._visitor.gone:
                    self._visitor.delete()

    def _run(self) -> Audit:
        order = self.order
        if order.codebook_size is not None:
            audit_indices: Callable[..., Audit] = load_dotted("explorer.audit.indices:audit_indices")  # type: ignore[assignment]
            return audit_indices(
                order.source,
                order.codebook_size,
                most=MOST_INDICES,
                most_codes=MOST_CODES,
                progress=self._tell,
                cancelled=self.cancelled,
            )
        open_source: Callable[..., Any] = load_dotted("explorer.audit.sources:open_source")  # type: ignore[assignment]
        run_audit: Callable[..., Audit] = load_dotted("explorer.audit.run:run_audit")  # type: ignore[assignment]

        return run_audit(
            load_tokenizer(order.tokenizer or ""),
            open_source(order.source),
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
        save_audit(order.folder, audit)
        self._visitor.keep(
            OwnAudit(order.id, audit.title, audit.tokens, order.tokenizer, order.folder, order.source, order.uploads)
        )
        self.audit_id = order.id
        if audit.complete:
            self.state = "done"
            return
        self.state = "stopped"
        self.message = (
            f"Stopped after {len(audit.media) + len(audit.skipped):,} of {audit.planned:,} media. What was counted "
            "until then is valid, and can be resumed."
        )


def start(visitor: Visitor, files: list[Path], tokenizer: str | None, codebook_size: object) -> Job:
    """Begin an audit of uploaded files. Raises ExplorerError if one is running, or the files are of no known kind."""
    source, is_indices = _source_of(files)
    with visitor.lock:
        if visitor.job is not None and visitor.job.alive:
            raise ExplorerError("An audit of yours is running already. Stop it first, or wait for its end.")
        size = _codebook_size(codebook_size) if is_indices else None
        if not is_indices and not tokenizer:
            raise SettingsError("Choose a tokenizer first: pictures are counted by one.")
        if visitor.job is not None and visitor.job.audit_id is None:
            visitor.job.order.delete()  # stopped before there was anything: nobody can come back to it
        folder = visitor.new_folder()
        title = files[0].name if len(files) == 1 else f"{len(files):,} pictures"
        order = Order(
            visitor.new_id(),
            title,
            source,
            files[0].parent,
            folder,
            None if is_indices else tokenizer,
            size,
            folder / "state.npz",
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


def _source_of(files: list[Path]) -> tuple[Path, bool]:
    """What to audit, and whether it is a file of indices."""
    kinds = {file.suffix.lower() for file in files}
    if len(files) == 1 and kinds <= set(INDICES):
        return files[0], True
    if len(files) == 1 and kinds == {".zip"}:
        return files[0], False
    if kinds & {".zip", *INDICES}:
        raise MediaError("One zip, or one file of indices (.npy, .npz), or several pictures at a time, not a mixture.")
    return files[0].parent, False


def _codebook_size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CodebookSizeError("Say how many codes the codebook has (K), a whole number of 1 or more.")
    return value


class CodebookSizeError(SettingsError):
    """K of an upload of indices is missing or does not fit."""

    field = "codebook_size"
