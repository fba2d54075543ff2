"""The vector of one code: its value along each axis of the latent space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import bars
from explorer.foundation.errors import RecordError
from explorer.joints.record import Codebook

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROOM = 1.05  # above the tallest bar
EACH_AXIS = 16  # axes at most whose numbers all stand below them


def code_vector(codebook: Codebook, code: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Values (D,) of a code along the axes, as far below zero as above, so that bars up and down compare; customdata:
    the axis, from 0.

    Raises RecordError for a code that the codebook does not have, or whose vector holds no number.
    """
    if not 0 <= code < codebook.codebook_size:
        raise RecordError(f"code {code} is outside 0..{codebook.codebook_size - 1}")
    vector = np.asarray(codebook.rows(np.asarray(code)), np.float64)  # (D,)
    known = vector[np.isfinite(vector)]
    if not len(known):
        raise RecordError(f"The vector of code {code} holds no number, so there is nothing to draw.")
    axes = len(vector)
    top = ROOM * (float(np.abs(known).max()) or 1.0)
    numbers = np.arange(1, axes + 1)
    hover = f"axis %{{x}} of {axes:,}<br>%{{y:.4~g}}"
    drawn = bars(numbers, vector, ink(theme)["accent"], "value", hover=hover, customdata=numbers - 1)
    rest = "" if len(known) == axes else f" {axes - len(known):,} of its values are no numbers."
    words = (
        f"Vector of code {code} of {codebook.codebook_size:,}: {axes:,} values from {known.min():.4g} to "
        f"{known.max():.4g}, norm {np.linalg.norm(known):.4g}.{rest}"
    )
    x = named_axis("axis (number, from 1)", range=[0.5, axes + 0.5], **({"dtick": 1} if axes <= EACH_AXIS else {}))
    y = named_axis("value (latent units)", range=[-top, top], zeroline=True, nticks=5)
    said = {"title": f"Vector of code {code}", "words": words, "pick": "axis"}
    return frame_traces("code_vector", [drawn], x, y, theme=theme, hovermode="x", **said)
