"""What the tour answers: a chapter in full, for whoever plays it, and all of them, for whoever teaches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from explorer.learn.tour import CHAPTERS
from explorer.learn.words import words_of
from explorer.pages.shared.dispatch import Dispatcher, Event, Nothing
from explorer.pages.shared.fields import OneOf


@dataclass(frozen=True)
class OfChapter:
    """id: of the chapter."""

    id: Annotated[str, OneOf(tuple(one.id for one in CHAPTERS))]


def _chapter(caller: None, request: OfChapter) -> dict[str, Any]:
    """A chapter with all its steps, and what the words of each mean; before, next: the chapters beside it, or None."""
    at = next(number for number, one in enumerate(CHAPTERS) if one.id == request.id)
    before, chapter, after = (None, *CHAPTERS, None)[at : at + 3]
    words = [{"words": [asdict(word) for word in words_of(step.text())]} for step in chapter.steps]
    whole = chapter.as_json()
    steps = [step | said for step, said in zip(whole["steps"], words, strict=True)]
    beside = {"before": before and before.outline(), "next": after and after.outline()}
    return {"chapter": whole | {"steps": steps}} | beside


def _sheet(caller: None, request: Nothing) -> dict[str, Any]:
    """All chapters in full, for the sheet of a teacher."""
    return {"chapters": [one.as_json() for one in CHAPTERS]}


EVENTS = Dispatcher(
    {"chapter": Event(_chapter, OfChapter, strangers=True), "sheet": Event(_sheet, strangers=True)},
)
ask = EVENTS.ask
