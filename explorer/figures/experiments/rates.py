"""Bits and fidelity of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.figures.experiments.naming import DASHES, SYMBOLS, codes_of, name_of, seeds_of
from explorer.figures.frame import frame_traces
from explorer.figures.theme import Theme
from explorer.figures.traces import TEXTS, dots, line
from explorer.foundation.colormaps import CATEGORIES
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.experiment import Experiment, ExperimentRun

if TYPE_CHECKING:
    import plotly.graph_objects as go


def rates_of_runs(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Bits a token across, PSNR up; a mark a run, a line through the means of runs of as many levels and dimensions.

    Raises RecordError where no run has both."""
    runs = [run for run in experiment.runs if len(run.counts) and "psnr_db" in run.measured]
    if not runs:
        raise RecordError("No run of this experiment has both bits and a PSNR.")
    families: dict[tuple[int, int], list[ExperimentRun]] = {}
    for run in runs:
        families.setdefault((_levels(run), _dimension(run)), []).append(run)
    drawn = []
    for number, ((levels, dim), members) in enumerate(sorted(families.items())):
        colour, name = CATEGORIES[number % len(CATEGORIES)], f"{count_of(levels, 'level')}, D = {dim}"
        bits = sorted({run.measured["bits"] for run in members})
        means = [float(np.mean([r.measured["psnr_db"] for r in members if r.measured["bits"] == b])) for b in bits]
        texts = [
            f"{name_of(experiment, run)}, seed {run.seed}<br>{run.measured['psnr_db']:.2f} dB at "
            f"{run.measured['bits']:g} bits, {run.measured['usage']:.0%} of its codes used"
            for run in members
        ]
        at = [run.measured["bits"] for run in members], [run.measured["psnr_db"] for run in members]
        look = {"hovertext": texts, "hover": TEXTS, "showlegend": False, "size": 9}
        drawn.append(line(bits, means, colour, name, dash=DASHES[number % len(DASHES)]))
        drawn.append(dots(*at, colour, name, symbol=SYMBOLS[number % len(SYMBOLS)], **look))
    words = (
        f"PSNR of {runs[0].measured['held_out']:,} held-out pictures at the nominal bits of a token, log2(K) a level; "
        f"{seeds_of(experiment)}, a mark each, lines through their means."
    )
    said = {"title": "Rate and distortion", "words": words}
    return frame_traces("rates_of_runs", drawn, "rate (bits a token)", "PSNR, dB", theme=theme, **said)


def _levels(run: ExperimentRun) -> int:
    return codes_of(run) // len(run.counts)


def _dimension(run: ExperimentRun) -> int:
    """Of the latents."""
    return sum(name.startswith("axis_") for name in run.measured)
