"""The buttons of a bar that open and close what is folded away behind it; what a browser had open it opens again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from explorer.views.kit.page.component import BrowserComponent

FOLD = "dte-fold"  # the class of a part that can be folded away; it stands open while it has the attribute data-open


class Folds(BrowserComponent):
    """One button for each fold. It triggers nothing: Python need not know what is open."""

    NAME = "kit/widgets/folds"

    def __init__(self, value: str = "", **kwargs) -> None:
        kwargs.setdefault("elem_classes", "dte-folds")
        super().__init__(value, **kwargs)


def payload(parts: Mapping[str, str]) -> str:
    """The value of Folds. parts: element id of a fold -> the words of its button."""
    return json.dumps([{"id": id_, "label": label} for id_, label in parts.items()])
