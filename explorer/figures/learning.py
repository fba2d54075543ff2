"""How many codes were in use while a tokenizer was trained (`explorer.audit.history.usage_history`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.audit.history import UsageHistory
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import line

if TYPE_CHECKING:
    import plotly.graph_objects as go


def usage_in_training(history: UsageHistory, *, theme: Theme = "light") -> go.Figure:
    """Share of the codes in use at each kept step of training (customdata: the step)."""
    steps, usage, tokens = history.steps, history.usage, history.tokens
    least, most = int(tokens.min()), int(tokens.max())
    counted = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    hover = f"step %{{x:,}} of {int(steps[-1]):,}<br>%{{y:.1%}} of the codes used, by %{{text}} tokens"
    look = {"mode": "lines+markers", "marker": {"size": 4}, "customdata": steps, "text": [f"{n:,}" for n in tokens]}
    drawn = [line(steps, usage, ink(theme)["accent"], "codes used", hover=hover, **look)]
    words = (
        f"Used codes of this codebook while it was trained: {usage[0]:.1%} at step {steps[0]:,}, {usage[-1]:.1%} at "
        f"step {steps[-1]:,}, over {counted} held-out tokens each time."
    )
    x, y = named_axis("training step (number)"), named_axis("codes used (share)", range=[0, 1.04], tickformat="~%")
    said = {"title": "Usage while it was trained", "words": words, "pick": "step"}
    return frame_traces("usage_in_training", drawn, x, y, theme=theme, **said)
