"""What the page of recorded runs can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from explorer.pages.lab.requests import Holding
from explorer.pages.shared.fields import Index, Inside, Name, OneOf, Paths, Several, Text, Yes

FILES = ("csv", "lives")


@dataclass(frozen=True)
class Pull:
    """scrub: the step that is looked back at, None for the newest."""

    after: Annotated[Holding, Inside(Holding)] = field(default_factory=Holding)
    level: Index = 0
    want_frame: Yes = True
    scrub: Index | None = None


@dataclass(frozen=True)
class Open:
    """runs: ids, one, or two to be seen in step; none closes all."""

    runs: Annotated[tuple[str, ...], Several(Text(), most=2)] = ()


@dataclass(frozen=True)
class Moment:
    step: Index
    level: Index = 0


@dataclass(frozen=True)
class Side:
    """side: 0 is A, 1 is B."""

    side: Index = 0
    level: Index = 0


@dataclass(frozen=True)
class File(Side):
    kind: Annotated[str, OneOf(FILES)] = "csv"


@dataclass(frozen=True)
class Upload:
    """files: one zip, as the upload address answered."""

    files: Paths = ()


@dataclass(frozen=True)
class Example:
    """preset: of the lab, which is trained and recorded."""

    preset: Name = ""
