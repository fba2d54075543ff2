"""Alert: what a recorder, or a diagnosis of its recording, wants a person to look at. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alert:
    """step: of the training. kind: by which it is raised once and not at each record. title, text: in plain words."""

    step: int
    kind: str
    title: str
    text: str
