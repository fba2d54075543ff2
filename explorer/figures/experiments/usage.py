"""How far the codes of each run are used at its end, and when they came into use or died."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.experiments.naming import codes_of, colour_of, dash_of, name_of, seeds_of
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme
from explorer.figures.traces import cells, line
from explorer.foundation.errors import RecordError
from explorer.joints.experiment import Experiment

if TYPE_CHECKING:
    import plotly.graph_objects as go


def codes_of_runs(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """A strip a medium and condition: tokens of each code, from the most to the least used (customdata: code).

    Of the first seed and the first level; a strip of fewer codes is shorter, and codes without a token leave it empty.
    Raises RecordError where nothing was quantized.
    """
    order = {one.id: place for place, one in enumerate(experiment.conditions)}
    runs = [run for run in experiment.runs if len(run.counts) and run.seed == experiment.seeds[0]]
    runs.sort(key=lambda run: order[run.condition])  # media of one condition beside each other
    if not runs:
        raise RecordError("No run of this experiment has a quantizer, so there are no codes to draw.")
    size, names = max(len(run.counts) for run in runs), [name_of(experiment, run) for run in runs]
    tokens = [int(run.counts.sum()) for run in runs]
    ranked = [np.argsort(-run.counts, kind="stable") for run in runs]
    counts = [run.counts[at].tolist() for run, at in zip(runs, ranked, strict=True)]
    texts = [
        [f"{name}<br>code {code}: {n:,} of {total:,} tokens" for code, n in zip(at, row, strict=True)]
        for name, at, row, total in zip(names, ranked, counts, tokens, strict=True)
    ]
    most = math.log10(max(max(row) for row in counts))
    shade = [[math.log10(n) if n else None for n in _filled(row, size, 0)] for row in counts]
    codes = np.array([_filled(at.tolist(), size, -1) for at in ranked])  # (runs, K)
    ticks = [value for value in range(int(most) + 1)]
    more = {"hovertext": [_filled(row, size, "") for row in texts], "customdata": codes}
    drawn = cells(np.arange(1, size + 1), names, shade, "tokens of a code (count)", **more)
    drawn.update(zmin=0, zmax=most, xgap=0, ygap=6, hoverongaps=False)
    drawn.colorbar.update(tickvals=ticks, ticktext=[f"{10**value:,}" for value in ticks])
    used = "; ".join(
        f"{name} {int((run.counts > 0).sum()):,} of {len(run.counts):,}" for name, run in zip(names, runs, strict=True)
    )
    words = (
        f"Codes in use by {tokens[0]:,} held-out tokens each, seed {runs[0].seed}, first level: {used}. Each strip "
        "goes from its most to its least used code; where it ends no code has a token."
    )
    x = named_axis("rank of the code (1 = most used)", range=[0.5, size + 0.5])
    y = named_axis("what was trained (a strip each)", autorange="reversed", automargin=True)
    said = {"title": "How far each codebook is used", "words": words, "pick": "code", "height": 110 + 34 * len(runs)}
    return frame_traces("codes_of_runs", [drawn], x, y, theme=theme, **said)


def usage_of_runs(experiment: Experiment, *, theme: Theme = "light") -> go.Figure:
    """Share of the codes in use over training, a line a medium, condition and seed (customdata: the step)."""
    runs = [run for run in experiment.runs if len(run.counts)]
    if not runs:
        raise RecordError("No run of this experiment has a quantizer, so there is no usage to draw.")
    drawn, sizes = [], sorted({codes_of(run) for run in runs})
    for run in runs:
        name, steps = name_of(experiment, run), run.steps
        at = f"{name}, seed {run.seed}<br>step %{{x:,}} of {int(steps[-1]):,}"
        hover = f"{at}<br>%{{y:.1%}} of {codes_of(run):,} codes"
        look = {"dash": dash_of(experiment, run), "customdata": steps, "showlegend": run.seed == experiment.seeds[0]}
        drawn.append(line(steps, run.curves["usage"], colour_of(experiment, run), name, hover=hover, **look))
    words = (
        f"Share of the codes ({_either(sizes)}, of all levels) with a token among held-out ones, a line for each of "
        f"{seeds_of(experiment)}. Along the way fewer media are measured than at the end."
    )
    x, y = named_axis("training step (number)"), named_axis("codes used (share)", range=[0, 1.04], tickformat="~%")
    said = {"title": "When codes come into use, and when they die", "words": words, "pick": "step"}
    return frame_traces("usage_of_runs", drawn, x, y, theme=theme, **said)


def _filled(row: list, size: int, value: Any) -> list:
    return [*row, *[value] * (size - len(row))]


def _either(sizes: Sequence[int]) -> str:
    return f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
