"""What a run of the lab can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from explorer.pages.shared.fields import Entries, Index, Inside, Name, Number, OneOf, Several, Whole, Yes

FILES = ("npz", "csv")
Newest = Annotated[int, Whole(least=-1)]
Changes = Annotated[dict[str, Any], Entries()]  # of settings, which `LabSettings` checks


@dataclass(frozen=True)
class Holding:
    """The newest that a browser has: the run, and the steps of its stores; -1 for nothing."""

    run: Name | None = None
    curve: Newest = -1
    heat: Newest = -1
    event: Newest = -1


@dataclass(frozen=True)
class Pull:
    """scrub: the step that is looked back at, None for now. idle_s: how long nobody has touched the page."""

    after: Annotated[Holding, Inside(Holding)] = Holding()
    level: Index = 0
    want_frame: Yes = True
    scrub: Index | None = None
    idle_s: Annotated[float, Number(least=0)] = 0.0


@dataclass(frozen=True)
class Steps:
    count: Annotated[int, Whole(least=1, most=10_000)] = 1


@dataclass(frozen=True)
class Speed:
    """None: as fast as it can."""

    steps_per_second: Annotated[float, Number()] | None = None


@dataclass(frozen=True)
class Change:
    """sides: 0 is A, 1 is B."""

    changes: Changes
    sides: Annotated[tuple[int, ...], Several(Whole(), least=1, most=2)] = (0,)


@dataclass(frozen=True)
class Begin:
    """A new run with what differs from the defaults. preset: the one that its link names."""

    changes: Changes
    preset: Name | None = None


@dataclass(frozen=True)
class Choice:
    """id: of a preset."""

    id: Name


@dataclass(frozen=True)
class Watch:
    gradients: Yes


@dataclass(frozen=True)
class Differ:
    """changes: of A, for B."""

    changes: Annotated[dict[str, Any], Entries(say="Choose the setting that shall differ.")]


@dataclass(frozen=True)
class Moment:
    step: Index
    level: Index = 0


@dataclass(frozen=True)
class Side:
    """side: 0 is A, 1 is B."""

    side: Index = 0


@dataclass(frozen=True)
class File:
    kind: Annotated[str, OneOf(FILES)]
