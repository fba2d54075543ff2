"""What the first visitor of a page would wait for, made while nobody waits: in a thread, one thing after the other.

None of it is needed: what fails, or has not come yet when somebody asks, is made then, and said then.
"""

from __future__ import annotations

import logging
import multiprocessing.forkserver
import threading
from collections.abc import Callable
from urllib.request import urlopen

from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import carried
from explorer.pages.codebook import events as codebook
from explorer.pages.compare import events as compare
from explorer.pages.inspect import events as inspect
from explorer.pages.inspect.link import linked_visit
from explorer.pages.lab.page import presets_json
from explorer.pages.lab.process import process_context
from explorer.pages.learn import page as learn
from explorer.pages.shared import runtime, thumbnails

PATIENCE_S = 20.0
ROUTES = ("", "learn", "lab", "codebook", "compare", "experiments")
_log = logging.getLogger(__name__)


def first_result() -> threading.Thread:
    """Load torch and the first tokenizer, and make what the first page opens with, while a browser opens it."""

    def make() -> None:
        visit, _ = linked_visit({})
        if not visit.tokenizer:
            return  # there is none
        runtime.record_of(visit)
        inspect.everything(visit)
        inspect.card_value(visit)
        inspect.strip_value(visit)

    return _in_thread("first result", [make])


def the_rest(address: str) -> threading.Thread:
    """Torch for the runs of the lab, the pages themselves, lists, the first audit, small pictures. The thread."""
    pages = [_page(f"{address}{route}") for route in ROUTES]
    made = [learn.contents, presets_json, compare.chosen_media, _first_audit, thumbnails.warm]
    return _in_thread("the rest", [runs_of_the_lab, *pages, *made])  # a process of its own first: it takes longest


def runs_of_the_lab() -> None:
    """Start the process from which runs of the lab are started, which loads torch: it takes a run's first seconds."""
    if process_context().get_start_method() == "forkserver":
        multiprocessing.forkserver.ensure_running()


def _page(address: str) -> Callable[[], None]:
    def get() -> None:
        with urlopen(address, timeout=PATIENCE_S) as answer:  # of this server itself
            answer.read()

    return get


def _first_audit() -> None:
    """What the codebook page opens with where its address names nothing."""
    for what in ("open", "map"):
        codebook.ask({"what": what, "tokenizer": None, "audit": None, "level": 0, "kind": "pca"})


def _in_thread(name: str, made: list[Callable[[], object]]) -> threading.Thread:
    def run() -> None:
        for make in made:
            try:
                make()
            except (ExplorerError, OSError) as error:
                _log.warning("%s: %s", name, error)

    thread = threading.Thread(target=carried(run), name=name, daemon=True)
    thread.start()
    return thread
