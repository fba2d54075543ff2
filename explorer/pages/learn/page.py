"""The page of chapters, and the guide that other pages carry. Both are constant; what was done stays in the browser."""

from __future__ import annotations

from explorer.analysis.codes.definitions import DEFINITIONS
from explorer.analysis.experiments.evidence import gather_evidence
from explorer.experiments import results_file
from explorer.foundation.errors import ExplorerError
from explorer.joints.files.experiments import load_experiment
from explorer.learn.methods.claims import CLAIMS
from explorer.learn.methods.table import METHODS
from explorer.learn.references import references
from explorer.learn.tour import CHAPTERS
from explorer.views.learn import chapters, guide, methods
from explorer.views.learn.play import Play


def build() -> None:
    """Lay out the page, inside `demo.route(...)`."""
    glossary = {one.term: one.words for one in DEFINITIONS.values()}
    chapters.Chapters(chapters.payload(CHAPTERS, glossary, references()), elem_id="learn-view")
    Play(elem_id="play-view")
    methods.Methods(_methods(), elem_id="methods-view")
    carry_guide("learn")


def _methods() -> str:
    """The map and the table of methods, with what the shipped runs of one experiment say of them, if they are here."""
    try:
        found = load_experiment(results_file("same-encoder"))
    except ExplorerError:
        return methods.payload(METHODS, CLAIMS, {}, "The results of the experiment are not here.")
    source = (
        "The same encoder on the same pictures under every quantizer, 200 steps, lowest and highest of two seeds; see "
        "Experiments."
    )
    return methods.payload(METHODS, CLAIMS, gather_evidence(found), source)


def carry_guide(page: str) -> None:
    """The guide on a page, "" for the first one; only chapters that go over it travel with it."""
    there = [one for one in CHAPTERS if any(step.page == page for step in one.steps)]
    guide.Guide(guide.payload(page, there))
