"""What a checkpoint tells without any data: its codes on a plane, their lengths, and their change over checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.maps.projection import pca
from explorer.analysis.opening.file import OpenedTable
from explorer.analysis.opening.life_words import life_lines
from explorer.analysis.opening.table_facts import DEAD
from explorer.analysis.opening.timeline import TableLife
from explorer.analysis.opening.words import name_of
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.histogram import bins_over, counted_bars
from explorer.figures.theme import Theme, ink, plain
from explorer.figures.traces import dots, line
from explorer.foundation.errors import RecordError

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_DOTS = 4096


def opened_codes(table: OpenedTable, *, most: int = MOST_DOTS, theme: Theme = "light") -> go.Figure:
    """The codes of a table on their plane of largest variance (customdata: the code); those that were dead in training,
    by kept counts, are hollow. most: dots that are drawn. Raises RecordError where fewer than two are finite."""
    colours = ink(theme)
    finite = np.flatnonzero(np.isfinite(table.rows).all(axis=1))
    if len(finite) < 2:
        raise RecordError(f"{name_of(table)} has fewer than two codes that are numbers, so there is no map of them.")
    finite = finite[:: -(-len(finite) // most)]
    map_ = pca(table.rows[finite])
    codes = table.chosen[finite]
    dead = np.zeros(len(codes), bool)
    if table.counted is not None and table.counted.dead is not None:
        dead = table.counted.dead[codes]
    drawn = []
    for which, name, symbol in ((~dead, "codes", "circle"), (dead, "dead in training", "circle-open")):
        if which.any():
            look = {
                "hover": f"code %{{customdata}} of {table.found.codes:,}",
                "size": 5,
                "symbol": symbol,
                "customdata": codes[which],
            }
            colour = colours["accent"] if symbol == "circle" else colours["muted"]
            drawn.append(dots(map_.xy[which, 0], map_.xy[which, 1], colour, name, opacity=0.8, **look))
    shares = map_.explained
    size = table.found.codes
    shown = f"{len(codes):,} of {size:,} codes" + (" at even distances" if len(codes) < size else "")
    known = (
        ""
        if table.counted is None or table.counted.dead is None
        else f" {int(dead.sum()):,} of them were dead in training (hollow): below {DEAD:.0%} of the mean kept count."
    )
    words = (
        f"{shown}, along the two directions in which they differ most: {shares[0]:.0%} and {shares[1]:.0%} of their "
        f"variance in {table.found.dim:,} dimensions.{known}"
    )
    x = named_axis("first direction (latent units)", zeroline=False)
    y = named_axis("second direction (latent units)", zeroline=False, scaleanchor="x")
    said = {"title": f"Codes of {plain(name_of(table))}", "words": words, "pick": "code"}
    return frame_traces("opened_codes", drawn, x, y, theme=theme, **said)


def opened_lengths(table: OpenedTable, *, theme: Theme = "light") -> go.Figure:
    """How long the code vectors of a table are. Raises RecordError where none is finite."""
    lengths = np.linalg.norm(table.rows.astype(np.float64), axis=1)
    finite = lengths[np.isfinite(lengths)]
    if not len(finite):
        raise RecordError(f"{name_of(table)} has no code that is a number, so there are no lengths to draw.")
    low, high = float(finite.min()), float(finite.max())
    bins = bins_over(finite)
    drawn = [counted_bars(bins, finite, "codes", ink(theme)["accent"])]
    lost = f" {len(lengths) - len(finite):,} more are no numbers." if len(finite) < len(lengths) else ""
    words = (
        f"Lengths of {len(finite):,} of {table.found.codes:,} codes: {low:.4g} to {high:.4g}, median "
        f"{np.median(finite):.4g}.{lost}"
    )
    words += " The axis is logarithmic." if bins.log else ""
    x = named_axis("length of the vector (latent units)", **bins.ticks())
    y = named_axis("codes (count)", rangemode="tozero")
    said = {"title": f"Lengths of {plain(name_of(table))}", "words": words}
    return frame_traces("opened_lengths", drawn, x, y, theme=theme, bargap=0, **said)


def table_life(life: TableLife, *, theme: Theme = "light") -> go.Figure:
    """A table over checkpoints of a run, as shares: dead codes, codes that jumped, effective dimension (customdata: the
    step)."""
    colours = ink(theme)
    drawn = []
    for values, of, name, colour, dash in (
        (life.dead, life.codes, "dead by kept counts", colours["danger"], "solid"),
        (life.jumped, life.read, "jumped since the checkpoint before", colours["accent"], "dot"),
        (life.dimension, life.dim, "effective dimension", colours["ink"], "dash"),
    ):
        kept = np.isfinite(values)
        if kept.any():
            texts = [
                f"{name}: {value:,.4g} of {of:,}<br>{plain(life.names[at])}"
                for at, value in enumerate(values)
                if kept[at]
            ]
            look = {
                "mode": "lines+markers",
                "hovertext": texts,
                "hover": "%{hovertext}",
                "customdata": life.steps[kept],
            }
            drawn.append(line(life.steps[kept], values[kept] / of, colour, name, dash=dash, **look))
    if not drawn:
        raise RecordError(f"Nothing is known of {life.key} over its checkpoints, so there is nothing to draw.")
    x = named_axis("step of the checkpoint (number)")
    y = named_axis("share (of codes, of dimensions)", range=[-0.02, 1.04], tickformat="~%")
    said = {
        "title": f"{plain(life.key)} over {len(life.steps)} checkpoints",
        "words": " ".join(life_lines(life)),
        "pick": "step",
    }
    return frame_traces("table_life", drawn, x, y, theme=theme, **said)
