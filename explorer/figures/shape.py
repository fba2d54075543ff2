"""The geometry of a codebook: norms, distances, singular values, cosines (`analysis/codebook/geometry.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.codebook.geometry import Geometry
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.histogram import Bins, bins_over, counted_bars
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import APART, bars, cells, line
from explorer.foundation.errors import RecordError

if TYPE_CHECKING:
    import plotly.graph_objects as go


def norms(geometry: Geometry, *, theme: Theme = "light") -> go.Figure:
    """How long the code vectors are, above; how long the latents are, below, over the same axis.

    customdata: the list of codes of each bar.
    """
    drawn = _mirrored(geometry, geometry.norms, geometry.latent_norms, theme)
    axis, title = "length of the vector (in units of z_e)", "Norms of codes and latents"
    return _over_one_axis("norms", geometry, drawn, axis, title, "Norm", theme)


def distances(geometry: Geometry, *, theme: Theme = "light") -> go.Figure:
    """How far the nearest other code is from each code, above; how far latents are from their code, below.

    customdata: the list of codes of each bar. Raises RecordError for an only code.
    """
    nearest = geometry.nearest[0]
    if not np.isfinite(nearest).any():
        raise RecordError("There is only one code, so there is no distance between codes to draw.")
    unit = "between normalised vectors, 0 to 2" if geometry.codebook.metric == "cosine" else "in units of z_e"
    drawn = _mirrored(geometry, nearest, geometry.latent_distance, theme)
    title, said = "Distances of codes and latents", "To the nearest other code, and from latents to their code"
    return _over_one_axis("distances", geometry, drawn, f"Euclidean distance ({unit})", title, said, theme)


def singular_values(geometry: Geometry, *, theme: Theme = "light") -> go.Figure:
    """Spread of the codes along each of their own axes (bars, customdata: number from 0), of the latents along theirs
    (line), and the effective dimension (dashed)."""
    colours, known, latent = ink(theme), geometry.spectrum, geometry.latent_spectrum
    values, codes, given = known.singular_values, len(geometry.codes), f"{geometry.counted.given}s"
    number, total = np.arange(len(values)), float(np.square(values).sum()) or 1.0
    texts = [
        f"axis {axis} of {len(values)}: {value:.4g}<br>{value**2 / total:.1%} of the variance of {codes:,} codes"
        for axis, value in enumerate(values, 1)
    ]
    drawn = [bars(number + 1, values, colours["bar"], "codes", customdata=number, hovertext=texts)]
    at, size = known.effective_dimension, geometry.codebook.codebook_dim
    words = f"Effective dimension {at:.2f} of {size} (dashed; participation ratio of variances), of {codes:,} codes."
    if latent is not None:
        along = latent.singular_values[: len(values)]
        look = {"width": 1.5, "mode": "lines+markers", "marker": {"size": 4, "color": colours["ink"]}, "meta": APART}
        hover = f"{given}, axis %{{x}} of their own: %{{y:.4g}}"
        drawn.append(line(number[: len(along)] + 1, along, colours["ink"], given, hover=hover, **look))
        words += f" Of {len(geometry.latents):,} {given}: {latent.effective_dimension:.2f}."
    mark = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
    mark |= {"line": {"color": colours["accent"], "width": 2, "dash": "dash"}}
    x = named_axis("axis (1 = widest)", range=[0.4, len(values) + 0.6])
    y = named_axis("standard deviation (in units of z_e)", rangemode="tozero")
    said = {"title": _headed("Singular values", geometry), "words": _noted(words, geometry), "pick": "axis"}
    return frame_traces("singular_values", drawn, x, y, theme=theme, level=geometry.number, shapes=[mark], **said)


def cosines(geometry: Geometry, *, theme: Theme = "light") -> go.Figure:
    """Cosines between codes in clustered order. x and y of a cell are the numbers of its two codes."""
    known = geometry.cosines
    names = [str(code) for code in known.codes.tolist()]
    hover = "codes %{y} and %{x}<br>cosine %{z:.3f}, of -1 to 1"
    look = {"zmin": -1, "zmax": 1, "scale": "diverging", "hover": hover}
    drawn = cells(names, names, known.values.astype(np.float32), "cosine (-1 to 1)", **look)
    side = {"type": "category", "showticklabels": False, "ticks": "", "constrain": "domain"}
    title = f"code (of {len(names):,}, in clustered order)"
    x, y = named_axis(title, **side), named_axis(title, **side, autorange="reversed", scaleanchor="x")
    said = {"title": _headed("Cosines between codes", geometry), "words": known.words, "pick": "pair"}
    return frame_traces("cosines", [drawn], x, y, theme=theme, level=geometry.number, **said)


@dataclass(frozen=True)
class _Mirror:
    """Bars of both, their bins, and words on each."""

    drawn: list[go.Bar]
    bins: Bins
    words: list[str]


def _mirrored(geometry: Geometry, of_codes: np.ndarray, of_latents: np.ndarray | None, theme: Theme) -> _Mirror:
    """Two histograms over the same bins, logarithmic where the values are far apart."""
    colours, given = ink(theme), f"{geometry.counted.given}s"
    parts = [part[np.isfinite(part)] for part in (of_codes, of_latents) if part is not None]
    bins, drawn, words = bins_over(np.concatenate(parts)), [], []
    for values, codes, colour, what in (
        (of_codes, geometry.codes, colours["accent"], "codes"),
        (of_latents, None, colours["bar"], given),
    ):
        if values is None:
            continue
        kept = np.isfinite(values)
        own = {"meta": APART, "yaxis": "y2"}
        if codes is not None:
            place = bins.of(values[kept])
            own = {"customdata": [codes[kept][place == number].tolist() for number in range(bins.many)]}
        drawn.append(counted_bars(bins, values, what, colour, **own))
        lost, under = int(np.count_nonzero(~kept)), bins.under(values)
        out = f" ({lost:,} of them without a place on the axis)" if lost else ""
        out += f" ({under:,} of them below {bins.edges[0]:.3g}, in the first bar)" if under else ""
        words.append(f"{len(values):,} {what}, median {_median(values):.4g}{out}")
    return _Mirror(drawn, bins, words)


def _over_one_axis(
    name: str, geometry: Geometry, of: _Mirror, axis: str, title: str, said: str, theme: Theme
) -> go.Figure:
    """The first histogram upwards, the second upside down below it."""
    two = len(of.drawn) > 1
    upper = named_axis("codes (count)", rangemode="tozero", domain=[0.53, 1] if two else [0, 1])
    lower = named_axis(f"{geometry.counted.given}s (count)", domain=[0, 0.47], autorange="reversed")
    layout = {"yaxis2": lower} if two else {}
    x = named_axis(axis, anchor="y2" if two else "y", **of.bins.ticks())
    words = f"{said}: {'; '.join(of.words)}." + (" The axis is logarithmic." if of.bins.log else "")
    about = {"title": _headed(title, geometry), "words": _noted(words, geometry), "pick": "codes"}
    return frame_traces(name, of.drawn, x, upper, theme=theme, level=geometry.number, bargap=0, **about, **layout)


def _median(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")


def _headed(title: str, geometry: Geometry) -> str:
    return f"{title}, {geometry.counted.name}" if geometry.counted.name else title


def _noted(words: str, geometry: Geometry) -> str:
    return " ".join([words, *geometry.notes])
