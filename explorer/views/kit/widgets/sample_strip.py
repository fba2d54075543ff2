"""The strip of samples: one click chooses one. Below it, what was wrong with the last choice, if anything."""

from __future__ import annotations

import json
from collections.abc import Sequence

from explorer.views.kit.page.component import BrowserComponent


class SampleStrip(BrowserComponent):
    """Event `pick` {id} when a picture is chosen."""

    NAME = "kit/widgets/sample_strip"
    BROWSER_EVENTS = ("pick",)

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_id", "sample-strip")
        super().__init__(value, **kwargs)


def thumbnail_json(id_: str, title: str, credit: str, address: str) -> dict[str, str]:
    """A sample as the strip reads it. credit: "source, licence". address: of its picture, from the app's root."""
    return {"id": id_, "title": title, "credit": credit, "url": address}


def closing(value: str, fold: str) -> str:
    """That value, with which the browser closes the fold of that element id."""
    return json.dumps(json.loads(value) | {"closes": fold})


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
