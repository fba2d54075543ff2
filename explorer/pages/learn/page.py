"""The page of chapters, and the guide that other pages carry. Both are constant; what was done stays in the browser."""

from __future__ import annotations

from explorer.analysis.codes.definitions import DEFINITIONS
from explorer.learn.references import references
from explorer.learn.tour import CHAPTERS
from explorer.views.learn import chapters, guide
from explorer.views.learn.play import Play


def build() -> None:
    """Lay out the page, inside `demo.route(...)`."""
    glossary = {one.term: one.words for one in DEFINITIONS.values()}
    chapters.Chapters(chapters.payload(CHAPTERS, glossary, references()), elem_id="learn-view")
    Play(elem_id="play-view")
    carry_guide("learn")


def carry_guide(page: str) -> None:
    """The guide on a page, "" for the first one; only chapters that go over it travel with it."""
    there = [one for one in CHAPTERS if any(step.page == page for step in one.steps)]
    guide.Guide(guide.payload(page, there))
