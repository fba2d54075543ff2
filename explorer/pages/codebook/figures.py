"""The statistical charts of the codebook page: figures of `explorer.figures`, made when their panel comes in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.analysis.codebook.geometry import geometry_of
from explorer.analysis.codes.page import level_of
from explorer.foundation.errors import SettingsError
from explorer.pages.codebook import audits
from explorer.pages.codebook.audits import Opened
from explorer.pages.shared.figures import drawn


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


# Name of a figure -> what else it can be asked with, and what holds of each.
OPTIONS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "growth": {"log": lambda value: isinstance(value, bool)},
    "halves": {},
    "single_media": {"measure": lambda value: value in ("perplexity", "used")},
    "norms": {},
    "distances": {},
    "singular_values": {},
    "cosines": {},
    "bits": {},
    "bit_correlation": {},
    "sphere": {"bits": lambda value: isinstance(value, list) and len(value) == 3 and all(map(_number, value))},
    "positions": {"code": _number},
}


def figure(opened: Opened, level: int, request: Mapping[str, Any]) -> str:
    """The answer to one figure of one level. Raises SettingsError for what is no figure or no option of one,
    RecordError where the audit cannot be drawn so."""
    name, theme = str(request.get("name")), str(request.get("theme"))
    options = _options(name, request.get("options"))
    level_of(opened.audit, level)

    def make() -> str:
        return drawn(name, *_subject(opened, level, name), theme=theme, **options)

    key = (opened.key, "figure", level, name, theme, tuple(sorted(options.items())))
    return audits.answers.get(key, make, opened.owner)


def _options(name: str, asked: object) -> dict[str, Any]:
    if name not in OPTIONS:
        raise SettingsError(f"The codebook page has no figure {name[:40]!r}. There is: {', '.join(OPTIONS)}.")
    given = {key: value for key, value in (asked if isinstance(asked, dict) else {}).items() if value is not None}
    for key, value in given.items():
        if key not in OPTIONS[name] or not OPTIONS[name][key](value):
            raise SettingsError(f"The figure {name} cannot be drawn with this {str(key)[:40]!r}.")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _subject(opened: Opened, level: int, name: str) -> tuple[Any, ...]:
    """What the figure is drawn of."""
    from explorer.figures import FIGURES  # it comes with the first chart in sight, not with the page

    of = next(entry.of for entry in FIGURES if entry.name == name)
    if of == "geometry":
        return (geometry_of(opened.audit, level, opened.codebook(level)),)  # which measures what the figure asks it for
    return (opened.audit, opened.codebook(level), level) if of == "codebook" else (opened.audit, level)
