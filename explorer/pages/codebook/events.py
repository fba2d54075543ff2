"""What the codebook page answers: `ask` takes one request of the browser and gives JSON, errors in plain words.

Nothing here waits for long: maps that take seconds and audits go on in the background, and the browser asks again.
"""

from __future__ import annotations

import base64
from typing import Any

from explorer.analysis.codebook.map_level import LAID_OUT
from explorer.analysis.codes.page import level_of
from explorer.audit import shipped
from explorer.audit.opening import given_audits
from explorer.audit.shards.watch import has_jobs, watched_jobs
from explorer.foundation.config import settings
from explorer.pages.codebook import audits
from explorer.pages.codebook import beside as codebook_beside
from explorer.pages.codebook import code as codebook_code
from explorer.pages.codebook import decoding as codebook_decoded
from explorer.pages.codebook import figures as codebook_figures
from explorer.pages.codebook import jobs as codebook_jobs
from explorer.pages.codebook import maps as codebook_maps
from explorer.pages.codebook import requests as asked
from explorer.pages.codebook.first_look import QUICK
from explorer.pages.codebook.own import own_audits
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing, reply
from explorer.pages.shared.take_uploads import FILES, take_uploads
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.views.codebook.payload import geometry_payload, map_payload, open_payload
from explorer.views.codebook.payload_beside import beside_payload


def _opened(visitor: Visitor | None, request: asked.OfAudit) -> audits.OpenAudit:
    return audits.open_audit(visitor, request.tokenizer or None, request.audit or None)


def _open(visitor: Visitor | None, request: asked.OfAudit) -> str:
    """The whole audit: its facts, each level's figures and arrays, and the diagnosis."""
    opened = _opened(visitor, request)
    there = audits.listing(visitor, opened.spec.id if opened.spec else None)
    others = codebook_beside.besides(visitor, opened)
    # A visitor's own audits are in the lists, by ids that each page counts anew.
    page, whose = (visitor.token, visitor.owner) if visitor and own_audits(visitor) else ("", opened.owner)
    key = (opened.key, "open", page, tuple(one["id"] for one in there), tuple(one["key"] for one in others))
    text = audits.answers.get(
        key,
        lambda: reply(
            open_payload(opened.audit, opened.id, there, opened.spec, opened.codebooks, others)
            | {"cluster": has_jobs()}
        ),
        whose,
    )
    audits.warm(opened)
    return text


def _beside(visitor: Visitor | None, request: asked.Beside) -> str:
    """This audit and another one of codebooks of the same sizes, on one level."""
    opened, level = _opened(visitor, request), request.level
    level_of(opened.audit, level)
    other = codebook_beside.open_beside(visitor, request.beside)
    both = (opened, other)
    return audits.answers.get(
        (opened.key, "beside", other.key, level),
        lambda: reply(beside_payload(tuple(o.audit for o in both), tuple(o.codebooks for o in both), level)),
        opened.owner or other.owner,
    )


def _map(visitor: Visitor | None, request: asked.Map) -> dict[str, Any] | str:
    """A map; {"busy": share} while it is computed, and the browser asks again."""
    opened, level, kind = _opened(visitor, request), request.level, request.kind
    level_of(opened.audit, level)
    projection = codebook_maps.projection(opened, level, kind) if kind in LAID_OUT else None
    if isinstance(projection, float):
        return {"busy": projection}

    def make() -> str:
        audit, book = opened.audit, opened.codebook(level)
        return reply(map_payload(audit, level, book, kind, request.codes, request.bits, projection))

    return audits.answers.get((opened.key, "map", level, kind, request.codes, request.bits), make, opened.owner)


def _geometry(visitor: Visitor | None, request: asked.OfLevel) -> str:
    opened, level = _opened(visitor, request), request.level

    def make() -> str:
        level_of(opened.audit, level)
        return reply(geometry_payload(opened.audit, level, opened.codebook(level)))

    return audits.answers.get((opened.key, "geometry", level), make, opened.owner)


def _figure(visitor: Visitor | None, request: asked.Figure) -> str:
    """A chart, when it comes into sight."""
    return codebook_figures.figure(
        _opened(visitor, request), request.level, request.name, request.theme, request.options
    )


def _code(visitor: Visitor | None, request: asked.OfCode) -> dict[str, Any]:
    return codebook_code.code(_opened(visitor, request), request.level, request.code)


def _code_decoded(visitor: Visitor | None, request: asked.OfCode) -> dict[str, Any]:
    return codebook_decoded.code_decoded(_opened(visitor, request), request.level, request.code)


def _sound(visitor: Visitor | None, request: asked.Sound) -> dict[str, Any]:
    """What is heard about a token of a sound."""
    return codebook_code.sound(_opened(visitor, request), request.level, request.medium, request.position)


def _audit_start(visitor: Visitor, request: asked.AuditStart) -> dict[str, Any]:
    """Of uploaded files; of the samples of the app where {"samples": true}."""
    if request.samples:
        return {"job": codebook_jobs.start_samples(visitor, request.tokenizer).as_json()}
    files = take_uploads(visitor, request.files)
    size = None if request.as_media else request.codebook_size
    job = codebook_jobs.start(
        visitor, files, request.tokenizer, size, request.axes, request.ignore, as_media=request.as_media
    )
    return {"job": job.as_json()}


def _audit_state(visitor: Visitor | None, request: object) -> dict[str, Any]:
    job, limits = None if visitor is None else visitor.job, settings().limits
    caps = {"file_bytes": limits.upload_bytes, "upload_bytes": limits.audit_upload_bytes, "files": FILES}
    return {"job": None if job is None else job.as_json(), "limits": caps}


def _audit_stop(visitor: Visitor, request: object) -> dict[str, Any]:
    if visitor.job is not None:
        visitor.job.stop()
    return _audit_state(visitor, request)


def _audit_resume(visitor: Visitor, request: object) -> dict[str, Any]:
    return {"job": codebook_jobs.resume(visitor).as_json()}


def _cluster_state(visitor: Visitor | None, request: object) -> dict[str, Any]:
    return {"jobs": watched_jobs()}


def _download(visitor: Visitor | None, request: asked.Download) -> dict[str, Any]:
    file = audits.file_of(_opened(visitor, request), request.kind)
    data = base64.b64encode(file.pop("bytes")).decode("ascii")
    return {"file": file | {"data": data}}


EVENTS = Dispatcher(
    {
        "open": Event(_open, asked.OfAudit, strangers=True),
        "map": Event(_map, asked.Map, strangers=True),
        "geometry": Event(_geometry, asked.OfLevel, strangers=True),
        "figure": Event(_figure, asked.Figure, strangers=True),
        "code": Event(_code, asked.OfCode, strangers=True),
        "code_decoded": Event(_code_decoded, asked.OfCode, strangers=True),
        "sound": Event(_sound, asked.Sound, strangers=True),
        "beside": Event(_beside, asked.Beside, strangers=True),
        "audit_start": Event(_audit_start, asked.AuditStart),
        "audit_state": Event(_audit_state, Nothing, strangers=True),
        "audit_stop": Event(_audit_stop),
        "audit_resume": Event(_audit_resume),
        "cluster_state": Event(_cluster_state, Nothing, strangers=True),
        "download": Event(_download, asked.Download, strangers=True),
    },
    caller=lambda token: visitors.get(token),
)
ask = EVENTS.ask


def shipped_ids(tokenizer_id: str | None) -> list[str]:
    """Ids of the audits that everybody can open of a tokenizer, None for those without one: those that were named
    when the server was started, and those that ship, else the first look."""
    given = [one.id for one in given_audits() if one.tokenizer == tokenizer_id]
    return given + ((list(shipped.list_audits(tokenizer_id)) or [QUICK]) if tokenizer_id else [])
