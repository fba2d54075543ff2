"""What the page can be asked for, one frozen dataclass a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from explorer.pages.language.link import MOST_SEED, TEXTS
from explorer.pages.shared.fields import Index, Name, Number, OneOf, Paths, Several, Text, Whole
from explorer.pages.shared.figures import Themed
from explorer.prior.sampling import HOTTEST

PLACES = 4096  # tokens of a request at most, whatever the model
CHARTS = ("codes_as_words", "counted_bits", "held_out_bits")
Tokens = Annotated[tuple[int, ...], Several(Whole(), most=PLACES)]


@dataclass(frozen=True)
class OfPicture:
    """picture: id of a sample, or "own"."""

    picture: Annotated[str, Text(say="Choose a picture first.")]


@dataclass(frozen=True)
class Own:
    """files: paths of uploads, of which there is one."""

    files: Paths = ()


@dataclass(frozen=True)
class Draws(OfPicture):
    """given: rows of real tokens; written: tokens after them. temperature, top_k (0: all), seed: as `Sampling`."""

    given: Index = 0
    written: Tokens = ()
    temperature: Annotated[float, Number(0, HOTTEST)] = 1.0
    top_k: Annotated[int, Whole(most=2**18)] = 0
    seed: Annotated[int, Whole(most=MOST_SEED)] = 0


@dataclass(frozen=True)
class Place(Draws):
    """at: the place that is looked at, None for the end of the text."""

    at: Index | None = None


@dataclass(frozen=True)
class OfJob:
    """job: the id of the continuation that the page shows."""

    job: Name


@dataclass(frozen=True)
class OfText(OfPicture):
    """text: of all samples, or of the picture alone."""

    text: Annotated[str, OneOf(TEXTS)] = field(kw_only=True)


@dataclass(frozen=True)
class Chart(OfText):
    """name: of the figure."""

    name: Annotated[str, OneOf(CHARTS)] = field(kw_only=True)
    theme: Themed = field(kw_only=True)
