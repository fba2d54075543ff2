"""The page of chapters, and the guide that other pages carry. Both are constant; what was done stays in the browser."""

from __future__ import annotations

import functools
import re
from typing import Any

import gradio as gr

from explorer.analysis.codes.definitions import DEFINITIONS
from explorer.analysis.experiments.evidence import gather_evidence
from explorer.experiments import results_file
from explorer.foundation.errors import ExplorerError
from explorer.joints.files.experiments import load_experiment
from explorer.learn.methods.claims import CLAIMS
from explorer.learn.methods.table import METHODS
from explorer.learn.references import references
from explorer.learn.tour import CHAPTERS
from explorer.learn.words import WORDS
from explorer.pages.learn import events
from explorer.views.learn import chapters, guide, methods
from explorer.views.learn.play import Play


def build(demo: gr.Blocks) -> None:
    """Lay out the page, inside `demo.route(...)`."""
    view = chapters.Chapters(elem_id="learn-view", server_functions=[learn_ask])
    Play(elem_id="play-view")
    table = methods.Methods(elem_id="methods-view")
    demo.load(_open, None, [view, table], show_progress="hidden", api_visibility="private")
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


def learn_ask(request: dict[str, Any]) -> str:
    """One answer of the tour, as JSON."""
    return events.ask(request)


def _open() -> tuple[str, str]:
    """Sent to this page alone: what a component is made with goes with every page of the app."""
    return contents()


@functools.cache
def contents() -> tuple[str, str]:
    """The same for everybody, made at the first visit."""
    return chapters.payload(CHAPTERS, _glossary(), references()), _methods()


def _glossary() -> dict[str, str]:
    """Words of the tour and of every "?" on screen, by the alphabet; what both explain, once."""
    found = {one.term: one.words for one in WORDS} | {one.term: one.words for one in DEFINITIONS.values()}
    return dict(sorted(found.items(), key=lambda one: re.sub(r"^(a|an|the) ", "", one[0].lower())))


def carry_guide(page: str) -> None:
    """The guide on a page, "" for the first one; it asks for the chapter that its address names."""
    guide.Guide(guide.payload(page), server_functions=[learn_ask])
