"""Finding: one thing that is said of a run, with its numbers and what can be tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """level: "bad", "warn", "wait" (nothing is wrong, but it is too early to say that all is well) or "good".

    figure that shows it: plane, heatmap, histogram, curves, pictures or events.
    """

    level: str
    title: str
    text: str
    advice: str
    figure: str
