"""What all figures share: a frame with named axes, and what a figure says of itself in `layout.meta`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from explorer.figures.theme import Theme, template
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit

if TYPE_CHECKING:
    import plotly.graph_objects as go


def framed(
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


def headed(text: str, audit: Audit, level: int) -> str:
    """The title of a figure, with the level where there are several."""
    named = audit.levels[level].name
    return f"{text}, {named}" if named else text
