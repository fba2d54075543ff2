"""Codes of BSQ on their sphere, in 3-D: eight corners that three chosen bits make (`analysis/codes/bits.corners`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.codes.bits import corners
from explorer.figures.frame import frame_traces, heading_of
from explorer.figures.lattice import ruled_level
from explorer.figures.theme import Theme, colorscale, ink
from explorer.figures.traces import APART
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook

if TYPE_CHECKING:
    import plotly.graph_objects as go

LATENTS = 1000  # dots on the sphere
Bits = tuple[int, int, int]


def sphere(
    audit: Audit, codebook: Codebook | None, level: int = 0, bits: Bits = (0, 1, 2), *, theme: Theme = "light"
) -> go.Figure:
    """Eight corners of three chosen bits (from 0) of a sign code on the unit sphere, by their tokens; small dots: the
    sampled latents, seen from the origin. customdata: number of the corner, its first bit the most significant.

    Raises RecordError and SettingsError as `corners`.
    """
    counted, rule = ruled_level(audit, codebook, level)
    places, tokens = corners(rule, counted.counts, bits)
    colours = ink(theme)
    drawn = [*_circles(colours["line"]), *_latents(counted, bits, colours["muted"])]
    named = " ".join(str(bit + 1) for bit in bits)
    drawn.append(_corners(places, tokens, named, colours["ink"]))
    empty = int((tokens == 0).sum())
    words = (
        f"The eight corners that bits {named} make, on the unit sphere: larger and lighter with more of "
        f"{tokens.sum():,} tokens. {f'{empty} of 8 corners have none. ' if empty else ''}All {len(rule.levels)} bits "
        f"together name {counted.codebook_size:,} codes; each corner stands for an eighth of them."
    )
    axes = {
        f"{letter}axis": {"title": {"text": f"bit {bit + 1} (of 1)"}, "range": [-1.25, 1.25], "tickvals": [-1, 0, 1]}
        for letter, bit in zip("xyz", bits, strict=True)
    }
    scene = {**axes, "aspectmode": "cube", "camera": {"eye": {"x": 1.8, "y": 1.55, "z": 1.05}}}
    said = {"title": heading_of("Codes on the sphere", audit, level), "words": words, "pick": "corner"}
    hidden = {"visible": False}
    figure = frame_traces("sphere", drawn, hidden, hidden, theme=theme, level=level, scene=scene, **said)
    meta = {**figure.layout.meta, "bits": list(bits)}
    return figure.update_layout(meta=meta, margin={"l": 0, "r": 0, "t": 24, "b": 0})


def _corners(places: np.ndarray, tokens: np.ndarray, named: str, edge: str) -> go.Scatter3d:
    import plotly.graph_objects as go  # 30 MB of modules, and only who draws needs them

    share = tokens / tokens.sum()
    bar = {"title": {"text": "tokens (share)", "side": "right"}, "thickness": 12, "len": 0.6, "tickformat": "~%"}
    marker = {"size": 6 + 26 * np.sqrt(share / share.max()), "color": share, "cmin": 0, "opacity": 0.9}
    marker |= {"colorscale": colorscale("viridis"), "colorbar": bar | {"outlinewidth": 0}}
    texts = [
        f"bits {named} = {corner:03b}<br>{n:,} of {tokens.sum():,} tokens ({part:.1%}; alike: 12.5%)"
        for corner, (n, part) in enumerate(zip(tokens, share, strict=True))
    ]
    return go.Scatter3d(
        **dict(zip("xyz", places.T, strict=True)),
        **{"mode": "markers+text", "text": [f"{corner:03b}" for corner in range(8)], "textposition": "top center"},
        **{"customdata": np.arange(8), "hovertext": texts, "hovertemplate": "%{hovertext}<extra></extra>"},
        **{"marker": marker | {"line": {"width": 1, "color": edge}}, "name": "corners", "showlegend": False},
    )


def _circles(colour: str) -> list[go.Scatter3d]:
    """Three great circles, so that the sphere is seen."""
    import plotly.graph_objects as go

    turn = np.linspace(0, 2 * np.pi, 65)
    plane = (np.cos(turn), np.sin(turn), np.zeros(65))
    look = {"mode": "lines", "hoverinfo": "skip", "line": {"color": colour, "width": 2}, "showlegend": False}
    return [
        go.Scatter3d(x=plane[-shift % 3], y=plane[(1 - shift) % 3], z=plane[(2 - shift) % 3], meta=APART, **look)
        for shift in range(3)
    ]


def _latents(counted: LevelAudit, bits: Bits, colour: str) -> list[go.Scatter3d]:
    """The three coordinates of the sampled latents, at length 1."""
    import plotly.graph_objects as go

    if counted.latents is None or counted.latents.shape[1] <= max(bits):
        return []
    xyz = counted.latents[:LATENTS, list(bits)].astype(np.float64)
    length = np.linalg.norm(xyz, axis=1)
    kept = (length > 0) & np.isfinite(length)
    xyz = xyz[kept] / length[kept, None]
    look = {"mode": "markers", "marker": {"size": 2, "color": colour, "opacity": 0.5}, "hoverinfo": "skip"}
    name = f"{len(xyz):,} sampled {counted.given}s"
    return [go.Scatter3d(**dict(zip("xyz", xyz.T, strict=True)), name=name, meta=APART, **look)]
