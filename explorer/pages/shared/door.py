"""The door: who comes in. A visitor is a browser, told from others by a cookie that only this server can make.

The cookie holds nothing but a random name. It lasts until the browser is closed, and no script can read it. Where a
browser takes no cookies, or a script calls the endpoints, the visitor is one session of Gradio: one page, one client.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from starlette.requests import cookie_parser

from explorer.foundation.owners import EVERYBODY, acting_for, owner
from explorer.pages.shared.presence import presence
from explorer.pages.shared.visitor_files import UploadPlace, files, nobody

COOKIE = "explorer_visitor"
STALLED_S = 60.0  # that an upload may be silent before its end
_log = logging.getLogger(__name__)
_SECRET = secrets.token_bytes(32)
_HEARTBEAT = re.compile(r"/heartbeat/([^/]+)/?$")


class Door:
    """ASGI middleware: says for whom each request is, and gives a new visitor a cookie with the first page.

    path: of the app behind a proxy, which the cookie is for.
    """

    def __init__(self, app: Any, path: str = "/") -> None:
        self._app, self._path = app, path

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        cookie = f"{COOKIE}_{(scope.get('server') or ('', ''))[1]}"  # by port, since ports of a host share cookies
        scope["explorer_cookie"] = cookie
        name, session = _named(headers.get(b"cookie", ""), cookie), _session(scope)
        if not name and scope["method"] == "GET" and "text/html" in headers.get(b"accept", ""):
            name = _made()
            send = _with_cookie(send, f"{cookie}={name}; Path={self._path}; HttpOnly; {_same_site(scope, headers)}")
        beat = bool(_HEARTBEAT.search(scope["path"]))
        with presence.connected([name or session, session], beat), acting_for(name or session):
            if scope["method"] == "POST" and scope["path"].rstrip("/").endswith("/upload"):
                await self._take_upload(name or nobody(), scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _take_upload(self, whose: str, scope: dict, receive: Any, send: Any) -> None:
        """The upload into a folder of its own, which goes at once unless the client was told that it is there: of one
        that was cut off, or that sends nothing more, nobody knows."""
        presence.touch(whose)
        folder, more, told = files.new_folder(whose), True, False
        UploadPlace.receiving.set(folder)

        async def take() -> dict:
            nonlocal more
            try:
                message = await asyncio.wait_for(receive(), STALLED_S if more else None)
            except TimeoutError:
                return {"type": "http.disconnect"}
            more = message.get("more_body", False)
            return message

        async def answer(message: dict) -> None:
            nonlocal told
            told = told or message.get("status", 500) < 300
            await send(message)

        try:
            await self._app(scope, take, answer)
        finally:
            if not told:
                files.drop(folder)


def visitor_of(request: gr.Request | None) -> str:
    """The visitor who sent what an event of Gradio is run for; without a request the one acted for already."""
    if request is None:
        return owner()
    web = request.request
    session = f"session:{request.session_hash}" if request.session_hash else EVERYBODY
    name = _named(web.headers.get("cookie", ""), web.scope.get("explorer_cookie", COOKIE)) if web else ""
    if web is not None and "/call/" in web.url.path:  # plain HTTP, whose address names no session: it begins here
        presence.touch(session)
    return name or session


class Pages(gr.Blocks):
    """Blocks whose events, of pages and of endpoints alike, are run for the visitor who sent them."""

    def _parted(self, request: gr.Request | None) -> Callable[[], bool]:
        """Asks whether the connection on which the answer is to go was closed: Gradio's queue then marks the event."""
        jobs = [job for jobs in self._queue.active_jobs for job in jobs or ()] if request is not None else []
        mine = [job for job in jobs if job.session_hash == request.session_hash]  # type: ignore[union-attr]
        mine = [job for job in mine if job.data is not None and job.request is request.request] or mine  # type: ignore
        return lambda: bool(mine) and not any(job.alive for job in mine)

    async def call_function(self, block_fn, processed_input, iterator=None, requests=None, *more, **named):
        request = requests[0] if isinstance(requests, list) else requests
        with acting_for(visitor_of(request), self._parted(request)):
            return await super().call_function(block_fn, processed_input, iterator, requests, *more, **named)

    async def preprocess_data(self, block_fn, inputs, *more, **named):
        """What was sent, as its function takes it. Raises gr.Error in words: Gradio itself would answer with none."""
        try:
            return await super().preprocess_data(block_fn, inputs, *more, **named)
        except gr.Error:
            raise
        except Exception as error:
            _log.info("what was sent to %s cannot be read", block_fn.api_name, exc_info=error)
            raise gr.Error(_unread(block_fn), print_exception=False) from error


def _unread(block_fn: Any) -> str:
    """Why an event was not answered whose values are of other types or number than it takes."""
    if block_fn.api_visibility == "private":
        return "What the page sent cannot be read. Load it again, and choose once more."
    takes = ", ".join(f"{one.label} ({_kind_of(one)})" for one in block_fn.inputs)
    return f"What was sent cannot be read: /{block_fn.api_name} takes, in this order, {takes}. The page /api says more."


def _kind_of(component: gr.components.Component) -> str:
    if isinstance(component, gr.File):
        return "a list of uploaded files" if component.file_count == "multiple" else "an uploaded file"
    return "a number" if isinstance(component, gr.Number) else "text"


def _made() -> str:
    """A new name with its proof."""
    name = secrets.token_urlsafe(24)
    return f"{name}.{_proof(name)}"


def _proof(name: str) -> str:
    return hmac.new(_SECRET, name.encode(), "sha256").hexdigest()[:32]


def _named(cookies: str, cookie: str) -> str:
    """The visitor that the cookies of a request name; "" for none, or one that this server did not make."""
    name, _, proof = cookie_parser(cookies).get(cookie, "").rpartition(".")
    sound = bool(name) and hmac.compare_digest(_proof(name).encode(), proof.encode())
    return f"{name}.{proof}" if sound else ""


def _session(scope: dict) -> str:
    """The session of Gradio that a request names in its address; "" for none."""
    beat, query = _HEARTBEAT.search(scope["path"]), parse_qs(scope.get("query_string", b"").decode("latin-1"))
    found = beat[1] if beat else query.get("session_hash", [""])[0]
    return f"session:{found}" if found else ""


def _same_site(scope: dict, headers: dict[bytes, str]) -> str:
    """Inside a page of another site, as on a Space, only such a cookie is sent back at all."""
    secure = scope.get("scheme") == "https" or headers.get(b"x-forwarded-proto", "").startswith("https")
    if os.environ.get("SPACE_HOST") and secure:
        return "SameSite=None; Secure; Partitioned"
    return "SameSite=Lax; Secure" if secure else "SameSite=Lax"


def _with_cookie(send: Any, cookie: str) -> Any:
    """`send`, which also sets a cookie; a page that does is nobody else's, so no proxy may keep it."""
    more = [(b"set-cookie", cookie.encode()), (b"cache-control", b"private, no-cache")]

    async def sending(message: dict) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", []) if pair[0].lower() != b"cache-control"]
            message = message | {"headers": [*kept, *more]}
        await send(message)

    return sending
