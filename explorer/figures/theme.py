"""How figures look, in light and dark: colours, fonts, and text of people made harmless.

The colours are those of the pages (`views/kit/page/theme.css`; a test holds the two together), so that a figure in a
report or a notebook is the one of the page. Amounts are cividis or viridis, signed values blue-white-orange, and
several series differ by mark or dash as well as by colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal

from explorer.foundation.colormaps import TABLES
from explorer.foundation.errors import SettingsError

if TYPE_CHECKING:
    import plotly.graph_objects as go

Theme = Literal["light", "dark"]

# No two names share a colour within a theme, so that a figure can be turned from one into the other by its values.
PALETTE: Mapping[str, Mapping[str, str]] = {
    "light": {
        "accent": "#2754d8",
        "ink": "#171b24",
        "muted": "#5d6675",
        "surface": "#ffffff",
        "raised": "#f5f6f9",
        "line": "#dfe3ea",
        "bar": "#97a1b3",
        "danger": "#b42318",
    },
    "dark": {
        "accent": "#8fb0ff",
        "ink": "#eceff5",
        "muted": "#9aa5b8",
        "surface": "#14171e",
        "raised": "#1b1f28",
        "line": "#2c323e",
        "bar": "#5f6b80",
        "danger": "#ff9388",
    },
}
FONT = '"IBM Plex Sans", ui-sans-serif, system-ui, sans-serif'
FONT_PX = 12
NAME_LENGTH = 80  # characters of a name of a person that a figure shows


def ink(theme: Theme) -> Mapping[str, str]:
    """Colours by name. Raises SettingsError for a theme that is neither light nor dark."""
    if theme not in PALETTE:
        raise SettingsError(f"There is no theme {str(theme)[:40]!r}: choose light or dark.")
    return PALETTE[theme]


def colorscale(name: str) -> list[tuple[float, str]]:
    """A colour map of the house as plotly wants it: (place 0..1, colour) of each anchor."""
    anchors = TABLES[name].split()
    return [(place / (len(anchors) - 1), f"#{colour}") for place, colour in enumerate(anchors)]


def plain(text: object, most: int = NAME_LENGTH) -> str:
    """Text of people as plotly shows it letter by letter: no tag, no entity and no %{template} of it acts."""
    words = " ".join(str(text).split())
    words = words if len(words) <= most else f"{words[: most - 1]}…"
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("{", "&#123;"), ("$", "&#36;")):
        words = words.replace(letter, entity)
    return words


@cache
def template(theme: Theme) -> go.layout.Template:
    """Our look as a template of plotly."""
    import plotly.graph_objects as go  # 30 MB of modules, and only who draws needs them

    colours = ink(theme)
    axis = {
        "gridcolor": colours["line"],
        "linecolor": colours["line"],
        "zerolinecolor": colours["line"],
        "tickcolor": colours["line"],
        "ticks": "outside",
        "ticklen": 4,
        "title": {"standoff": 8, "font": {"size": FONT_PX, "color": colours["muted"]}},
        "tickfont": {"size": FONT_PX - 1, "color": colours["muted"]},
        "automargin": True,
        "separatethousands": True,
    }
    flat = {name: value for name, value in axis.items() if name not in ("automargin", "title")}
    space = {**flat, "backgroundcolor": colours["surface"], "showbackground": False}
    layout = {
        "font": {"family": FONT, "size": FONT_PX, "color": colours["ink"]},
        "paper_bgcolor": colours["surface"],
        "plot_bgcolor": colours["surface"],
        "colorway": [colours["accent"], colours["muted"], colours["bar"], colours["ink"], colours["danger"]],
        "xaxis": axis,
        "yaxis": axis,
        "scene": {"xaxis": space, "yaxis": space, "zaxis": space},
        "hoverlabel": {
            "bgcolor": colours["raised"],
            "bordercolor": colours["line"],
            "font": {"family": FONT, "size": FONT_PX, "color": colours["ink"]},
            "align": "left",
            "namelength": 0,
        },
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        "margin": {"l": 56, "r": 16, "t": 36, "b": 48},
        "hovermode": "closest",
        "modebar": {"bgcolor": colours["surface"], "color": colours["muted"], "activecolor": colours["accent"]},
        "bargap": 0.12,
    }
    bar = {"title": {"font": axis["title"]["font"]}, "tickfont": axis["tickfont"]}  # as the axes beside it
    coloured = {"heatmap": [go.Heatmap(colorbar=bar)], "scatter3d": [go.Scatter3d(marker={"colorbar": bar})]}
    return go.layout.Template(layout=layout, data=coloured)


def recolour(figure: go.Figure, theme: Theme) -> go.Figure:
    """A copy of one of our figures in the other theme: template and colours by their values, all else as it is."""
    import plotly.graph_objects as go

    wanted = ink(theme)
    turned = {colour: wanted[name] for one in PALETTE.values() for name, colour in one.items()}
    content = figure.to_plotly_json()
    layout = {name: part for name, part in content["layout"].items() if name != "template"}
    new = go.Figure(data=_replaced(content["data"], turned), layout=_replaced(layout, turned))
    return new.update_layout(template=template(theme))


def _replaced(value: object, turned: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {name: _replaced(part, turned) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, turned) for part in value]
    return turned.get(value, value) if isinstance(value, str) else value
