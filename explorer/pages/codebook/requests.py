"""What the codebook page can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from explorer.pages.codebook.audits import MIMES
from explorer.pages.shared.fields import Entries, Index, Name, OneOf, Paths, Several, Text, Whole, Yes
from explorer.pages.shared.figures import Themed
from explorer.views.codebook.payload_map import map_kinds

Few = Annotated[tuple[int, ...], Several(Whole(), most=3)]
Typed = Annotated[str, Text(1000)]
Size = Annotated[int, Whole(least=1, say="Say how many codes the codebook has (K), a whole number of 1 or more.")]


@dataclass(frozen=True)
class OfAudit:
    """tokenizer: an id, None or empty for plain indices. audit: an id, None for the first one there is."""

    tokenizer: Name | None = None
    audit: Name | None = None


@dataclass(frozen=True)
class OfLevel(OfAudit):
    level: Index = field(kw_only=True)


@dataclass(frozen=True)
class OfCode(OfLevel):
    code: Index = field(kw_only=True)


@dataclass(frozen=True)
class Beside(OfLevel):
    """beside: the key of another audit, see `codebook.beside`."""

    beside: Name = field(kw_only=True)


@dataclass(frozen=True)
class Map(OfLevel):
    """codes: those that a plane goes through. bits: the axes of the sphere."""

    kind: Annotated[str, OneOf(map_kinds())] = field(kw_only=True)
    codes: Few | None = None
    bits: Few | None = None


@dataclass(frozen=True)
class Figure(OfLevel):
    """options: what else the figure of that name is asked with, see `codebook.figures`."""

    name: Name = field(kw_only=True)
    theme: Themed = field(kw_only=True)
    options: Annotated[dict[str, Any], Entries(most=8)] = field(default_factory=dict)


@dataclass(frozen=True)
class Sound(OfLevel):
    """position: of a token in a medium of the audit."""

    medium: Index = field(kw_only=True)
    position: Index = field(kw_only=True)


@dataclass(frozen=True)
class AuditStart:
    """files: paths of uploads. samples: count the samples of the app instead. as_media: one .npy is tokenized,
    where it would be taken for indices. The rest is of a file of indices."""

    tokenizer: Name | None = None
    files: Paths = ()
    samples: Yes = False
    as_media: Yes = False
    codebook_size: Size | None = None
    axes: Typed = ""
    ignore: Typed = ""


@dataclass(frozen=True)
class Download(OfAudit):
    kind: Annotated[str, OneOf(tuple(MIMES))] = field(kw_only=True)
