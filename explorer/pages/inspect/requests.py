"""What the results of the Inspect page can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from explorer.pages.shared.fields import PATH_CHARACTERS, Index, Number, OneOf, Several, Text, Whole, Yes
from explorer.pages.shared.figures import Themed
from explorer.views.inspect.player.player import FILMS
from explorer.views.inspect.view import MODES
from explorer.views.kit.widgets.export_bar import KINDS

MOST_OFF = 1000
MOST_STARTS = 64  # nodes at which a walk begins again


@dataclass(frozen=True)
class Link:
    """query: of a link to this page, without its question mark."""

    query: Annotated[str, Text(most=PATH_CHARACTERS)] = ""


@dataclass(frozen=True)
class OfTurn:
    """turn: of the choice that the page shows."""

    turn: Index


@dataclass(frozen=True)
class Card(OfTurn):
    """first: of the code that is open while none is chosen. position: of the token where it was chosen, -1 for none."""

    level: Index = 0
    code: Index | None = None
    position: Annotated[int, Whole(least=-1)] | None = None
    first: Yes = False


@dataclass(frozen=True)
class Levels(OfTurn):
    """mode: which levels are decoded, around or but for this one."""

    level: Index = field(kw_only=True)
    mode: Annotated[str, OneOf(MODES)] = field(kw_only=True)


@dataclass(frozen=True)
class Umap(OfTurn):
    """have: levels whose UMAP the page has."""

    have: Index = 0


@dataclass(frozen=True)
class Usage(OfTurn):
    """The figure of usage by rank. counts, codes, log: as `explorer.figures.usage_by_rank` has them."""

    level: Index = field(kw_only=True)
    theme: Themed = field(kw_only=True)
    counts: Annotated[str, OneOf(("here", "training"))] = "here"
    codes: Annotated[str, OneOf(("all", "used"))] = "all"
    log: Yes = False


@dataclass(frozen=True)
class Vector(OfTurn):
    """The figure of the vector of a code."""

    level: Index = field(kw_only=True)
    code: Index = field(kw_only=True)
    theme: Themed = field(kw_only=True)


@dataclass(frozen=True)
class Off(OfTurn):
    """One token of a series as another one. by: how many steps its number is off; nothing else changes."""

    level: Index = field(kw_only=True)
    position: Index = field(kw_only=True)
    by: Annotated[int, Whole(least=-MOST_OFF, most=MOST_OFF)] = field(default=1, kw_only=True)


@dataclass(frozen=True)
class Ways(OfTurn):
    """The shortest ways from a node of a graph, which is a token, to its anchors."""

    position: Index = field(kw_only=True)


@dataclass(frozen=True)
class Anchors(OfTurn):
    """Anchors by personalized PageRank. starts: nodes at which its walker begins again, none for anywhere."""

    starts: Annotated[tuple[int, ...], Several(Whole(), most=MOST_STARTS)] = ()
    damping: Annotated[float, Number(least=0.05, most=0.99)] = 0.85


@dataclass(frozen=True)
class TokenFigure(OfTurn):
    """A figure of the tuples of a graph, or of the ids of items."""

    figure: Annotated[str, OneOf(("tuple_collisions", "anchor_coverage", "prefix_tree"))] = field(kw_only=True)
    theme: Themed = field(kw_only=True)


@dataclass(frozen=True)
class ClipFigure(OfTurn):
    """A figure of a clip over time. mode: which levels are decoded, around or but for this one."""

    figure: Annotated[str, OneOf(("frame_quality", "code_reuse", "codes_over_time"))] = field(kw_only=True)
    level: Index = field(kw_only=True)
    theme: Themed = field(kw_only=True)
    mode: Annotated[str, OneOf(MODES)] = "all"


@dataclass(frozen=True)
class Film(OfTurn):
    """The clip as a film, of what all levels decode to."""

    kind: Annotated[str, OneOf(tuple(FILMS))] = field(kw_only=True)


@dataclass(frozen=True)
class Export(OfTurn):
    kind: Annotated[str, OneOf(tuple(KINDS))] = field(kw_only=True)
    level: Index = 0
