"""Every statistical chart, once: functions from a record, an audit, a comparison or a run to a figure of plotly.

Pages, reports, notebooks and dashboards draw the same figures:

    from explorer import figures
    figures.usage(audit).show()
    figures.with_title(figures.usage(audit)).show()  # with its title and its words above it

Importing this package imports neither plotly nor torch; a function imports plotly when it draws. Each takes `theme`
("light" or "dark") and writes what it shows into `figure.layout.meta`: title, words with their denominators, and what
the `customdata` of its points are the numbers of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from explorer.figures.ball import sphere
from explorer.figures.checkpoint import opened_codes, opened_lengths, table_life
from explorer.figures.counts import rank_frequency, usage
from explorer.figures.enough import growth, halves, single_media
from explorer.figures.experiments.marks import accuracy_of_runs, gradients_of_runs, losses_of_runs
from explorer.figures.experiments.races import dead_of_races, losses_of_races, perplexity_of_races
from explorer.figures.experiments.rates import rates_of_runs
from explorer.figures.experiments.usage import codes_of_runs, usage_of_runs
from explorer.figures.frame import with_title
from explorer.figures.graphs import anchor_coverage, tuple_collisions
from explorer.figures.items import prefix_tree
from explorer.figures.language import codes_as_words, counted_bits, held_out_bits
from explorer.figures.lattice import bit_correlation, bits
from explorer.figures.learning import usage_in_training
from explorer.figures.over_time import code_reuse, codes_over_time, frame_quality
from explorer.figures.per_level import levels
from explorer.figures.places import positions
from explorer.figures.ranks import usage_by_rank
from explorer.figures.rates import rate_distortion
from explorer.figures.runs import curves
from explorer.figures.shape import cosines, distances, norms, singular_values
from explorer.figures.tables import rows_of
from explorer.figures.theme import recolour
from explorer.figures.vectors import code_vector
from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message

if TYPE_CHECKING:
    import plotly.graph_objects as go

Subject = Literal[
    "record",
    "clip",
    "graph",
    "items",
    "audit",
    "codebook",
    "vectors",
    "geometry",
    "comparison",
    "history",
    "run",
    "experiment",
    "language",
    "prior",
    "opened",
    "timeline",
]


@dataclass(frozen=True)
class FigureEntry:
    """draw: the function. of: what it is drawn of, its first argument ("codebook": the audit and a codebook that
    follows a rule; "graph", "clip", "items": a record of one; "vectors": a codebook alone). title: as people read.
    """

    draw: Callable[..., go.Figure]
    of: Subject
    title: str

    @property
    def name(self) -> str:
        """Of the function."""
        return self.draw.__name__


FIGURES: tuple[FigureEntry, ...] = (
    FigureEntry(usage_by_rank, "record", "Usage by rank"),
    FigureEntry(frame_quality, "clip", "How near each frame is"),
    FigureEntry(code_reuse, "clip", "Codes that come again"),
    FigureEntry(codes_over_time, "clip", "Which code is used when"),
    FigureEntry(tuple_collisions, "graph", "Nodes of the same tuple"),
    FigureEntry(anchor_coverage, "graph", "How far anchors reach"),
    FigureEntry(prefix_tree, "items", "Tree of semantic ids"),
    FigureEntry(usage, "audit", "Usage of each code"),
    FigureEntry(rank_frequency, "audit", "Rank and frequency"),
    FigureEntry(growth, "audit", "Usage while counting"),
    FigureEntry(halves, "audit", "Do two halves agree?"),
    FigureEntry(single_media, "audit", "Each medium by itself"),
    FigureEntry(positions, "audit", "Usage by place"),
    FigureEntry(levels, "audit", "The levels beside each other"),
    FigureEntry(bits, "codebook", "Balance of the bits, use of the axes"),
    FigureEntry(bit_correlation, "codebook", "Which bits go together"),
    FigureEntry(sphere, "codebook", "Codes on the sphere"),
    FigureEntry(code_vector, "vectors", "Vector of a code"),
    FigureEntry(norms, "geometry", "Norms of codes and latents"),
    FigureEntry(distances, "geometry", "Distances of codes and latents"),
    FigureEntry(singular_values, "geometry", "Singular values"),
    FigureEntry(cosines, "geometry", "Cosines between codes"),
    FigureEntry(rate_distortion, "comparison", "Rate and distortion"),
    FigureEntry(usage_in_training, "history", "Usage while it was trained"),
    FigureEntry(curves, "run", "Curves of the run"),
    FigureEntry(codes_of_runs, "experiment", "How far each codebook is used"),
    FigureEntry(usage_of_runs, "experiment", "When codes come into use, and when they die"),
    FigureEntry(losses_of_runs, "experiment", "What is lost"),
    FigureEntry(rates_of_runs, "experiment", "Rate and distortion of an experiment"),
    FigureEntry(gradients_of_runs, "experiment", "What reaches the encoder"),
    FigureEntry(accuracy_of_runs, "experiment", "What a linear classifier reads"),
    FigureEntry(perplexity_of_races, "experiment", "How many codes are in use, in effect"),
    FigureEntry(dead_of_races, "experiment", "How many codes are dead"),
    FigureEntry(losses_of_races, "experiment", "What is lost, as they learn"),
    FigureEntry(codes_as_words, "language", "Codes as words"),
    FigureEntry(counted_bits, "language", "Bits a token, as counted"),
    FigureEntry(held_out_bits, "prior", "What memory is worth"),
    FigureEntry(opened_codes, "opened", "Codes of a checkpoint"),
    FigureEntry(opened_lengths, "opened", "Lengths of the codes of a checkpoint"),
    FigureEntry(table_life, "timeline", "A table over checkpoints"),
)
NAMES: tuple[str, ...] = tuple(entry.name for entry in FIGURES)

__all__ = ["FIGURES", "NAMES", "FigureEntry", "draw", "recolour", "rows_of", "with_title", *NAMES]


def draw(name: str, *args: Any, **kwargs: Any) -> go.Figure:
    """The figure of that name. Raises UnknownIdError with the valid names, and what the figure itself raises."""
    for entry in FIGURES:
        if entry.name == name:
            return entry.draw(*args, **kwargs)
    raise UnknownIdError(unknown_id_message("figure", name, list(NAMES)))
