"""What a figure draws, as rows: for CSV files, and for people without scripts or eyes on the plot."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.foundation.errors import SettingsError

if TYPE_CHECKING:
    import plotly.graph_objects as go


def rows_of(figure: go.Figure) -> tuple[list[str], list[list[Any]]]:
    """(headings, rows) of all points that a figure draws: the series, and the values along its axes with their units.

    Raises SettingsError for what is not one of our figures.
    """
    meta = figure.layout.meta
    if not isinstance(meta, dict) or "figure" not in meta:
        raise SettingsError("Only figures of explorer.figures can be written as a table.")
    third = _third(figure)
    head = ["series", _title(figure, "x"), _title(figure, "y"), *([third] if third else [])]
    rows: list[list[Any]] = []
    for trace in figure.data:
        name = unescape(trace.name or "")
        if trace.type == "heatmap":
            rows += _cells(trace, name)
        elif trace.hoverinfo != "skip" and trace.x is not None:
            columns = [trace.x, trace.y] if trace.type != "scatter3d" else [trace.x, trace.y, trace.z]
            rows += [[name, *map(_value, point)] for point in zip(*columns, strict=True)]
    return head, rows


def _cells(trace: Any, name: str) -> list[list[Any]]:
    across, down, values = trace.x, trace.y, np.asarray(trace.z)  # each asked once: plotly copies what it hands out
    return [
        [name, _value(x), _value(y), _value(value)]
        for y, row in zip(down, values, strict=True)
        for x, value in zip(across, row, strict=True)
    ]


def _third(figure: go.Figure) -> str | None:
    for trace in figure.data:
        if trace.type == "heatmap":
            return unescape(trace.colorbar.title.text)
        if trace.type == "scatter3d":
            return _title(figure, "z")
    return None


def _title(figure: go.Figure, letter: str) -> str:
    at = figure.layout.scene if figure.layout.scene.xaxis.title.text else figure.layout
    return unescape(at[f"{letter}axis"].title.text or letter)


def _value(value: Any) -> Any:
    """A plain Python number or text; "" for what is not there."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return unescape(value) if isinstance(value, str) else value
