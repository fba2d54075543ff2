"""A picture that is continued to its end: one thread a visitor, few at once, stopped, ended with the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explorer.pages.language import desk
from explorer.pages.shared.visitor_job import VisitorJob
from explorer.pages.shared.visitors import Visitor
from explorer.prior.sampling import Sampling
from explorer.views.kit.wire.encoding import png_data_url

AT_ONCE = 2  # in this process; the next ones wait


@dataclass(frozen=True)
class Order:
    """before: the tokens so far; given: how many of them are real."""

    id: str
    before: Sequence[int]
    given: int
    sampling: Sampling


class Continuation(VisitorJob):
    """Writes token by token; decodes what is there at the end of each row."""

    PLACES = threading.BoundedSemaphore(AT_ONCE)

    def __init__(self, visitor: Visitor, order: Order) -> None:
        super().__init__(visitor, "continue")
        self.order = order
        self._written = list(order.before[order.given :])
        self._shown: tuple[int, str] = (0, "")  # tokens that the picture shows, and the picture
        self._planned = desk.facts().places - order.given

    def as_json(self, seen: int = 0) -> dict[str, Any]:
        """How it stands, for the browser; asking keeps it alive. seen: tokens of the picture that it has already."""
        shown, image = self._shown
        state = self.asked()
        return {
            "id": self.order.id,
            "state": state,
            "message": self.message,
            "written": list(self._written),
            "planned": self._planned,
            "shown": shown,
            "image": image if shown != seen else "",
            "seconds": time.monotonic() - self._began,
        }

    def work(self) -> None:
        columns = desk.facts().columns
        for code in desk.prior().continue_tokens(self.order.before, self.order.sampling.draw):
            self._written.append(code)
            end = self.order.given + len(self._written)
            if end % columns == 0:
                self._show()
            if self.cancelled():
                break
        self._show()
        whole = len(self._written) == self._planned
        self.state = "done" if whole else "stopped"
        self.message = "" if whole else f"Stopped after {len(self._written):,} of {self._planned:,} tokens."

    def _show(self) -> None:
        tokens = [*self.order.before[: self.order.given], *self._written]
        if len(tokens) != self._shown[0]:
            self._shown = len(tokens), png_data_url(desk.decoded_text(tokens))


def start(visitor: Visitor, before: Sequence[int], given: int, sampling: Sampling) -> Continuation:
    """Begin, in the place of the one before, which ends."""
    with visitor.lock:
        if visitor.job is not None:
            visitor.job.stop()
        visitor.job = Continuation(visitor, Order(visitor.new_id(), tuple(before), given, sampling))
        visitor.job.start()
        return visitor.job
