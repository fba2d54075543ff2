"""Heartbeats by WebSocket: a page's connection that does not count among the six that a browser has for a server.

`views/kit/page/heartbeat.js` opens them. To all that comes after, here and in Gradio, they are the request that a page
would hold open otherwise. The address is another one: a proxy that passes on no sockets asks for it as for a page, and
a heartbeat that ends at once would tell Gradio that the page was closed.
"""

from __future__ import annotations

import re
from typing import Any

_SOCKET = re.compile(r"/heartbeat_socket/([^/]+)/?$")
_BROKEN = 1011  # the code of a socket that the server closes for a fault of its own


class BeatsBySocket:
    """ASGI middleware: answers a WebSocket with what the app has to say to the same heartbeat, line by line."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket" or not _SOCKET.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        await receive()  # that somebody connects
        await send({"type": "websocket.accept"})
        asked, open_ = False, True

        async def receiving() -> dict:
            nonlocal asked, open_
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            while open_:  # a page has nothing to say
                open_ = (await receive())["type"] != "websocket.disconnect"
            return {"type": "http.disconnect"}

        async def sending(message: dict) -> None:
            if message.get("body") and open_:
                await send({"type": "websocket.send", "text": message["body"].decode()})

        await self._app(_as_request(scope), receiving, sending)
        if open_:
            await send({"type": "websocket.close", "code": _BROKEN})


def _as_request(scope: dict) -> dict:
    """The heartbeat that a page without sockets would ask for. The version of the protocol is one in which it is for
    the app to look whether the page is still there."""
    path = _SOCKET.sub(r"/heartbeat/\1", scope["path"])
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    asgi = {"version": "3.0", "spec_version": "2.3"}
    changed = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "scheme": scheme, "asgi": asgi}
    return {name: value for name, value in scope.items() if name != "subprotocols"} | {"http_version": "1.1"} | changed
