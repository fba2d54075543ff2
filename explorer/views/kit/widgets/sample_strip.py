"""The strip of samples: one click chooses one. Below it, what was wrong with the last choice, if anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.views.kit.page.component import BrowserComponent
from explorer.views.kit.wire.encoding import image_bytes


class SampleStrip(BrowserComponent):
    """Event `pick` {id} when a picture is chosen."""

    NAME = "kit/widgets/sample_strip"
    BROWSER_EVENTS = ("pick",)

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "sample-strip")
        super().__init__(value, **kwargs)


@dataclass(frozen=True)
class Thumbnail:
    """id, title and credit ("source, licence") of a sample; pixels (h, w, 3), small."""

    id: str
    title: str
    credit: str
    pixels: np.ndarray


def thumbnails_json(thumbnails: Sequence[Thumbnail]) -> list[dict[str, str]]:
    """Thumbnails as the browser reads them."""
    return [
        {
            "id": thumbnail.id,
            "title": thumbnail.title,
            "credit": thumbnail.credit,
            "url": "data:image/jpeg;base64,"
            + base64.b64encode(image_bytes(thumbnail.pixels, "JPEG", quality=80)).decode("ascii"),
        }
        for thumbnail in thumbnails
    ]


def payload(
    thumbnails: Sequence[dict[str, str]] | None,
    chosen: str,
    message: str = "",
    kind: str = "error",
    modality: str = "image",
) -> str:
    """The value of SampleStrip. chosen: an id, or anything else for none. message: said under the strip.

    thumbnails: None leaves those that are there. kind: "error" (something is wrong), "note" (worth knowing), "busy".
    """
    pictures = None if thumbnails is None else list(thumbnails)
    value = {"pictures": pictures, "chosen": chosen, "message": message, "kind": kind, "modality": modality}
    return json.dumps(value)
