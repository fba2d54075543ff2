"""What the page of recorded runs answers to a browser: the newest of its runs (`pull`), and what it is asked (`do`)."""

from __future__ import annotations

from typing import Any

from explorer.foundation.config import settings
from explorer.foundation.errors import FieldError
from explorer.pages.replay import requests as asked
from explorer.pages.replay.part import ReplayPart
from explorer.pages.replay.unpacking import unpack_run
from explorer.pages.replay.zipped_checkpoints import holds_checkpoints, unpack_checkpoints
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing
from explorer.pages.shared.take_uploads import claim_uploads, move_uploads
from explorer.pages.shared.visitors import Visitor, visitors


def _part(visitor: Visitor) -> ReplayPart:
    return visitor.part(ReplayPart)


def _pull(visitor: Visitor, request: asked.Pull) -> dict[str, Any]:
    return _part(visitor).desk.newest(request)


def _opened(part: ReplayPart, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """What every action is answered with: how the runs stand, and which there are."""
    return {"error": None, "status": part.desk.status(), "runs": part.listed()} | (more or {})


def _open(visitor: Visitor, request: asked.Open) -> dict[str, Any]:
    part = _part(visitor)
    part.show(request.runs)
    return _opened(part)


def _alone(visitor: Visitor, request: object) -> dict[str, Any]:
    """Run A alone goes on being shown."""
    part = _part(visitor)
    part.show(tuple(side.id for side in part.desk.sides[:1]))
    return _opened(part)


def _upload(visitor: Visitor, request: asked.Upload) -> dict[str, Any]:
    """Open the recording in an uploaded zip, or the one that is made of the checkpoints in it."""
    if len(request.files) != 1:
        raise FieldError("files", "Choose one zip of a recorded run's folder, or of a run's checkpoints.")
    limit = settings().limits.checkpoint_upload_bytes
    (file,) = claim_uploads(visitor, request.files)
    if file.stat().st_size > limit:
        raise FieldError("files", f"The zip is over the cap of {limit / 2**20:,.0f} MiB: python app.py --run FOLDER.")
    (zipped,) = move_uploads(visitor, request.files)
    folder = visitor.new_folder()
    try:
        title = unpack_checkpoints(zipped, folder) if holds_checkpoints(zipped) else unpack_run(zipped, folder)
    finally:
        zipped.unlink(missing_ok=True)
    part = _part(visitor)
    part.show((part.keep(folder, title),))
    return _opened(part)


def _example(visitor: Visitor, request: object) -> dict[str, Any]:
    part = _part(visitor)
    part.show((part.record_example(),))
    return _opened(part)


def _frame(visitor: Visitor, request: asked.Moment) -> dict[str, Any]:
    part = _part(visitor)
    return _opened(part, part.desk.looked_back(request))


def _lives(visitor: Visitor, request: asked.Side) -> dict[str, Any]:
    part = _part(visitor)
    return _opened(part, part.desk.lives(request))


def _refit(visitor: Visitor, request: object) -> dict[str, Any]:
    part = _part(visitor)
    for side in part.desk.sides:
        side.refit()
    return _opened(part)


def _export(visitor: Visitor, request: asked.File) -> dict[str, Any]:
    part = _part(visitor)
    return _opened(part, part.desk.file(request))


PULL = Dispatcher({"pull": Event(_pull, asked.Pull)}, caller=lambda token: visitors.get(token))
ACTIONS = Dispatcher(
    {
        "open": Event(_open, asked.Open),
        "compare_off": Event(_alone, Nothing),
        "upload": Event(_upload, asked.Upload),
        "example": Event(_example, Nothing),
        "frame": Event(_frame, asked.Moment),
        "lives": Event(_lives, asked.Side),
        "refit": Event(_refit, Nothing),
        "export": Event(_export, asked.File),
    },
    caller=lambda token: visitors.get(token),
    key="action",
)


def pull(request: object) -> str:
    """The newest of the runs that are open, less what the browser holds already."""
    return PULL.ask((request if isinstance(request, dict) else {}) | {"what": "pull"})


def do(request: object) -> str:
    """Carry out one action; on an error nothing changed, and the answer says what it was about."""
    return ACTIONS.ask(request if isinstance(request, dict) else {})
