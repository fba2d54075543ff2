"""The page of chapters: what there is to learn, how far one is, and what was answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from explorer.learn.chapter import Chapter
from explorer.learn.references import Reference
from explorer.views.kit.page.component import BrowserComponent


class Chapters(BrowserComponent):
    """What was done and answered is kept in the browser alone."""

    NAME = "learn/chapters"


def payload(chapters: Sequence[Chapter], glossary: Mapping[str, str], references: Sequence[Reference]) -> str:
    """The value of Chapters. glossary: term -> words."""
    content = {
        "chapters": [one.outline() for one in chapters],
        "glossary": [{"term": term, "words": words} for term, words in glossary.items()],
        "references": [{"id": one.id, "words": one.words, "papers": list(one.papers)} for one in references],
    }
    return json.dumps(content, separators=(",", ":"))
