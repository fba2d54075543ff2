"""Bars, lines, dots and cells as the figures draw them: each with its hover text, or with none and out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.figures.theme import colorscale

if TYPE_CHECKING:
    import plotly.graph_objects as go

APART = {"pick": False}  # `meta` of traces whose points stand for nothing that could be chosen
TEXTS = "%{hovertext}"


def bars(x: Any, y: Any, colour: str, name: str, *, hover: str = TEXTS, **more: Any) -> go.Bar:
    """Bars in one colour. hover: what is said of each, by plotly's template; more: hovertext, customdata, yaxis, ..."""
    import plotly.graph_objects as go  # 30 MB of modules, and only who draws needs them

    return go.Bar(x=x, y=y, name=name, marker={"color": colour, "line": {"width": 0}}, **_said(hover), **more)


def line(
    x: Any,
    y: Any,
    colour: str,
    name: str,
    *,
    hover: str | None = None,
    dash: str = "solid",
    width: float = 2,
    **more: Any,
) -> go.Scatter:
    """A line; without hover it is out of reach, and its points stand for nothing."""
    import plotly.graph_objects as go

    drawn = {"mode": "lines", "line": {"color": colour, "width": width, "dash": dash}}
    return go.Scatter(x=x, y=y, name=name, **{**drawn, **_said(hover), **more})


def dots(
    x: Any,
    y: Any,
    colour: str,
    name: str,
    *,
    hover: str | None = None,
    size: float = 6,
    symbol: str = "circle",
    opacity: float = 1,
    **more: Any,
) -> go.Scatter:
    """Marks; as `line` without hover."""
    import plotly.graph_objects as go

    edge = {"width": 2 if symbol.endswith("-open") else 0, "color": colour}
    marker = {"color": colour, "size": size, "symbol": symbol, "opacity": opacity, "line": edge}
    return go.Scatter(x=x, y=y, name=name, mode="markers", marker=marker, **{**_said(hover), **more})


def cells(x: Any, y: Any, z: Any, title: str, *, hover: str = TEXTS, scale: str = "cividis", **more: Any) -> go.Heatmap:
    """A heatmap with its bar; title: what z is, with its unit."""
    import plotly.graph_objects as go

    bar = {"title": {"text": title, "side": "right"}, "thickness": 12, "outlinewidth": 0}
    return go.Heatmap(x=x, y=y, z=z, colorscale=colorscale(scale), colorbar=bar, **_said(hover), **more)


def _said(hover: str | None) -> dict[str, Any]:
    return {"hoverinfo": "skip", "meta": APART} if hover is None else {"hovertemplate": f"{hover}<extra></extra>"}
