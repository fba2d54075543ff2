"""Bringing a tokenizer of others as an endpoint: a Hub repository or a file in, what is known of it out."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError
from explorer.foundation.owners import owner
from explorer.loading.planning import hub_source, plan, plan_file
from explorer.pages.bring.jobs import begin
from explorer.pages.bring.opening import opened_payload
from explorer.tokenizers import loaded_bytes
from explorer.tokenizers.memory import check_room

WAIT_S = 0.2


def load_source(source: str, file: str | None, weights: str = "") -> dict[str, Any]:
    """`owner/name[@revision]` of the Hub, or an uploaded file -> the spec, whose "id" other endpoints take; with
    "notes". weights: "averaged" or "raw" where it holds both, "" for what its original takes. An uploaded file is its
    visitor's own, and nobody else's. Paths of the server are not taken. Raises ExplorerError in plain words."""
    if bool(source.strip()) == (file is not None):
        raise CheckpointError("Send either the name of a Hub repository, owner/name[@revision], or one file.")
    made = plan(hub_source(source.strip()), weights) if file is None else plan_file(Path(file), weights=weights)
    check_room(made.title, made.memory_bytes or 0, settings().limits, loaded_bytes())
    token = secrets.token_urlsafe(9)
    going = begin(made, token, uploaded=file is not None, visitor=owner())
    while going.state in ("loading", "stopping"):
        going.enter(token)
        going.join(WAIT_S)
    if going.state != "done":
        raise CheckpointError(going.message)
    return asdict(going.spec or going.plan.spec or made.spec) | {"notes": list(made.notes)}  # type: ignore[arg-type]


def open_source(file: str | None) -> dict[str, Any]:
    """A checkpoint of any kind -> what it tells of its codebooks ("tables", each with "lines", "dead_codes" and more),
    why no format reads it ("problem", "" if one does), and "adapter", the text of a drafted adapter file.

    Raises CheckpointError in plain words.
    """
    if file is None:
        raise CheckpointError("Send one file: a checkpoint.")
    return opened_payload(Path(file))
