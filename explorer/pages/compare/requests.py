"""What the compare page can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from explorer.media.medium import NOUNS
from explorer.pages.shared.fields import PATH_CHARACTERS, Index, Name, OneOf, Paths, Several, Text
from explorer.pages.shared.figures import Themed
from explorer.pages.shared.session import SIDES_PX

OWN = "own"
NO_MEDIA = "Choose something to compare on first."
FILES = {
    "report": ("report.html", "text/html"),
    "sheet": ("sheet.png", "image/png"),
    "csv": ("table.csv", "text/csv"),
    "differences": ("differences.csv", "text/csv"),
    "codecs": ("codecs.csv", "text/csv"),
    "details": ("details.csv", "text/csv"),
    "json": ("compare.json", "application/json"),
}
Chosen = Annotated[tuple[str, ...], Several(Text(), most=64, say="Choose the tokenizers to compare.")]
Read = Annotated[str, OneOf(tuple(NOUNS), say="Choose tokenizers first: they say as what files are read.")]


@dataclass(frozen=True)
class Own:
    """files: paths of uploads. modality: of the tokenizers that are chosen, which says as what they are read."""

    files: Paths = ()
    modality: Read = "image"


@dataclass(frozen=True)
class Start:
    """media: OWN, or the id of a sample or a preset. side: longest side of pictures in pixels."""

    tokenizers: Chosen
    media: Annotated[str, Text(say=NO_MEDIA)]
    side: Annotated[int, OneOf(SIDES_PX)] = SIDES_PX[0]


@dataclass(frozen=True)
class Link:
    """query: of a link to this page, without its question mark. modality: of the files that were uploaded on it."""

    query: Annotated[str, Text(most=PATH_CHARACTERS)] = ""
    modality: Read = "image"


@dataclass(frozen=True)
class OfJob:
    """job: the id of the comparison that the page shows."""

    job: Name


@dataclass(frozen=True)
class OfMedium(OfJob):
    number: Index = field(kw_only=True)


@dataclass(frozen=True)
class Figure(OfJob):
    """measure: the distortion, None for the first one there is."""

    theme: Themed = field(kw_only=True)
    measure: Name | None = None


@dataclass(frozen=True)
class Download(OfJob):
    kind: Annotated[str, OneOf(tuple(FILES))] = field(kw_only=True)
