"""What the token editor can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, get_args

from explorer.analysis.codes.order import Order
from explorer.analysis.edit.link import TEXT_CHARACTERS as EDITS_CHARACTERS
from explorer.analysis.edit.text import OFFSET_MOST
from explorer.pages.shared.fields import Index, Inside, Name, OneOf, Several, Text, Whole, Yes

KINDS = ("npz", "json", "csv")
PASTED_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Edits:
    """edits: what was done so far, as `analysis.edit.link` writes it."""

    edits: Annotated[str, Text(EDITS_CHARACTERS)] = ""


@dataclass(frozen=True)
class Film(Edits):
    """The edited clip as a film."""

    kind: Annotated[str, OneOf(("webp", "mp4", "gif"))] = field(kw_only=True)


@dataclass(frozen=True)
class Reach(Edits):
    """levels: those to leave out at that position, None for all."""

    position: Index = field(kw_only=True)
    levels: Annotated[tuple[int, ...], Several(Whole(), least=1)] | None = None


@dataclass(frozen=True)
class SourcePicture:
    """picture: the id of a sample."""

    picture: Name


@dataclass(frozen=True)
class Way(Edits):
    """of: "codes", from code `first` to code `last` of a level; or "pictures", from the edited one to a sample."""

    of: Annotated[str, OneOf(("codes", "pictures"))] = field(kw_only=True)
    steps: Index = field(kw_only=True)
    level: Index = 0
    first: Index = 0
    last: Index = 0
    picture: Name = ""


@dataclass(frozen=True)
class Form:
    """As `TextForm`, less what a level is called."""

    style: Annotated[str, OneOf(("numbers", "tags"))] = "numbers"
    order: Annotated[str, OneOf(get_args(Order))] = "raster"
    by: Annotated[str, OneOf(("level", "position"))] = "level"
    offset: Annotated[int, Whole(most=OFFSET_MOST)] = 0
    separate_levels: Yes = False
    tag: Name = "img"


@dataclass(frozen=True)
class AsText(Edits):
    form: Annotated[Form, Inside(Form)] = field(kw_only=True)


@dataclass(frozen=True)
class Paste(AsText):
    """text: the pasted tokens."""

    text: Annotated[str, Text(PASTED_CHARACTERS)] = ""


@dataclass(frozen=True)
class Export(Edits):
    kind: Annotated[str, OneOf(KINDS)] = field(kw_only=True)
