"""What the first visitor of a page would wait for, made while nobody waits: in a thread, one thing after the other.

None of it is needed: what fails, or has not come yet when somebody asks, is made then, and said then. Before each thing
the thread lets who has come already be answered first.
"""

from __future__ import annotations

import atexit
import logging
import multiprocessing.forkserver
import threading
import time
from collections.abc import Callable
from functools import partial
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
from explorer.pages.shared import memory, runtime, thumbnails
from explorer.pages.shared.presence import presence
from explorer.tokenizers import list_tokenizers

PATIENCE_S = 20.0
CALM_S = 1.0  # without a request; a page that opens pauses for less
LONGEST_S = 10.0  # after which the next thing is made all the same: a page of the lab asks without end
LOOK_S = 0.1
LAST_STEP_S = 3.0  # of a server that ends, for what is being made
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
    """Pages and lists, the first audit, small pictures, and torch for the runs of the lab. The thread.

    First of all garbage is searched for, half a second in which nobody is answered.
    """
    pages = [_page(f"{address}{route}") for route in ROUTES]
    pictures = [partial(thumbnails.thumbnail, *one) for one in thumbnails.everything()]
    made = [memory.begun, learn.contents, presets_json, *pages, compare.chosen_media, _first_audit, *pictures]
    return _in_thread("the rest", [*made, runs_of_the_lab], wait_for_calm)  # it takes longest, and a core of its own


def wait_for_calm(ended: threading.Event) -> None:
    """Wait until no visitor has asked for anything in CALM_S, or for LONGEST_S; not at all once the server ends."""
    latest = time.monotonic() + LONGEST_S
    while presence.quiet_s() < CALM_S and time.monotonic() < latest and not ended.wait(LOOK_S):
        pass


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
    first = next(iter(list_tokenizers()), None)
    for what in ("open", "map") if first else ():
        codebook.ask({"what": what, "tokenizer": first.id, "audit": None, "level": 0, "kind": "pca"})  # type: ignore[union-attr]


def _in_thread(
    name: str, made: list[Callable[[], object]], wait: Callable[[threading.Event], None] = lambda ended: None
) -> threading.Thread:
    """The thread that makes all that; with the server it ends after what it makes just then, for one that is inside
    torch while Python ends would end it badly."""
    ended = threading.Event()

    def run() -> None:
        for make in made:
            wait(ended)
            if ended.is_set():
                return
            try:
                make()
            except (ExplorerError, OSError) as error:
                _log.warning("%s: %s", name, error)

    def end() -> None:
        ended.set()
        thread.join(LAST_STEP_S)

    thread = threading.Thread(target=carried(run), name=name, daemon=True)
    thread.start()
    atexit.register(end)
    return thread
