"""Preset: a run that breaks on purpose, what is seen of it, and the one change that mends it. No torch, no gradio.

The sentences `now` have places for numbers of the very run, by the names that `analysis/lab/moment.py` measures:
"{dead} of {k} codes are dead".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sign:
    """By which measure the fault shows: it is plain at `broken` and above, and mended at `mended` and below."""

    measure: str
    broken: float
    mended: float


@dataclass(frozen=True)
class Mend:
    """The setting changed (`changes`) that takes away the cause, with reseeding where codes have died of it that
    nothing else brings back, and in words what that does; now: what is seen then; dead: of codes that are dead all the
    same; dead_share: of the codes that may be, in a run that counts as mended. Live unless a control restarts the run.
    """

    label: str
    says: str
    changes: Mapping[str, Any]
    now: str
    dead: str = ""
    dead_share: float = 1.0


@dataclass(frozen=True)
class Preset:
    """`changes` of the default settings make the run; `watch` and `why` say what is seen, `source` who met it.

    pause_at: the step at which the run pauses itself, because the fault is plain by then. now: what to look at while
    it is; fades: what has become of it, where the run heals in the end, for lack of which it stays.
    """

    id: str
    title: str
    watch: str
    why: str
    source: str
    changes: Mapping[str, Any]
    mend: Mend
    sign: Sign
    pause_at: int
    now: str
    fades: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the cards of the page read it."""
        mend = {"label": self.mend.label, "says": self.mend.says}
        words = {name: getattr(self, name) for name in ("id", "title", "watch", "why", "source", "pause_at")}
        return words | {"mend": mend}
