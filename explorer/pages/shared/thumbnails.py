"""Small pictures of the media that ship, each at an address of its own: a browser asks for those in sight.

It keeps them for a while. They are made when first asked for, in a thread, or before that by `pages/warm.py`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping

from PIL import features
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from explorer.compare.presets import PRESETS, HardContent
from explorer.foundation.errors import ExplorerError
from explorer.media.samples import SAMPLES, Sample
from explorer.media.thumbnail import thumbnail_pixels
from explorer.views.kit.wire.encoding import image_bytes

FOLDER = "thumbnails"
KINDS: Mapping[str, Mapping[str, Sample | HardContent]] = {"sample": SAMPLES, "preset": PRESETS}
A_WEEK = "public, max-age=604800"  # another version of the app may draw them otherwise
WEBP, JPEG = ("WEBP", {"quality": 70}), ("JPEG", {"quality": 80})  # half as many bytes, where Pillow writes it
_log = logging.getLogger(__name__)


def thumbnail_address(kind: str, id_: str) -> str:
    """Of a sample or a preset (KINDS), relative to the app's own root, so that it holds under any path of a proxy."""
    return f"{FOLDER}/{kind}/{id_}"


def is_here(one: Sample | HardContent) -> bool:
    """Whether a medium that ships can be read: the package that holds it may not be installed."""
    sample = one if isinstance(one, Sample) else one.sample
    if sample.maker:
        return True
    try:
        return sample.path.is_file()
    except ExplorerError as error:
        _log.warning("%s: %s", one.id, error)
        return False


@functools.cache
def thumbnail(kind: str, id_: str) -> tuple[bytes, str]:
    """File of a thumbnail, and its type. Raises KeyError if there is none, ExplorerError if it cannot be read."""
    pixels = thumbnail_pixels(KINDS[kind][id_].load())
    name, options = WEBP if features.check("webp") else JPEG
    return image_bytes(pixels, name, **options), f"image/{name.lower()}"


def everything() -> list[tuple[str, str]]:
    """Kind and id of each that can be read."""
    return [(kind, id_) for kind, media in KINDS.items() for id_, one in media.items() if is_here(one)]


def thumbnails_route() -> Route:
    """For the routes of the app."""
    return Route(f"/{FOLDER}/{{kind}}/{{id_}}", _serve, methods=["GET", "HEAD"])


def _serve(request: Request) -> Response:
    """Starlette runs this in a thread, since it is a plain function."""
    try:
        data, kind = thumbnail(request.path_params["kind"], request.path_params["id_"])
    except (KeyError, ExplorerError):
        return PlainTextResponse("No such picture.\n", 404)
    return Response(data, media_type=kind, headers={"Cache-Control": A_WEEK})
