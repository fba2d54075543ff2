"""The statistical charts of the codebook page: figures of `explorer.figures`, made when their panel comes in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from explorer.analysis.codebook.geometry import geometry_of
from explorer.analysis.codes.page import level_of
from explorer.audit.history import UsageHistory, usage_history
from explorer.foundation.errors import FieldError, RecordError
from explorer.joints.record import Codebook
from explorer.pages.codebook import audits
from explorer.pages.codebook.audits import OpenAudit
from explorer.pages.shared.dispatch import Nothing
from explorer.pages.shared.fields import SHOWN_CHARACTERS, OneOf, Several, Whole, Yes, read_request
from explorer.pages.shared.figures import draw_figure

MOST = 2**31 - 1  # of a code or a bit, whatever the codebook


@dataclass(frozen=True)
class Growth:
    """log: the axis of tokens."""

    log: Yes | None = None


@dataclass(frozen=True)
class SingleMedia:
    """measure: what is counted of each medium."""

    measure: Annotated[str, OneOf(("perplexity", "used"))] | None = None


@dataclass(frozen=True)
class Sphere:
    """bits: the three axes."""

    bits: Annotated[tuple[int, ...], Several(Whole(most=MOST), least=3, most=3)] | None = None


@dataclass(frozen=True)
class Positions:
    """code: whose places are drawn."""

    code: Annotated[int, Whole(most=MOST)] | None = None


@dataclass(frozen=True)
class Vector:
    """code: whose vector is drawn."""

    code: Annotated[int, Whole(most=MOST)] = 0


# Name of a figure -> what else it can be asked with.
OPTIONS: Mapping[str, type] = {
    "growth": Growth,
    "halves": Nothing,
    "single_media": SingleMedia,
    "norms": Nothing,
    "distances": Nothing,
    "singular_values": Nothing,
    "cosines": Nothing,
    "bits": Nothing,
    "bit_correlation": Nothing,
    "sphere": Sphere,
    "positions": Positions,
    "code_vector": Vector,
    "usage_in_training": Nothing,
}


def figure(opened: OpenAudit, level: int, name: str, theme: str, asked: Mapping[str, Any]) -> str:
    """The answer to one figure of one level. Raises FieldError for what is no figure or no option of one, RecordError
    where the audit cannot be drawn so."""
    options = _options(name, asked)
    level_of(opened.audit, level)

    def make() -> str:
        return draw_figure(name, *_subject(opened, level, name), theme=theme, **options)

    key = (opened.key, "figure", level, name, theme, tuple(sorted(options.items())))
    return audits.answers.get(key, make, opened.owner)


def _options(name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    if name not in OPTIONS:
        known = ", ".join(OPTIONS)
        raise FieldError("name", f"The codebook page has no figure {name[:SHOWN_CHARACTERS]!r}. There is: {known}.")
    kind = OPTIONS[name]
    strange = next((key for key in asked if key not in {one.name for one in fields(kind)}), None)
    if strange is not None:
        raise FieldError("options", f"The figure {name} cannot be drawn with this {strange[:SHOWN_CHARACTERS]!r}.")
    return {key: value for key, value in asdict(read_request(kind, asked)).items() if value is not None}


def _subject(opened: OpenAudit, level: int, name: str) -> tuple[Any, ...]:
    """What the figure is drawn of."""
    from explorer.figures import FIGURES  # it comes with the first chart in sight, not with the page

    of = next(entry.of for entry in FIGURES if entry.name == name)
    if of == "history":
        return (_history(opened, level),)
    if of == "vectors":
        return (_book(opened, level),)
    if of == "geometry":
        return (geometry_of(opened.audit, level, opened.codebook(level)),)  # which measures what the figure asks it for
    return (opened.audit, opened.codebook(level), level) if of == "codebook" else (opened.audit, level)


def _book(opened: OpenAudit, level: int) -> Codebook:
    book = opened.codebook(level)
    if book is None:
        raise RecordError("Plain indices have no vectors.")
    return book


def _history(opened: OpenAudit, level: int) -> UsageHistory:
    history = None if opened.spec is None else usage_history(opened.spec.id, level)
    if history is None:
        raise RecordError("Nothing was kept of the training of this codebook.")
    return history
