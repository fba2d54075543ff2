"""What the panel "Bring a tokenizer" asks: look at a Hub repository or a file, load it, stop; JSON, errors in words.

Nothing here waits: looking and loading go on in threads, and the browser asks how they stand. A file of this machine
can be named only where the server is bound to this machine (`bound_to`), since else any visitor could probe its disk.
"""

from __future__ import annotations

import atexit
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from explorer import tokenizers
from explorer.foundation.cache import every_cache
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, ExplorerError, MediaError, UnknownIdError
from explorer.loading.planning import Plan, Reference, hub_source, library_source, plan, plan_file, slug
from explorer.pages.bring import requests as asked
from explorer.pages.bring.jobs import Bringing, Look, stop_all
from explorer.pages.bring.opening import opened_or_none
from explorer.pages.bring.uploads import uploads
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing
from explorer.pages.shared.fields import at_field
from explorer.pages.shared.hosts import LOCAL
from explorer.pages.shared.presence import UNTIL
from explorer.pages.shared.take_uploads import claim_uploads, move_uploads
from explorer.pages.shared.visitors import LAST_WORD_S, Visitor, visitors
from explorer.public.catalogue import known_tokenizers
from explorer.tokenizers.memory import budget
from explorer.views.bring.panel import LoadPanel
from explorer.views.bring.payload import known_payload, opening_payload, own_payload, plan_payload

UPLOADED_FILES = 8  # of one tokenizer: weights, perhaps in two parts, and its config
BESIDE = (".json", ".yaml", ".yml")  # files that only describe
_names_files = False  # whether this server is for this machine alone


atexit.register(stop_all, LAST_WORD_S)


def bound_to(host: str, names: Sequence[str] = LOCAL) -> None:
    """The server is bound to `host` and called by `names`: only where both are this machine's own may a visitor name
    files of it. By another name strangers come, through a proxy."""
    global _names_files
    own = {*LOCAL, "[::1]"}
    _names_files = host in own and set(names) <= own and not os.environ.get("SPACE_HOST")


def build() -> LoadPanel:
    """The panel, wired but for its event `brought`; inside a `gr.Blocks`."""
    panel = LoadPanel(server_functions=[load_ask])
    root = gr.context.Context.root_block
    gr.on([root.load], _open, None, panel, show_progress="hidden", api_visibility="private")
    root.unload(_leave)
    return panel


def load_ask(request: dict[str, Any]) -> str:
    """One answer of the panel, as JSON."""
    return EVENTS.ask(request)


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link."""
    return opening(request.session_hash or "", dict(request.query_params))


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: what it waits for ends."""
    visitors.leave(request.session_hash or "")


def opening(session: str, query: Mapping[str, str]) -> str:
    """The value of the panel for a page that was opened, perhaps by a link that names what is not here yet."""
    limits = settings().limits
    asked = query.get("tokenizer", "")
    absent = asked if asked not in {spec.id for spec in tokenizers.list_tokenizers()} else ""
    wanted = wanted_source(absent)
    return opening_payload(
        visitors.enter(session).token,
        names_files=_names_files,
        asks_hub=not settings().hub_offline,
        upload_bytes=limits.checkpoint_upload_bytes,
        budget_bytes=budget(limits),
        wanted=wanted,
        missing=absent if absent.startswith(("hub--", "file--", "library--")) else "",
        shown="bring" in query,
        until=UNTIL,
    )


def wanted_source(tokenizer_id: str) -> str:
    """What to type for the Hub tokenizer of that id; "" if it is none. The list knows the capitals of its own.

    An id tells only the beginning of a commit, which the Hub does not take; the newest one is asked for instead. Which
    of two sets of weights it names is chosen again in the plan.
    """
    if tokenizer_id.startswith("library--"):
        return next(
            (s for s in (one.source for one in known_tokenizers()) if f"library--{slug(s)}" == tokenizer_id), ""
        )
    if not tokenizer_id.startswith("hub--"):
        return ""
    tokenizer_id = re.sub(r"(--[0-9a-f]{8})?(--averaged|--raw)?$", "", tokenizer_id)
    for one in known_tokenizers():
        if one.source and "--".join(["hub", *(slug(part) for part in one.source.split("/"))]) == tokenizer_id:
            return one.source
    parts = tokenizer_id.removeprefix("hub--").split("--")
    try:
        return hub_source("/".join(parts)).words if len(parts) > 1 else ""
    except CheckpointError:
        return ""


def _known(visitor: Visitor | None, request: object) -> dict[str, Any]:
    """The list of tokenizers that people name."""
    return {"known": known_payload(known_tokenizers())}


def _plan(visitor: Visitor, request: asked.Look) -> dict[str, Any]:
    """Begin to look at a repository, uploaded files or a file of this machine: {"job"}."""
    with at_field(request.kind):
        make, upload, look = _maker(visitor, request)
    with visitor.lock:
        before = visitor.job
        if before is not None:
            before.replaced()
        visitor.job = job = Bringing(visitor, make, request.kind, upload, look)
    job.start()
    return {"job": job_payload(job)}


def _maker(visitor: Visitor, request: asked.Look) -> tuple[Callable[[str], Plan], Path | None, Look]:
    """What makes the plan for a choice of weights, the folder of an upload, and what looks at a file that no format
    reads. Raises CheckpointError for what cannot even be looked at."""
    if request.kind == "file":
        files = take(visitor, request.files)
        weights = [file for file in files if file.suffix.lower() not in BESIDE] or files
        where = files[0] if len(files) == 1 else files[0].parent
        name = weights[0].name
        return lambda chosen: plan_file(where, name, chosen), files[0].parent, lambda: opened_or_none(where, name)
    text = request.text.strip()
    if not text:
        raise CheckpointError("Type its name first." if request.kind == "hub" else "Type its path first.")
    if request.kind == "hub":
        source = library_source(text) or hub_source(text.removeprefix("https://huggingface.co/").rstrip("/"))
        return lambda chosen: plan(replace(source, weights=chosen)), None, lambda: None
    if not _names_files:
        raise CheckpointError(
            "This server is not for this machine alone, so its files cannot be named here; upload it."
        )
    try:
        path = Path(text).expanduser()
        there = path.exists()
    except (OSError, RuntimeError, ValueError):  # a name too long, a home of nobody, a folder that may not be read
        there = False
    if not there:
        raise CheckpointError(f"There is no file or folder {text[:200]!r} on this machine that can be read.")
    return lambda chosen: plan(Reference("file", str(path), weights=chosen)), None, lambda: opened_or_none(path)


def take(visitor: Visitor, paths: Sequence[str]) -> list[Path]:
    """Move uploaded files into a new folder of the visitor's page. Raises CheckpointError."""
    if not paths:
        raise CheckpointError("Choose a file first.")
    if len(paths) > UPLOADED_FILES:
        raise CheckpointError(f"These are {len(paths)} files; one tokenizer has {UPLOADED_FILES} at most.")
    names = Counter(Path(path).name for path in paths)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise CheckpointError(
            f"Two of these files are called {twice[:80]!r}. Give the parts of one tokenizer two names."
        )
    limit = settings().limits.checkpoint_upload_bytes
    try:
        if sum(file.stat().st_size for file in claim_uploads(visitor, paths)) > limit:
            raise CheckpointError(
                f"These files have more than {limit / 2**30:g} GiB together. Larger ones are for the command line: "
                "python app.py --checkpoint PATH."
            )
        return move_uploads(visitor, paths)
    except MediaError as error:
        raise CheckpointError(str(error)) from error


def _state(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    return {"job": job_payload(_job(visitor, request))}


def _weights(visitor: Visitor, request: asked.Weights) -> dict[str, Any]:
    """Look again, at the averaged or the raw weights of what holds both: {"job"}."""
    job = _job(visitor, request)
    job.choose(request.weights)
    return {"job": job_payload(job)}


def _load(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    """Begin to load what was looked at: {"job"}."""
    job = _job(visitor, request)
    with at_field("plan"):
        job.load()
    return {"job": job_payload(job)}


def _stop(visitor: Visitor, request: asked.OfJob) -> dict[str, Any]:
    job = _job(visitor, request)
    job.stop()
    return {"job": job_payload(job)}


def _job(visitor: Visitor, request: asked.OfJob) -> Bringing:
    """What the visitor brings. Raises ExplorerError if something else took its place."""
    job = visitor.job
    if job is None or job.id != request.job:
        raise ExplorerError("Something else was named meanwhile.")
    return job


def job_payload(job: Bringing) -> dict[str, Any]:
    """How it stands, for the browser."""
    state, message, share, words = job.state()
    found = job.plan
    return {
        "id": job.id,
        "state": state,
        "message": message,
        "field": job.field if found is None else "plan",
        "share": share,
        "words": words,
        "others": job.others,
        "warnings": list(job.warnings),
        "opened": job.opened if state == "failed" else None,
        "plan": None if found is None else plan_payload(found, here=tokenizers.is_loaded(found.id)),
    }


def _own(visitor: Visitor, request: object) -> dict[str, Any]:
    """The visitor's own tokenizers, the newest first: {"own": [{"id", "title"}]}."""
    return {"own": own_payload(tokenizers.own_tokenizers(visitor.owner))}


def _remove(visitor: Visitor, request: asked.Remove) -> dict[str, Any]:
    """Take back one of the visitor's own, with its file and all that was made of it. Raises UnknownIdError."""
    if not tokenizers.is_brought(request.id, visitor.owner):
        raise UnknownIdError(f"There is no tokenizer {request.id[:80]!r} of yours here.")
    tokenizers.forget(request.id, visitor.owner)
    uploads.drop(request.id, visitor.owner)
    for kept in every_cache:
        kept.let_go(visitor.owner)
    return _own(visitor, request)


EVENTS = Dispatcher(
    {
        "known": Event(_known, Nothing, strangers=True),
        "plan": Event(_plan, asked.Look),
        "state": Event(_state, asked.OfJob),
        "weights": Event(_weights, asked.Weights),
        "load": Event(_load, asked.OfJob),
        "stop": Event(_stop, asked.OfJob),
        "own": Event(_own),
        "remove": Event(_remove, asked.Remove),
    },
    caller=lambda token: visitors.get(token),
)
ask = EVENTS.ask
