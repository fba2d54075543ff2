"""What all figures share: a frame with named axes, and what a figure says of itself in `layout.meta`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from explorer.figures.theme import FONT_PX, Theme, plain, template
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit

if TYPE_CHECKING:
    import plotly.graph_objects as go

LINE = 110  # characters of a line of words above a figure
TITLE_PX, LINE_PX, LEGEND_PX, PLOT_PX = 44, 16, 52, 440  # heights of what stands in and above one


def frame_traces(
    name: str,
    traces: Sequence[Any],
    x: str | Mapping[str, Any],
    y: str | Mapping[str, Any],
    *,
    theme: Theme,
    title: str,
    words: str,
    pick: str | None = None,
    level: int | None = None,
    **layout: Any,
) -> go.Figure:
    """The traces over two axes. x, y: the titles with their units, or all that an axis needs.

    title, words, pick: what the figure shows, in a line and in sentences with denominators, and what the `customdata`
    of its points are the numbers of ("code", "medium", ...): a page with the figure reads them from `layout.meta`.
    """
    import plotly.graph_objects as go  # 30 MB of modules, and only who draws needs them

    meta = {"figure": name, "title": title, "words": words, "pick": pick, "level": level}
    figure = go.Figure(data=list(traces))
    figure.update_layout(
        template=template(theme),
        meta=meta,
        uirevision=f"{name} {level}",  # zoom and rotation stay when numbers are updated
        showlegend=sum(trace.showlegend is not False and bool(trace.name) for trace in figure.data) > 1,
        xaxis={"title": {"text": x}} if isinstance(x, str) else x,
        yaxis={"title": {"text": y}} if isinstance(y, str) else y,
        **layout,
    )
    return figure


def named_axis(title: str, **settings: Any) -> dict[str, Any]:
    """An axis with its title (with the unit) and whatever else it needs."""
    return {"title": {"text": title}, **settings}


def counted_level(audit: Audit, level: int) -> LevelAudit:
    """The level (from 0) with tokens. Raises RecordError where there is none, or nothing was counted on it."""
    if not 0 <= level < len(audit.levels):
        raise RecordError(f"level {level} is outside 0..{len(audit.levels) - 1}")
    counted = audit.levels[level]
    if not counted.tokens:
        raise RecordError(f"No tokens were counted in {audit.title!r} on level {level}, so there is nothing to draw.")
    return counted


def heading_of(text: str, audit: Audit, level: int) -> str:
    """The title of a figure, with the level where there are several."""
    named = audit.levels[level].name
    return f"{text}, {named}" if named else text


def with_title(figure: go.Figure) -> go.Figure:
    """A copy of one of our figures that says itself what it shows, for a notebook or a file of its own: its title, and
    its words with their denominators below. (Pages and reports write both around a figure.)

    Raises SettingsError for what is not one of our figures.
    """
    import plotly.graph_objects as go

    meta = figure.layout.meta
    if not isinstance(meta, dict) or "words" not in meta:
        raise SettingsError("Only figures of explorer.figures say what they show.")
    lines = [plain(line, LINE) for line in wrap(meta["words"], LINE, break_on_hyphens=False)]
    above = TITLE_PX + LINE_PX * len(lines)
    sides = figure.layout.template.layout.margin
    below = {"text": "<br>".join(lines), "font": {"size": FONT_PX}}
    place = {"x": 0, "xref": "container", "y": 1, "yref": "container", "yanchor": "top", "pad": {"l": sides.l, "t": 12}}
    title = {"text": plain(meta["title"]), "font": {"size": FONT_PX + 3}, "subtitle": below, **place}
    return go.Figure(figure).update_layout(title=title, margin_t=above + LEGEND_PX, height=PLOT_PX + above)
