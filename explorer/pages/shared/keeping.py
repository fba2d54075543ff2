"""What a browser keeps for good, since its address names its content: modules of views, and Gradio's own assets.

Gradio says nothing of how long a file holds, so a browser guesses by its age: what was installed today it asks for
again at every page, some 150 files, and what is a month old it would go on using for days after an upgrade.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from explorer.views.kit.page.module_files import TYPES, module_files, views_address

YEAR_S = 31_536_000
FOR_GOOD = f"public, max-age={YEAR_S}, immutable"
_GRADIOS = re.compile(r"/assets/[^/]+-[\w-]{8}\d?\.(js|css)")  # its builder ends names with a digest of the content


def is_named_by_content(path: str) -> bool:
    """Whether the path is that of an asset whose name changes with its content."""
    return bool(_GRADIOS.fullmatch(path))


class KeepAssets:
    """ASGI middleware: answers with an asset of Gradio say that they hold for good."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not is_named_by_content(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def sending(message: dict) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                others = [pair for pair in message["headers"] if pair[0].lower() != b"cache-control"]
                message = message | {"headers": [*others, (b"cache-control", FOR_GOOD.encode())]}
            await send(message)

        await self._app(scope, receive, sending)


def views_route() -> Route:
    """For the routes of the app: the modules and style sheets of the views, and nothing beside them."""
    return Route(f"/{views_address()}{{name:path}}", _serve, methods=["GET", "HEAD"])


async def _serve(request: Request) -> Response:
    path = module_files().get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("No such file of a view.\n", 404)
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": FOR_GOOD})
