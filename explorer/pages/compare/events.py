"""What the compare page answers: `ask` takes one request of the browser and gives JSON, errors in plain words."""

from __future__ import annotations

import atexit
import base64
import functools
import logging
import shutil
from pathlib import Path
from typing import Any

from explorer.compare.choice import modality_of_ids, tokenizer_ids
from explorer.compare.media import PRESET_PREFIX, SAMPLE_PREFIX, CompareMedia, open_media
from explorer.compare.presets import PRESETS
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError, MediaError, SettingsError
from explorer.media.medium import NOUNS, Modality
from explorer.media.samples import SAMPLES
from explorer.pages.codebook.visitors import VISITORS_KEPT, Visitor, Visitors, take_uploads
from explorer.pages.compare import jobs as compare_jobs
from explorer.pages.shared.asking import Answer, answer, known, said, whole
from explorer.pages.shared.session import SIDES_PX
from explorer.views.compare.payload import thumbnail

OWN = "own"
FILES = {
    "report": ("report.html", "text/html"),
    "sheet": ("sheet.png", "image/png"),
    "csv": ("table.csv", "text/csv"),
    "differences": ("differences.csv", "text/csv"),
    "codecs": ("codecs.csv", "text/csv"),
    "json": ("compare.json", "application/json"),
}
visitors = Visitors(VISITORS_KEPT)
atexit.register(visitors.leave_all)
_log = logging.getLogger(__name__)


def ask(request: dict[str, Any]) -> str:
    """The answer to one request: JSON of {"ok": true, ...}, or {"ok": false, "error": {"field", "message"}}."""
    return answer(ANSWERS, visitors, request)


def _media(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """What can be compared without an upload, with small pictures."""
    return said({"media": chosen_media()})


@functools.cache
def chosen_media() -> list[dict[str, str]]:
    """{"id", "kind", "modality", "title", "about", "image"} of each sample and each preset; one that cannot be read is
    left out."""
    found = []
    for one in (*SAMPLES.values(), *PRESETS.values()):
        is_sample = one.id in SAMPLES and SAMPLES[one.id] is one
        modality = one.modality if is_sample else "image"
        prefix, kind = (SAMPLE_PREFIX, "samples") if is_sample else (PRESET_PREFIX, "presets")
        about = f"{one.source}, {one.licence}" if is_sample else one.look
        try:
            image = thumbnail(one.load())
        except ExplorerError as error:
            _log.warning("%s%s: %s", prefix, one.id, error)
            continue
        about = {"modality": modality, "title": one.title, "about": about, "image": image}
        found.append({"id": f"{prefix}{one.id}", "kind": kind} | about)
    return found


def _own(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """Take uploaded files: {"names", "modality"}; they stay chosen until others come.

    modality: of the tokenizers that are chosen, which says as what they are read.
    """
    visitor, modality = known(visitor), str(request.get("modality") or "image")
    if modality not in NOUNS:
        raise SettingsError("Choose tokenizers of pictures, sounds or clips first.")
    files = take_uploads(visitor, request.get("files"), "compare")
    try:
        media = _opened(files, modality)
        image = thumbnail(media.read(0)) if len(media) == 1 else None
    except ExplorerError:
        shutil.rmtree(files[0].parent, ignore_errors=True)
        raise
    with visitor.lock:
        before, visitor.files = visitor.files, tuple(files)
        if visitor.job is not None and before and visitor.job.order.shared is None:
            visitor.job.stop()
    if before:
        shutil.rmtree(before[0].parent, ignore_errors=True)
    return said({"names": list(media.names), "title": media.title, "image": image, "modality": modality})


def _opened(files: list[Path] | tuple[Path, ...], modality: Modality) -> CompareMedia:
    return open_media([str(file) for file in files], settings().limits, modality=modality)


def _start(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """Begin: {"job"}. Errors say at which field they are: tokenizers or media. "side" is the longest side of pictures,
    one of SIDES_PX; crops of hard content are not scaled."""
    visitor = known(visitor)
    names, wanted = request.get("tokenizers"), request.get("media")
    try:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise SettingsError("Choose the tokenizers to compare.")
        ids = tuple(tokenizer_ids(",".join(names)))
    except ExplorerError as error:
        raise at_field(error, "tokenizers") from error
    modality = modality_of_ids(ids)
    try:
        if wanted == OWN:
            if not visitor.files:
                raise MediaError(f"Choose your own {NOUNS[modality]} first.")
            media, shared_as = _opened(visitor.files, modality), None
        elif isinstance(wanted, str) and wanted.startswith((SAMPLE_PREFIX, PRESET_PREFIX)):
            media, shared_as = open_media([wanted], settings().limits, modality=modality), wanted
        else:
            raise MediaError("Choose something to compare on first.")
    except ExplorerError as error:
        raise at_field(error, "media") from error
    side = request.get("side", SIDES_PX[0])
    if side not in SIDES_PX:
        raise SettingsError(f"The longest side is one of {', '.join(map(str, SIDES_PX))} pixels.")
    chosen = side if modality == "image" and len(media.crops) < len(media) else None
    job = compare_jobs.start(visitor, ids, media, shared_as, chosen)
    return said({"job": job.as_json(), "names": list(media.names)})


def at_field(error: ExplorerError, field: str) -> ExplorerError:
    """The same error, which says where on the page it belongs."""
    error.field = field  # type: ignore[attr-defined]
    return error


def _state(visitor: Visitor | None, request: dict[str, Any]) -> str:
    return said({"job": _job(visitor, request).as_json()})


def _stop(visitor: Visitor | None, request: dict[str, Any]) -> str:
    job = _job(visitor, request)
    job.stop()
    return said({"job": job.as_json()})


def _pictures(visitor: Visitor | None, request: dict[str, Any]) -> str:
    return said(_job(visitor, request).pictures(whole(request, "number")))


def _played(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """What is heard or seen moving of one medium."""
    return said(_job(visitor, request).played(whole(request, "number")))


def _result(visitor: Visitor | None, request: dict[str, Any]) -> str:
    return said({"result": _found(visitor, request).result})


def _figure(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """Rate and distortion as a chart, when it comes into sight."""
    measure = request.get("measure")
    return _job(visitor, request).figure(measure if isinstance(measure, str) else None, str(request.get("theme")))


def _download(visitor: Visitor | None, request: dict[str, Any]) -> str:
    """A file of the comparison, base64."""
    found, kind = _found(visitor, request), request.get("kind")
    if kind not in FILES:
        raise SettingsError(f"There is no file called {str(kind)[:40]!r}. There is: {', '.join(FILES)}.")
    name, mime = FILES[str(kind)]
    try:
        data = (found.folder / name).read_bytes()
    except OSError as error:
        raise ExplorerError("This file is no longer on the server; compare again.") from error
    return said({"file": {"name": name, "mime": mime, "data": base64.b64encode(data).decode("ascii")}})


def _job(visitor: Visitor | None, request: dict[str, Any]) -> compare_jobs.Job:
    """The visitor's comparison of that id. Raises ExplorerError if another took its place."""
    job = known(visitor).job
    if job is None or job.order.id != request.get("job"):
        raise ExplorerError("This comparison is no longer on the server; compare again.")
    return job


def _found(visitor: Visitor | None, request: dict[str, Any]) -> compare_jobs.Found:
    found = _job(visitor, request).found
    if found is None:
        raise ExplorerError("The figures are not there yet.")
    return found


ANSWERS: dict[str, Answer] = {
    "media": _media,
    "own": _own,
    "start": _start,
    "state": _state,
    "stop": _stop,
    "pictures": _pictures,
    "played": _played,
    "result": _result,
    "figure": _figure,
    "download": _download,
}
