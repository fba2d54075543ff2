"""A figure on its way to a page: the JSON of plotly, and where the browser gets the plotly.js that draws it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from explorer.pages.shared.fields import OneOf
from explorer.pages.shared.plotly_js import plotly_address

Themed = Annotated[str, OneOf(("light", "dark"))]  # as explorer.figures.theme has it, which comes with the first figure


def draw_figure(name: str, *subject: Any, **options: Any) -> str:
    """The figure of that name in `explorer.figures`, as an answer of a page: {"ok", "library", "figure"}.

    Raises what the figure raises where it cannot be drawn.
    """
    from explorer.figures import draw  # plotly is imported when the first figure is drawn, not with the page

    made = draw(name, *subject, **options)
    return f'{{"ok":true,"library":{json.dumps(plotly_address())},"figure":{made.to_json()}}}'
