"""Comparisons that visitors start in the page: one thread each, few at once, stopped, ended with the page.

The first medium can be looked at first, then the figures are there. What was found on media of the app is kept for
everybody who asks for the same; of own media it lies in the visitor's folder and goes with the page.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.compare.columns import columns_of
from explorer.compare.media import CompareMedia
from explorer.compare.result import Comparison
from explorer.compare.run import Options, compare_medium, run_comparison
from explorer.compare.spread import cell_text
from explorer.compare.table import equal_bits_words, make_table
from explorer.compare.writing import Writer, json_text
from explorer.figures.reports.comparison import html_report
from explorer.foundation.cache import Cache, share
from explorer.foundation.errors import Cancelled, ExplorerError, MediaError
from explorer.foundation.owners import EVERYBODY
from explorer.foundation.recent import Recent
from explorer.foundation.words import count_of
from explorer.pages.shared.figures import draw_figure
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.visitor_job import VisitorJob
from explorer.pages.shared.visitors import Visitor
from explorer.tokenizers import load_tokenizer, owner_of
from explorer.views.compare.payload import pictures_payload, played_payload

AT_ONCE = 2  # in this process; the next ones wait
REPEATS = 5  # timed rounds on a single medium; of a set the media are rounds themselves
SHARED_KEPT = 24
_looks = threading.BoundedSemaphore(AT_ONCE)
_looked = Cache("media of comparisons", share(0.08))
_charts = Cache("charts of comparisons", share(0.01))


@dataclass(frozen=True)
class Order:
    """What is to be compared. shared: its name where everybody may see what was found, None where media or a tokenizer
    are the visitor's own. page: of which page its id is. side_px: as of `Options`."""

    id: str
    tokenizers: tuple[str, ...]
    media: CompareMedia
    shared: str | None
    page: str
    owner: str
    side_px: int | None = None

    @property
    def key(self) -> tuple:
        """Names its pictures in caches: ids are counted by each page anew."""
        return (self.shared or (self.page, self.id), self.tokenizers, self.side_px)

    @property
    def whose(self) -> str:
        """Whose its pictures are in caches."""
        return EVERYBODY if self.shared else self.owner


@dataclass(frozen=True)
class Outcome:
    """result: as `result_payload`. folder: the files of the comparison, whose figures are drawn of it."""

    result: dict[str, Any]
    folder: Path
    comparison: Comparison


@dataclass(frozen=True)
class Look:
    """One medium: its `pictures_payload` and its `played_payload`."""

    pictures: dict[str, Any]
    played: dict[str, Any]


class SharedOutcomes:
    """What was found on pictures of the app, up to SHARED_KEPT; the files of the longest unused go first."""

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._found: Recent[tuple, Outcome] = Recent(most)

    def get(self, key: tuple) -> Outcome | None:
        """What was found, None if it is not here."""
        with self._lock:
            return self._found.use(key)

    def new_folder(self) -> Path:
        """A new empty folder."""
        return files.new_folder(EVERYBODY)

    def keep(self, key: tuple, found: Outcome) -> None:
        """Keep it under its key."""
        with self._lock:
            old = self._found.put(key, found)
        for one in old.values():
            files.drop(one.folder)


shared = SharedOutcomes(SHARED_KEPT)


class Job(VisitorJob):
    """One comparison. `found` is there once there are figures; of a stopped one they are over the media until then."""

    PLACES = threading.BoundedSemaphore(AT_ONCE)

    def __init__(self, visitor: Visitor, order: Order) -> None:
        super().__init__(visitor, "compare")
        self.order = order
        self.found: Outcome | None = None
        self.seen = False  # the pictures of the first medium are there
        self._at: tuple[int, str] = (0, "")

    def as_json(self) -> dict[str, Any]:
        """How it stands, for the browser; asking keeps it alive."""
        state, (done, name) = self.asked(), self._at
        return {
            "id": self.order.id,
            "state": state,
            "message": self.message,
            "done": done,
            "planned": len(self.order.media),
            "name": name,
            "seen": self.seen,
            "found": self.found is not None,
            "seconds": time.monotonic() - self._began,
        }

    def pictures(self, number: int) -> dict[str, Any]:
        """The pictures of one medium, made again if they are no longer kept. Raises ExplorerError if it cannot be."""
        return self._look(number).pictures

    def played(self, number: int) -> dict[str, Any]:
        """What is heard or seen moving of one medium. Raises ExplorerError as `pictures`."""
        return self._look(number).played

    def figure(self, measure: str | None, theme: str) -> str:
        """Rate and distortion, as an answer of the page. Raises ExplorerError before the figures are there, and what
        the figure raises."""
        found, order = self.found, self.order
        if found is None:
            raise ExplorerError("The figures are not there yet.")

        def make() -> str:
            return draw_figure("rate_distortion", found.comparison, measure, theme=theme)

        return _charts.get((*order.key, len(found.comparison.media), measure, theme), make, order.whose)

    def _look(self, number: int) -> Look:
        self.asked()
        order = self.order
        if not 0 <= number < len(order.media):
            there = count_of(len(order.media), "medium", "media")
            raise MediaError(f"This comparison is of {there}; there is no number {number + 1:,}.")
        return _looked.get((*order.key, number), lambda: _look(order, number), order.whose)

    def work(self) -> None:
        order = self.order
        if len(order.media) == 1:
            self.pictures(0)  # of a damaged one it is now said why
        else:
            self._try_first()
        self.seen = True
        known = shared.get(order.key) if order.shared else None
        if known is None:
            known = self._compare()
        self.found, self._at = known, (len(known.result["media"]), "")
        self.state = "done" if known.result["complete"] else "stopped"
        if self.state == "stopped":
            self.message = "Stopped. The figures are over the media until then."

    def _try_first(self) -> None:
        """A damaged first picture of a set ends nothing but itself."""
        try:
            self.pictures(0)
        except ExplorerError:
            return

    def _compare(self) -> Outcome:
        order = self.order
        single = len(order.media) == 1
        options = Options(repeats=REPEATS if single else 1, side_px=order.side_px)
        folder = shared.new_folder() if order.shared else self._visitor.new_folder()
        try:
            writer = Writer(folder, html_report, maps_of=0)
            comparison = run_comparison(order.media, _loaded(order), options, writer.add, self._told, self.cancelled)
            if not comparison.media and not comparison.complete:
                raise Cancelled("Stopped before the first medium was done.")
            writer.finish(comparison)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        found = Outcome(result_payload(comparison), folder, comparison)
        if order.shared and comparison.complete:
            shared.keep(order.key, found)
        return found

    def _told(self, done: int, planned: int, name: str) -> None:
        self._at = (done, name)


def result_payload(comparison: Comparison) -> dict[str, Any]:
    """What compare.json has, without references and levels of single media; and how it is shown.

    texts: tokenizer id -> key of a column -> the cell as text. warning: about unequal bits, or "".
    """
    content = json.loads(json_text(comparison))
    for medium in content["media"]:
        del medium["references"]
        for cell in medium["cells"]:
            del cell["levels"]
    table, columns = make_table(comparison), columns_of(comparison.kind)
    texts = {
        row.tokenizer_id: {column.key: cell_text(column, row.cells[column.key], table.media) for column in columns}
        for row in table.rows
    }
    return content | {"texts": texts, "warning": equal_bits_words(table)}


def start(
    visitor: Visitor,
    tokenizers: tuple[str, ...],
    media: CompareMedia,
    shared_as: str | None,
    side_px: int | None = None,
) -> Job:
    """Begin a comparison, in the place of the one before, which ends."""
    if any(owner_of(one) != EVERYBODY for one in tokenizers):
        shared_as = None
    with visitor.lock:
        before = visitor.job
        if before is not None:
            before.stop()
            if before.found is not None and before.order.shared is None:
                shutil.rmtree(before.found.folder, ignore_errors=True)
        order = Order(visitor.new_id(), tokenizers, media, shared_as, visitor.token, visitor.owner, side_px)
        visitor.job = Job(visitor, order)
        visitor.job.start()
        return visitor.job


def _loaded(order: Order) -> list:
    return [load_tokenizer(one) for one in order.tokenizers]


def _look(order: Order, number: int) -> Look:
    """One medium through all tokenizers, to be looked at."""
    with _looks:
        side = Options(side_px=order.side_px).side_of(number in order.media.crops)
        options = Options(repeats=0, side_px=side, codecs=())
        compared = compare_medium(order.media.names[number], order.media.read(number), _loaded(order), options)
        if compared is None or not compared.reconstructions:
            why = compared.medium.failures[0][1] if compared is not None and compared.medium.failures else ""
            raise ExplorerError(f"No tokenizer could do this. {why}".strip())
        return Look(pictures_payload(compared, number), played_payload(compared))
