"""What the head of every page begins with: its icon, the modules of its views, and what it says while it opens.

A browser that finds no icon there asks for one at the root of the host, which behind a proxy under a path is another's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from explorer.views.kit.page.component import BrowserComponent
from explorer.views.kit.page.module_files import views_address
from explorer.views.kit.page.preload import preload_links

ICON = (
    b"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 3 3'%3E%3Cpath fill='%232b66d9' "
    b"d='M0 0h1v1H0zM2 0h1v1H2zM1 1h1v1H1zM0 2h1v1H0z'/%3E%3C/svg%3E"
)
HEAD, LINK = b"<head>", b'<link rel="icon" href="' + ICON + b'" />'


def preloads(demo: gr.Blocks) -> dict[str, bytes]:
    """Route of each page ("" is the first, "lab", ...) -> links to the modules of the views on it, and a line of text
    until Gradio's own script has come, where one of them has a sentence for that."""
    views: dict[str, list[BrowserComponent]] = {}
    for block in demo.blocks.values():
        if isinstance(block, BrowserComponent):
            views.setdefault(block.page, []).append(block)
    heads = {}
    for page, shown in views.items():
        opening = next((view.OPENING for view in shown if view.OPENING), "")
        heads[page] = (opening_style(opening) + preload_links(view.NAME for view in shown)).encode()
    return heads


def beat_script() -> bytes:
    """The element that takes the page's heartbeat out of its browser's six connections. It stands before Gradio's own,
    and modules run in their order."""
    return f'<script type="module" src="{views_address()}kit/page/heartbeat.js"></script>'.encode()


def opening_style(text: str) -> str:
    """What a page says in the place of its subject while its body is as the server sent it: empty."""
    if not text:
        return ""
    said = json.dumps(text)[1:-1].replace("\\u", "\\")  # the escapes of CSS: \2026 for \u2026
    look = "display:block;padding:61px 24px;color:GrayText;font:16px system-ui,sans-serif"  # below the line of links
    return f'<style>gradio-app:not(:has(*))::before{{content:"{said}";{look}}}</style>'


class WithHead:
    """ASGI middleware: adds the icon and `more` of its route to pages that come whole."""

    def __init__(self, app: Any, more: Mapping[str, bytes] | None = None) -> None:
        self._app, self._more = app, more or {}

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or b"text/html" not in dict(scope["headers"]).get(b"accept", b""):
            await self._app(scope, receive, send)
            return
        started: list[dict] = []
        added = LINK + beat_script() + self._more.get(scope["path"].rstrip("/").rpartition("/")[2], b"")

        async def sending(message: dict) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                started.append(message)
            elif started and message["type"] == "http.response.body":
                await _send_with(added, started.pop(), message, send)
            else:
                await send(message)

        await self._app(scope, receive, sending)


def _is_page(message: dict) -> bool:
    headers = {name.lower(): value for name, value in message["headers"]}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers


async def _send_with(added: bytes, start: dict, body: dict, send: Any) -> None:
    """Both messages; unchanged where the body is only the first part of one."""
    if not body.get("more_body"):
        changed = body.get("body", b"").replace(HEAD, HEAD + added, 1)
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        start = start | {"headers": [*headers, (b"content-length", str(len(changed)).encode())]}
        body = body | {"body": changed}
    await send(start)
    await send(body)
