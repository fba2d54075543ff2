"""The names under which the server may be called. Any other is refused, so that no page of another site can pass itself
off as this one (DNS rebinding); the refusal says how the name is admitted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import PlainTextResponse

VARIABLE = "EXPLORER_ALLOW_HOST"
LOCAL = ("localhost", "127.0.0.1", "::1", "testserver")
ANYWHERE = ("0.0.0.0", "::")  # bound to all addresses: under which names it is called cannot be known
EVERY_NAME = "*"
SHOWN_CHARACTERS = 80


def allowed_hosts(host: str, named: Iterable[str] = ()) -> list[str]:
    """The names to answer to for a server bound to `host`, EVERY_NAME for any. named: those of `--allow-host`.

    EXPLORER_ALLOW_HOST, and SPACE_HOST of a Space, name more, with commas between.
    """
    listed = [*named, *_listed(VARIABLE)]
    if host in ANYWHERE and not listed:
        return [EVERY_NAME]
    own = () if host in ANYWHERE else (host,)
    return sorted({_bare(name) for name in (*LOCAL, *own, *listed, *_listed("SPACE_HOST"))})


def _listed(variable: str) -> list[str]:
    return [name for name in re.split(r"[,\s]+", os.environ.get(variable, "")) if name]


def _bare(name: str) -> str:
    """A name or an address as it is compared: "[::1]:7860" -> "::1"."""
    name = name.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name if name.count(":") > 1 else name.partition(":")[0]


class NamedHosts:
    """ASGI middleware: answers 400 to a request for a name that is not among `allowed`, which may hold "*.name"."""

    def __init__(self, app: Any, allowed: Sequence[str]) -> None:
        self._app, self._allowed = app, tuple(allowed)

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_allowed(_asked_for(scope)):
            await self._app(scope, receive, send)
            return
        headers = {"x-content-type-options": "nosniff"}
        await PlainTextResponse(refusal(_asked_for(scope)), 400, headers)(scope, receive, send)

    def _is_allowed(self, host: str) -> bool:
        bare = _bare(host)
        return any(
            bare == name or name == EVERY_NAME or (name.startswith("*.") and bare.endswith(name[1:]))
            for name in self._allowed
        )


def _asked_for(scope: dict) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


def refusal(host: str) -> str:
    """What is answered to a request for a name that is not admitted, with the setting that admits it."""
    shown = re.sub(r"[^A-Za-z0-9._:\[\]-]", "?", host)[:SHOWN_CHARACTERS]
    name = _bare(shown)
    if not re.fullmatch(r"[a-z0-9._:-]+", name):
        return f"This server was called by a name that is none: {shown or '(no name)'}\n"
    return (
        f"This server was called as {shown}, and does not answer to that name.\n"
        f"If the name is yours, the one who starts the server admits it:\n\n"
        f"  python app.py --allow-host {name}\n\n"
        f"or, as in a container, with the environment variable {VARIABLE}={name}\n"
    )
