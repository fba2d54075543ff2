"""What the codebook page answers: `ask` takes one request of the browser and gives JSON, errors in plain words.

Nothing here waits for long: maps that take seconds and audits go on in the background, and the browser asks again.
"""

from __future__ import annotations

import base64
from typing import Any

from explorer.analysis.codes.page import level_of
from explorer.audit import shipped
from explorer.audit.opening import given_audits
from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError
from explorer.pages.codebook import audits
from explorer.pages.codebook import beside as codebook_beside
from explorer.pages.codebook import code as codebook_code
from explorer.pages.codebook import decoded as codebook_decoded
from explorer.pages.codebook import figures as codebook_figures
from explorer.pages.codebook import jobs as codebook_jobs
from explorer.pages.codebook import maps as codebook_maps
from explorer.pages.codebook.first_look import QUICK
from explorer.pages.codebook.visitors import FILES, Visitor, take_uploads, visitors
from explorer.pages.shared.asking import Answer, answer, known, said, whole
from explorer.views.codebook.payload import geometry_payload, map_payload, open_payload
from explorer.views.codebook.payload_beside import beside_payload


def ask(request: dict[str, Any]) -> str:
    """The answer to one request: JSON of {"ok": true, ...}, or {"ok": false, "error": {"field", "message"}}."""
    return answer(ANSWERS, visitors, request)


def _opened(visitor: Visitor | None, request: dict[str, Any]) -> audits.Opened:
    tokenizer, audit = request.get("tokenizer"), request.get("audit")
    return audits.open_audit(
        visitor,
        tokenizer if isinstance(tokenizer, str) and tokenizer else None,
        audit if isinstance(audit, str) and audit else None,
    )


def _open(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """The whole audit: its facts, each level's figures and arrays, and the diagnosis."""
    opened = _opened(visitor, request)
    there = audits.listing(visitor, opened.spec.id if opened.spec else None)
    others = codebook_beside.besides(visitor, opened)
    # A visitor's own audits are in the lists, by ids that each page counts anew.
    page, whose = (visitor.token, visitor.owner) if visitor and visitor.audits else ("", opened.owner)
    key = (opened.key, "open", page, tuple(one["id"] for one in there), tuple(one["key"] for one in others))
    text = audits.answers.get(
        key, lambda: said(open_payload(opened.audit, opened.id, there, opened.spec, opened.codebooks, others)), whose
    )
    audits.warm(opened)
    return text


def _beside(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """This audit and another one of codebooks of the same sizes, on one level."""
    opened, level = _opened(visitor, request), whole(request, "level")
    level_of(opened.audit, level)
    other = codebook_beside.open_beside(visitor, str(request.get("beside")))
    both = (opened, other)
    return audits.answers.get(
        (opened.key, "beside", other.key, level),
        lambda: said(beside_payload(tuple(o.audit for o in both), tuple(o.codebooks for o in both), level)),
        opened.owner or other.owner,
    )


def _map(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """A map; {"busy": share} while it is computed, and the browser asks again."""
    opened, level = _opened(visitor, request), whole(request, "level")
    kind, codes, bits = str(request.get("kind")), _few(request, "codes"), _few(request, "bits")
    level_of(opened.audit, level)
    projection = codebook_maps.projection(opened, level, kind) if kind in codebook_maps.PROJECTED else None
    if isinstance(projection, float):
        return said({"busy": projection})

    def make() -> str:
        audit, book = opened.audit, opened.codebook(level)
        return said(map_payload(audit, level, book, kind, codes, bits, projection))

    return audits.answers.get((opened.key, "map", level, kind, codes, bits), make, opened.owner)


def _geometry(visitor: Visitor | None, request: dict[str, Any]) -> str:
    opened, level = _opened(visitor, request), whole(request, "level")

    def make() -> str:
        level_of(opened.audit, level)
        return said(geometry_payload(opened.audit, level, opened.codebook(level)))

    return audits.answers.get((opened.key, "geometry", level), make, opened.owner)


def _figure(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """A chart, when it comes into sight."""
    return codebook_figures.figure(_opened(visitor, request), whole(request, "level"), request)


def _code(visitor: Visitor | None, request: dict[str, Any]) -> str:
    opened = _opened(visitor, request)
    return said(codebook_code.code(opened, whole(request, "level"), whole(request, "code")))


def _code_decoded(visitor: Visitor | None, request: dict[str, Any]) -> str:
    opened = _opened(visitor, request)
    return said(codebook_decoded.code_decoded(opened, whole(request, "level"), whole(request, "code")))


def _sound(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """What is heard about a token of a sound."""
    numbers = (whole(request, name) for name in ("level", "medium", "position"))
    return said(codebook_code.sound(_opened(visitor, request), *numbers))


def _audit_start(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """Of uploaded files; of the samples of the app where {"samples": true}."""
    visitor = known(visitor)
    wanted = request.get("tokenizer")
    tokenizer = wanted if isinstance(wanted, str) else None
    if request.get("samples") is True:
        return said({"job": codebook_jobs.start_samples(visitor, tokenizer).as_json()})
    files = take_uploads(visitor, request.get("files"))
    axes, ignore = (text if isinstance(text := request.get(name), str) else "" for name in ("axes", "ignore"))
    job = codebook_jobs.start(visitor, files, tokenizer, request.get("codebook_size"), axes, ignore)
    return said({"job": job.as_json()})


def _audit_state(visitor: Visitor | None, request: dict[str, Any]) -> str:
    job, limits = None if visitor is None else visitor.job, settings().limits
    caps = {"file_bytes": limits.upload_bytes, "upload_bytes": limits.audit_upload_bytes, "files": FILES}
    return said({"job": None if job is None else job.as_json(), "limits": caps})


def _audit_stop(visitor: Visitor | None, request: dict[str, Any]) -> str:
    job = known(visitor).job
    if job is not None:
        job.stop()
    return _audit_state(visitor, request)


def _audit_resume(visitor: Visitor | None, request: dict[str, Any]) -> str:
    return said({"job": codebook_jobs.resume(known(visitor)).as_json()})


def _download(visitor: Visitor | None, request: dict[str, Any]) -> str:
    file = audits.file_of(_opened(visitor, request), str(request.get("kind")))
    data = base64.b64encode(file.pop("bytes")).decode("ascii")
    return said({"file": file | {"data": data}})


def _few(request: dict[str, Any], name: str) -> tuple[int, ...] | None:
    """A short list of whole numbers of the request, None if there is none."""
    value = request.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > 3 or any(not isinstance(v, int) or v < 0 for v in value):
        raise SettingsError(f"The {name} must be up to three whole numbers of 0 or more.")
    return tuple(value)


ANSWERS: dict[str, Answer] = {
    "open": _open,
    "map": _map,
    "geometry": _geometry,
    "figure": _figure,
    "code": _code,
    "code_decoded": _code_decoded,
    "sound": _sound,
    "beside": _beside,
    "audit_start": _audit_start,
    "audit_state": _audit_state,
    "audit_stop": _audit_stop,
    "audit_resume": _audit_resume,
    "download": _download,
}


def shipped_ids(tokenizer_id: str | None) -> list[str]:
    """Ids of the audits that everybody can open of a tokenizer, None for those without one: those that were named
    when the server was started, and those that ship, else the first look."""
    given = [one.id for one in given_audits() if one.tokenizer == tokenizer_id]
    return given + ((list(shipped.list_audits(tokenizer_id)) or [QUICK]) if tokenizer_id else [])
