"""Every statistical chart, once: functions from an audit, a geometry, a comparison or a run to a figure of plotly.

Pages, reports, notebooks and dashboards draw the same figures:

    from explorer import figures
    figures.usage(audit).show()

Importing this package imports neither plotly nor torch; a function imports plotly when it draws. Each takes `theme`
("light" or "dark") and writes what it shows into `figure.layout.meta`: title, words with their denominators, and what
the `customdata` of its points are the numbers of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.figures.ball import sphere
    from explorer.figures.counts import rank_frequency, usage
    from explorer.figures.enough import growth, halves, single_media
    from explorer.figures.lattice import bit_correlation, bits
    from explorer.figures.per_level import levels
    from explorer.figures.places import positions
    from explorer.figures.rates import rate_distortion
    from explorer.figures.runs import curves
    from explorer.figures.shape import cosines, distances, norms, singular_values
    from explorer.figures.tables import rows_of
    from explorer.figures.theme import recoloured

Subject = Literal["audit", "codebook", "geometry", "comparison", "run"]


@dataclass(frozen=True)
class FigureEntry:
    """name: of the function. module: where it is. of: what it is drawn of, its first argument ("codebook": the audit
    and a codebook that follows a rule). title: as people read it."""

    name: str
    module: str
    of: Subject
    title: str

    def load(self) -> Callable[..., go.Figure]:
        """The function that draws it."""
        return getattr(import_module(self.module), self.name)


FIGURES: tuple[FigureEntry, ...] = (
    FigureEntry("usage", "explorer.figures.counts", "audit", "Usage of each code"),
    FigureEntry("rank_frequency", "explorer.figures.counts", "audit", "Rank and frequency"),
    FigureEntry("growth", "explorer.figures.enough", "audit", "Usage while counting"),
    FigureEntry("halves", "explorer.figures.enough", "audit", "Do two halves agree?"),
    FigureEntry("single_media", "explorer.figures.enough", "audit", "Each medium by itself"),
    FigureEntry("positions", "explorer.figures.places", "audit", "Usage by place"),
    FigureEntry("levels", "explorer.figures.per_level", "audit", "The levels beside each other"),
    FigureEntry("bits", "explorer.figures.lattice", "codebook", "Balance of the bits, use of the axes"),
    FigureEntry("bit_correlation", "explorer.figures.lattice", "codebook", "Which bits go together"),
    FigureEntry("sphere", "explorer.figures.ball", "codebook", "Codes on the sphere"),
    FigureEntry("norms", "explorer.figures.shape", "geometry", "Norms of codes and latents"),
    FigureEntry("distances", "explorer.figures.shape", "geometry", "Distances of codes and latents"),
    FigureEntry("singular_values", "explorer.figures.shape", "geometry", "Singular values"),
    FigureEntry("cosines", "explorer.figures.shape", "geometry", "Cosines between codes"),
    FigureEntry("rate_distortion", "explorer.figures.rates", "comparison", "Rate and distortion"),
    FigureEntry("curves", "explorer.figures.runs", "run", "Curves of the run"),
)
NAMES: tuple[str, ...] = tuple(entry.name for entry in FIGURES)
_OTHERS = {"rows_of": "explorer.figures.tables", "recoloured": "explorer.figures.theme"}

__all__ = [
    "FIGURES",
    "NAMES",
    "FigureEntry",
    "bit_correlation",
    "bits",
    "cosines",
    "curves",
    "distances",
    "draw",
    "growth",
    "halves",
    "levels",
    "norms",
    "positions",
    "rank_frequency",
    "rate_distortion",
    "recoloured",
    "rows_of",
    "single_media",
    "singular_values",
    "sphere",
    "usage",
]


def draw(name: str, *args: Any, **kwargs: Any) -> go.Figure:
    """The figure of that name. Raises UnknownIdError with the valid names, and what the figure itself raises."""
    for entry in FIGURES:
        if entry.name == name:
            return entry.load()(*args, **kwargs)
    raise UnknownIdError(unknown_id_message("figure", name, list(NAMES)))


def __getattr__(name: str) -> Any:
    """A figure by its name, loaded when it is first asked for."""
    module = next((entry.module for entry in FIGURES if entry.name == name), _OTHERS.get(name))
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted(__all__)
