"""Finding: one thing that is said of a run, with its numbers and what can be tried."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.analysis.severity import Severity


@dataclass(frozen=True)
class Finding:
    """level: "note" where nothing is wrong, but it is too early to say that all is well.

    figure that shows it: plane, heatmap, histogram, curves, pictures or events.
    """

    level: Severity
    title: str
    text: str
    advice: str
    figure: str
