"""The plotly.js of the installed plotly package, served by this server at one address that names its version.

A browser keeps it for good: another version has another address. Nothing is imported for it, and nothing is sent before
a page asks, which it does when its first chart comes into sight (views/kit/widgets/chart.js).
"""

from __future__ import annotations

import functools
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from explorer.foundation.errors import ExplorerError
from explorer.pages.shared.keeping import FOR_GOOD


@functools.cache
def plotly_address() -> str:
    """Relative to the app's own root, so that it holds under any path of a proxy."""
    return f"plotly-{version('plotly')}.min.js"


@functools.cache
def plotly_file() -> Path:
    """The file of the installed package. Raises ExplorerError if it has none."""
    found = find_spec("plotly")
    path = Path(next(iter(found.submodule_search_locations or ()), "")) if found else Path()
    file = path / "package_data" / "plotly.min.js"
    if not file.is_file():
        raise ExplorerError("The installed plotly package has no plotly.min.js; install requirements.txt again.")
    return file


def plotly_route() -> Route:
    """For the routes of the app."""
    return Route(f"/{plotly_address()}", _serve, methods=["GET", "HEAD"])


def _serve(request: Request) -> FileResponse:
    return FileResponse(plotly_file(), media_type="text/javascript", headers={"Cache-Control": FOR_GOOD})
