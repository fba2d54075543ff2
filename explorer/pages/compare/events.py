"""What the compare page answers: `ask` takes one request of the browser and gives JSON, errors in plain words."""

from __future__ import annotations

import base64
import functools
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from explorer.compare.choice import modality_of_ids, tokenizer_ids
from explorer.compare.kinds import KINDS
from explorer.compare.media import PRESET_PREFIX, CompareMedia, open_media
from explorer.compare.presets import PRESETS, HardContent
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError
from explorer.media.medium import NOUNS, Modality
from explorer.media.samples import SAMPLE_PREFIX, SAMPLES, Sample
from explorer.pages.compare import jobs as compare_jobs
from explorer.pages.compare import requests as asked
from explorer.pages.compare.link import linked_comparison
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing
from explorer.pages.shared.fields import at_field
from explorer.pages.shared.take_uploads import take_uploads
from explorer.pages.shared.thumbnails import is_here, thumbnail_address
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.views.compare.payload import thumbnail_url


def _media(visitor: Visitor | None, request: object) -> dict[str, Any]:
    """What can be compared without an upload, with small pictures."""
    return {"media": chosen_media()}


@functools.cache
def chosen_media() -> list[dict[str, str]]:
    """{"id", "kind", "modality", "title", "about", "image"} of each sample that can be compared and each preset; one
    that is not here is left out."""
    samples = [
        _entry("sample", SAMPLE_PREFIX, one, one.modality, f"{one.source}, {one.licence}")
        for one in SAMPLES.values()
        if one.modality in KINDS and is_here(one)
    ]
    return samples + [
        _entry("preset", PRESET_PREFIX, one, "image", one.look) for one in PRESETS.values() if is_here(one)
    ]


def _entry(kind: str, prefix: str, one: Sample | HardContent, modality: Modality, about: str) -> dict[str, str]:
    facts = {"id": f"{prefix}{one.id}", "kind": f"{kind}s", "modality": modality}
    return facts | {"title": one.title, "about": about, "image": thumbnail_address(kind, one.id)}


def _own(visitor: Visitor, request: asked.Own) -> dict[str, Any]:
    """Take uploaded files: {"names", "modality"}; they stay chosen until others come."""
    files = take_uploads(visitor, request.files, "compare")
    try:
        media = _opened(files, request.modality)
        image = thumbnail_url(media.read(0)) if len(media) == 1 else None
    except ExplorerError:
        shutil.rmtree(files[0].parent, ignore_errors=True)
        raise
    with visitor.lock:
        before, visitor.files = visitor.files, tuple(files)
        if visitor.job is not None and before and visitor.job.order.shared is None:
            visitor.job.stop()
    if before:
        shutil.rmtree(before[0].parent, ignore_errors=True)
    return {"names": list(media.names), "title": media.title, "image": image, "modality": request.modality}


def _opened(files: list[Path] | tuple[Path, ...], modality: Modality) -> CompareMedia:
    return open_media([str(file) for file in files], settings().limits, modality=modality)


def _link(visitor: Visitor, request: asked.Link) -> dict[str, Any]:
    """What another link asks for, on a page that is open: {"chosen", "media", "message"}."""
    query = dict(parse_qsl(request.query))
    own = request.modality if visitor.files else None
    linked = linked_comparison(query, own)
    return {"chosen": linked.tokenizers, "media": linked.media, "message": linked.said}


def _start(visitor: Visitor, request: asked.Start) -> dict[str, Any]:
    """Begin: {"job"}; crops of hard content are not scaled."""
    with at_field("tokenizers"):
        ids = tuple(tokenizer_ids(",".join(request.tokenizers)))
    modality = modality_of_ids(ids)
    with at_field("media"):
        media, shared_as = _wanted(visitor, request.media, modality)
    side = request.side if modality == "image" and len(media.crops) < len(media) else None
    job = compare_jobs.start(visitor, ids, media, shared_as, side)
    return {"job": job.as_json(), "names": list(media.names)}


def _wanted(visitor: Visitor, wanted: str, modality: Modality) -> tuple[CompareMedia, str | None]:
    """The media of that name, and the name where everybody has them. Raises MediaError."""
    if wanted == asked.OWN:
        if not visitor.files:
            raise MediaError(f"Choose your own {NOUNS[modality]} first.")
        return _opened(visitor.files, modality), None
    if not wanted.startswith((SAMPLE_PREFIX, PRESET_PREFIX)):
        raise MediaError(asked.NO_MEDIA)
    return open_media([wanted], settings().limits, modality=modality), wanted


def _state(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    return {"job": _job(visitor, request).as_json()}


def _stop(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    job = _job(visitor, request)
    job.stop()
    return {"job": job.as_json()}


def _pictures(visitor: Visitor, request: asked.OfMedium) -> dict[str, Any]:
    return _job(visitor, request).pictures(request.number)


def _played(visitor: Visitor, request: asked.OfMedium) -> dict[str, Any]:
    """What is heard or seen moving of one medium."""
    return _job(visitor, request).played(request.number)


def _result(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    return {"result": _found(visitor, request).result}


def _figure(visitor: Visitor, request: asked.Figure) -> str:
    """Rate and distortion as a chart, when it comes into sight."""
    return _job(visitor, request).figure(request.measure, request.theme)


def _download(visitor: Visitor, request: asked.Download) -> dict[str, Any]:
    """A file of the comparison, base64."""
    found, (name, mime) = _found(visitor, request), asked.FILES[request.kind]
    kind = found.comparison.kind
    if (request.kind == "codecs" and not kind.codecs) or (request.kind == "details" and not _has_details(found)):
        raise ExplorerError(f"A comparison of {kind.nouns} has no {name}: there is nothing of that kind to say.")
    try:
        data = (found.folder / name).read_bytes()
    except OSError as error:
        raise ExplorerError("This file is no longer on the server; compare again.") from error
    return {"file": {"name": name, "mime": mime, "data": base64.b64encode(data).decode("ascii")}}


def _has_details(found: compare_jobs.Outcome) -> bool:
    return any(medium.details for medium in found.comparison.media)


def _job(visitor: Visitor, request: asked.OfJob) -> compare_jobs.Job:
    """The visitor's comparison of that id. Raises ExplorerError if another took its place."""
    job = visitor.job
    if job is None or job.order.id != request.job:
        raise ExplorerError("This comparison is no longer on the server; compare again.")
    return job


def _found(visitor: Visitor, request: asked.OfJob) -> compare_jobs.Outcome:
    found = _job(visitor, request).found
    if found is None:
        raise ExplorerError("The figures are not there yet.")
    return found


EVENTS = Dispatcher(
    {
        "media": Event(_media, Nothing, strangers=True),
        "own": Event(_own, asked.Own),
        "link": Event(_link, asked.Link),
        "start": Event(_start, asked.Start),
        "state": Event(_state, asked.OfJob),
        "stop": Event(_stop, asked.OfJob),
        "pictures": Event(_pictures, asked.OfMedium),
        "played": Event(_played, asked.OfMedium),
        "result": Event(_result, asked.OfJob),
        "figure": Event(_figure, asked.Figure),
        "download": Event(_download, asked.Download),
    },
    caller=lambda token: visitors.get(token),
)
ask = EVENTS.ask
