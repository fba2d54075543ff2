"""The audits that the codebook page can open: those that ship, a first look, a visitor's own; their files and media.

What is kept of a visitor's own audits, or of any audit by their own tokenizer, is kept under the visitor.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from explorer.analysis.pictures.token_pictures import MediumPictures
from explorer.audit import shipped
from explorer.audit.indices.vectors import load_codebooks
from explorer.audit.opening import GIVEN, TAKEN, given_audits
from explorer.audit.sources import MediaSource, open_source, samples_source
from explorer.foundation.cache import Cache, share
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, SettingsError, UnknownIdError
from explorer.foundation.owners import EVERYBODY, carried, owner
from explorer.joints.audit import Audit
from explorer.joints.files.audits import audit_file, load_audit
from explorer.joints.record import Codebook
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.fitting import fitting_of
from explorer.media.medium import Modality, fit_medium, values
from explorer.media.rows.items import LoadedItems
from explorer.media.rows.series import LoadedSeries
from explorer.pages.codebook.first_look import QUICK, quick_audit, quick_source, quick_title
from explorer.pages.codebook.own import OWN, OwnAudit, own_audits
from explorer.pages.shared.visitors import Visitor
from explorer.tokenizers import list_tokenizers, load_tokenizer, owner_of

MIMES = {
    "json": "application/json",
    "npy": "application/octet-stream",
    "html": "text/html",
    "zip": "application/zip",
}


_loaded = Cache("audits", share(0.06))
_pictures = Cache("media of audits", share(0.08))
answers = Cache("answers about codebooks", share(0.06))


@dataclass(frozen=True)
class OpenAudit:
    """An audit on the page. key: names it in caches. source: its media, None if they cannot be opened again;
    source_key names them. owner: whose it is.

    spec and codebooks: of its tokenizer, None for plain indices. folder: its files. beside: where the arrays lie that
    it shares with another audit, None where they are its own.
    """

    id: str
    key: Hashable
    audit: Audit
    folder: Path
    source: MediaSource | None
    source_key: Hashable
    spec: TokenizerSpec | None
    owner: str = EVERYBODY
    beside: Path | None = None

    @cached_property
    def codebooks(self) -> tuple[Codebook, ...] | None:
        """One a level. Loads the tokenizer; without one, what lies beside the audit."""
        if self.spec is None:
            return load_codebooks(self.folder, [level.codebook_size for level in self.audit.levels])
        return load_tokenizer(self.spec.id).codebooks()

    def codebook(self, level: int) -> Codebook | None:
        """The codebook of one level, None for plain indices."""
        return None if self.codebooks is None else self.codebooks[level]


def listing(visitor: Visitor | None, tokenizer_id: str | None) -> list[dict[str, Any]]:
    """The audits that can be chosen for a tokenizer: {"id", "title", "tokens"}, the visitor's own first."""
    own = [one for one in reversed(own_audits(visitor).values()) if one.tokenizer == tokenizer_id]
    found = [{"id": a.id, "title": a.title, "tokens": a.tokens} for a in own]
    given = [one for one in given_audits() if one.tokenizer == tokenizer_id]
    found += [{"id": one.id, "title": one.audit.title, "tokens": one.audit.tokens} for one in given]
    for audit_id, title in (shipped.list_audits(tokenizer_id) if tokenizer_id else {}).items():
        tokens = _shipped(str(tokenizer_id), audit_id).audit.tokens
        found.append({"id": audit_id, "title": title, "tokens": tokens})
    if tokenizer_id and all(one["id"].startswith(OWN) for one in found):
        spec = spec_of(tokenizer_id)
        known = _loaded.peek(_quick_key(spec), owner_of(spec.id))
        found.append({"id": QUICK, "title": quick_title(spec), "tokens": known.audit.tokens if known else None})
    return found


def open_audit(visitor: Visitor | None, tokenizer_id: str | None, audit_id: str | None) -> OpenAudit:
    """The audit of that id; without one the first that ships, or where none does a first look at one sample.

    Raises UnknownIdError if it is not there, ExplorerError if the tokenizer cannot be used.
    """
    if audit_id is not None and audit_id.startswith(OWN):
        own = own_audits(visitor).get(audit_id)
        if own is None:
            raise UnknownIdError("That audit is not here any more: its page was closed, or it was resumed.")
        return _own(own)
    if audit_id is not None and audit_id.startswith(GIVEN):
        return _given(audit_id)
    if not tokenizer_id:
        own = next((one for one in reversed(own_audits(visitor).values()) if one.tokenizer is None), None)
        given = next((one for one in given_audits() if one.tokenizer is None), None)
        if own is None and given is None:
            raise ExplorerError("There are no indices yet: upload a file of them, or choose a tokenizer.")
        return _own(own) if own is not None else _given(given.id)
    there = list(shipped.list_audits(spec_of(tokenizer_id).id))
    if audit_id == QUICK or (audit_id is None and not there):
        return _quick(spec_of(tokenizer_id))
    return _shipped(tokenizer_id, there[0] if audit_id is None else audit_id)


def spec_of(tokenizer_id: str) -> TokenizerSpec:
    """The spec of a tokenizer. Raises UnknownIdError with the valid ids."""
    specs = {spec.id: spec for spec in list_tokenizers()}
    if tokenizer_id not in specs:
        load_tokenizer(tokenizer_id)  # raises, with the reason
    return specs[tokenizer_id]


def _shipped(tokenizer_id: str, audit_id: str) -> OpenAudit:
    def make() -> OpenAudit:
        spec = spec_of(tokenizer_id)
        audit, folder = shipped.load_shipped(spec.id, audit_id), shipped.audits_folder(spec.id) / audit_id
        shared = shipped.shared_audits_folder(spec.id)
        source = _samples(spec.modality) if audit_id == shipped.SAMPLES_AUDIT else None
        key, media = (spec.id, audit_id), ("samples", spec.modality)
        return OpenAudit(audit_id, key, audit, folder, source, media, spec, beside=shared and shared / audit_id)

    return _loaded.get((settings().checkpoints, tokenizer_id, audit_id), make, EVERYBODY)


def _quick_key(spec: TokenizerSpec) -> Hashable:
    return (QUICK, spec.id, spec.parameters, spec.codebook_size)


def _quick(spec: TokenizerSpec) -> OpenAudit:
    def make() -> OpenAudit:
        audit, folder = quick_audit(spec)
        source, source_key = quick_source(spec), ("samples", spec.modality)
        return OpenAudit(QUICK, _quick_key(spec), audit, folder, source, source_key, spec, whose)

    whose = owner_of(spec.id)
    return _loaded.get(_quick_key(spec), make, whose)


def _own(own: OwnAudit) -> OpenAudit:
    key = (str(own.folder), own.tokens)  # a resumed audit has more tokens than before
    audit = _loaded.get(key, lambda: load_audit(own.folder), owner())
    if own.tokenizer is None:
        return OpenAudit(own.id, key, audit, own.folder, None, None, None, owner())
    spec = spec_of(own.tokenizer)
    if own.opened:
        return OpenAudit(own.id, key, audit, own.folder, None, None, spec, owner())
    if own.source is None:
        source = samples_source(spec.modality)
        return OpenAudit(own.id, key, audit, own.folder, source, ("samples", spec.modality), spec, owner())
    media = ("source", str(own.source))
    source = _loaded.get(media, lambda: open_source(own.source), owner())
    return OpenAudit(own.id, key, audit, own.folder, source, media, spec, owner())


def _given(audit_id: str) -> OpenAudit:
    one = {given.id: given for given in given_audits()}.get(audit_id)
    if one is None:
        raise UnknownIdError("That audit was not named when this server was started.")
    spec = None if one.tokenizer is None else spec_of(one.tokenizer)
    return OpenAudit(one.id, (one.id, str(one.folder)), one.audit, one.folder, None, None, spec)


def _samples(modality: Modality) -> MediaSource:
    return _loaded.get(("samples", modality), lambda: samples_source(modality), EVERYBODY)


def with_pictures(opened: OpenAudit) -> OpenAudit | None:
    """The audit whose media stand for this one's: itself, else the shipped samples through the same tokenizer."""
    if opened.source is not None:
        return opened
    if opened.spec is None:
        return None
    try:
        return _shipped(opened.spec.id, shipped.SAMPLES_AUDIT)
    except UnknownIdError:
        return None


def pictures_of(opened: OpenAudit, medium: int) -> MediumPictures:
    """A medium of an audit as its tokenizer took it, for pictures of its tokens. Raises ExplorerError if it is gone."""
    if opened.source is None or opened.spec is None:
        raise ExplorerError("The media of this audit are not at hand.")
    name, source, spec = opened.audit.media[medium], opened.source, opened.spec
    fitting = fitting_of(opened.audit.settings)

    def make() -> MediumPictures:
        fitted = fit_medium(source.open(source.names.index(name), spec.modality), spec, fitting)
        loaded = values(fitted)
        if isinstance(fitted, LoadedSeries):
            return MediumPictures(loaded, fitted.rate_hz, [column.name for column in fitted.columns])
        if isinstance(fitted, LoadedItems):
            return MediumPictures(loaded, None, fitted.labels.get("name", ()))
        if spec.modality != "audio":  # a fourth of the memory
            loaded = np.round(np.clip(loaded, 0, 1) * 255).astype(np.uint8)
        return MediumPictures(loaded, spec.sample_rate_hz)

    takes = (
        spec.media_multiple,
        tuple(spec.fixed_size),
        spec.sample_rate_hz,
        spec.channels,
        spec.time_step,
        spec.columns,
    )
    return _pictures.get((opened.source_key, name, takes, fitting), make, opened.owner)


def warm(opened: OpenAudit) -> threading.Thread:
    """Open the media of an audit in the background, so that the first click on a code finds them."""

    def work() -> None:
        chosen = with_pictures(opened)
        if chosen is None or chosen.id != shipped.SAMPLES_AUDIT:
            return  # a visitor's own may be many; they come as they are needed
        for medium in range(len(chosen.audit.media)):
            try:
                pictures_of(chosen, medium)
            except ExplorerError:
                continue

    thread = threading.Thread(target=carried(work), name="warm-pictures", daemon=True)
    thread.start()
    return thread


def file_of(opened: OpenAudit, kind: str) -> dict[str, Any]:
    """A file of an audit for the visitor: {"name", "mime", "bytes"}; kind is a key of MIMES.

    Raises SettingsError for another kind, ExplorerError if the files cannot be read.
    """
    if kind not in MIMES:
        raise SettingsError(f"There is no file {kind[:40]!r} of an audit; there are {', '.join(MIMES)}.")
    stem = "-".join(filter(None, [opened.spec.id if opened.spec else "indices", opened.id, "audit"]))
    try:
        if kind == "json":
            return {"name": f"{stem}.json", "mime": MIMES[kind], "bytes": (opened.folder / "audit.json").read_bytes()}
        if kind == "npy":
            data = audit_file(opened.folder, opened.beside, "counts.npy").read_bytes()
            return {"name": f"{stem}-counts.npy", "mime": MIMES[kind], "bytes": data}
        report = _report(opened)
        if kind == "html":
            return {"name": f"{stem}.html", "mime": MIMES[kind], "bytes": report}
        return {"name": f"{stem}.zip", "mime": MIMES[kind], "bytes": _zipped(opened, stem, report)}
    except OSError as error:
        raise ExplorerError("The files of this audit cannot be read on the server any more.") from error


def _report(opened: OpenAudit) -> bytes:
    """The self-contained HTML report."""
    from explorer.figures.reports.audit import html_report  # with plotly, which only who takes a report needs

    return html_report(opened.audit, opened.codebooks or ()).encode("utf-8")


def _zipped(opened: OpenAudit, stem: str, report: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(TAKEN):
            if (file := audit_file(opened.folder, opened.beside, name)).is_file():
                archive.write(file, f"{stem}/{name}")
        archive.writestr(f"{stem}/report.html", report)
    return buffer.getvalue()
