"""Where in the media codes occur: in eighths of their sides, or of their length (`LevelAudit.positions`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.frame import counted_level, frame_traces, heading_of, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import bars, cells
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.measures.usage import usage_of_counts

if TYPE_CHECKING:
    import plotly.graph_objects as go


def positions(audit: Audit, level: int = 0, code: int | None = None, *, theme: Theme = "light") -> go.Figure:
    """Usage by place: how many codes are used in each eighth of the media, or how many tokens of one `code` lie there.

    customdata: [row, column] of the place. Raises RecordError where the audit kept no places, or has no such code.
    """
    counted = counted_level(audit, level)
    if counted.positions is None:
        raise RecordError("This audit kept no places: its layout has none, or the codebook is too large for them.")
    if code is not None and not 0 <= code < counted.codebook_size:
        raise RecordError(f"code {code} is outside 0..{counted.codebook_size - 1}")
    places = counted.positions.astype(np.int64)  # (K, rows, 8)
    values, texts = _by_place(places) if code is None else _by_code(places, code)
    if code is None:
        words = f"Codes used in each place, of {counted.codebook_size:,}; {int(places.sum()):,} tokens have a place."
    else:
        own = int(counted.counts[code])
        words = f"Where code {code} occurs: {int(values.sum()):,} of its {own:,} tokens have a place."
    what = "codes used (count)" if code is None else "tokens of the code (count)"
    drawn, x, y = _drawn(values, texts, what, ink(theme)["accent"])
    title = heading_of("Usage by place" if code is None else f"Where code {code} occurs", audit, level)
    return frame_traces("positions", [drawn], x, y, theme=theme, level=level, pick="position", title=title, words=words)


def _drawn(values: np.ndarray, texts: list[list[str]], what: str, colour: str) -> tuple[Any, dict, dict]:
    """Bars of what has one row, else a heatmap; with both axes."""
    rows, columns = values.shape
    number = np.moveaxis(np.indices((rows, columns)), 0, -1)  # (rows, columns, 2)
    across = np.arange(1, columns + 1)
    if rows == 1:
        x = named_axis("eighth of the length (1 = first)", dtick=1)
        drawn = bars(across, values[0], colour, what, customdata=number[0], hovertext=texts[0])
        return drawn, x, named_axis(what, rangemode="tozero")
    x = named_axis("eighth of the width (1 = left)", dtick=1, constrain="domain")
    square = {"autorange": "reversed", "scaleanchor": "x", "constrain": "domain"}
    y = named_axis("eighth of the height (1 = top)", dtick=1, **square)
    look = {
        "customdata": number,
        "hovertext": texts,
        "zmin": 0,
        "zmax": max(1, int(values.max())),
        "xgap": 1,
        "ygap": 1,
    }
    return cells(across, np.arange(1, rows + 1), values, what, **look), x, y


def _by_code(places: np.ndarray, code: int) -> tuple[np.ndarray, list[list[str]]]:
    own, everything = places[code], places.sum(axis=0)  # (rows, 8) each
    total, of_all, rows = int(own.sum()), int(everything.sum()), len(own)
    texts = [["" for _ in row] for row in own]
    for row, column in np.ndindex(*own.shape):
        mine, here = int(own[row, column]), int(everything[row, column])
        where = f"row {row + 1} of {rows}, column {column + 1}" if rows > 1 else f"part {column + 1}"
        texts[row][column] = (
            f"{where} of {own.shape[1]}<br>{mine:,} of {total:,} tokens of code {code}{_percent(mine, total)}<br>"
            f"{here:,} of {of_all:,} tokens of all codes{_percent(here, of_all)}"
        )
    return own, texts


def _percent(part: int, of: int) -> str:
    return f" ({part / of:.1%})" if of else ""


def _by_place(places: np.ndarray) -> tuple[np.ndarray, list[list[str]]]:
    size, rows, columns = places.shape
    used = np.zeros((rows, columns), np.int64)
    texts = [["no tokens here"] * columns for _ in range(rows)]
    for row, column in np.ndindex(rows, columns):
        here = places[:, row, column]
        if here.any():
            known = usage_of_counts(here)
            used[row, column] = known.used
            texts[row][column] = (
                f"{known.used:,} of {size:,} codes used by {known.tokens:,} tokens here<br>"
                f"perplexity {known.perplexity:,.1f} of at most {known.ceiling:,}"
            )
    return used, texts
