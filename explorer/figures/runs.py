"""The curves of a finished run: losses, perplexity, dead codes and whatever else was measured, step by step."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.replay.curves import curves_of, describe_column
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink, plain
from explorer.figures.traces import line
from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.plain_json import parse_json
from explorer.joints.files.recording import Recording
from explorer.joints.files.runs import FORMAT
from explorer.lab.history import Curves
from explorer.lab.measures import Measure, describe

if TYPE_CHECKING:
    import plotly.graph_objects as go

GAP = 0.05  # of the height, between two panels
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
UNPACKED_BYTES = 2**28  # of the curves in a run file: a small file can claim a huge one


@dataclass(frozen=True)
class _Panel:
    """key: the end of the names that share a panel. log: of its axis, where all values allow it."""

    key: str
    title: str
    log: bool = False


_PANELS = (
    _Panel("loss", "loss terms (weighted)", log=True),
    _Panel("perplexity", "perplexity (codes, one batch)"),
    _Panel("dead", "dead (share of K codes)"),
    _Panel("gradient", "gradient norm (sum over the batch)", log=True),
    _Panel("quantization_error", "quantization error (squared distance)", log=True),
    _Panel("speed", "code speed (distance a step)", log=True),
    _Panel("norm", "norm (in units of z_e)"),
)


def curves(
    run: Curves | Recording | str | Path | bytes, names: Sequence[str] | None = None, *, theme: Theme = "light"
) -> go.Figure:
    """The curves of a run over its steps, one panel for each unit; customdata: the step.

    run: what a trainer keeps, a recording, or a run file (.npz), as a path or its bytes. names: some of its
    curves, None: all.
    Raises RecordError for a file that holds no run, or a run without curves; SettingsError for an unknown name.
    """
    steps, table, named = _read(run)
    wanted = list(table) if names is None else list(names)
    unknown = [name for name in wanted if name not in table]
    if unknown:
        raise SettingsError(f"The run has no curve {str(unknown[0])[:80]!r}: choose of {', '.join(table)}.")
    if not wanted or not len(steps):
        raise RecordError("The run has no curves: none of its steps was kept.")
    panels, axes, drawn = _panels(wanted, named), {}, []
    inks = [ink(theme)[name] for name in ("accent", "ink", "muted", "bar")]
    height = (1 + GAP) / len(panels) - GAP
    for number, (panel, members) in enumerate(panels):
        axis, top = "" if number == 0 else str(number + 1), 1 - number * (height + GAP)
        scale = {"type": "log"} if panel.log and _above_zero(table, members) else {"rangemode": "tozero"}
        axes[f"yaxis{axis}"] = named_axis(
            panel.title.replace(" (", "<br>("), domain=[max(0.0, top - height), top], **scale
        )
        for place, name in enumerate(members):
            measure = named(name)
            label, unit = plain(measure.label), f"({measure.unit})" if measure.unit else "(weighted)"
            hover = f"{label}, step %{{x:,}} of {int(steps[-1]):,}<br>%{{y:.4g}} {unit}"
            look = {"dash": DASHES[place % len(DASHES)], "width": 1.8, "yaxis": f"y{axis}", "customdata": steps}
            drawn.append(line(steps, table[name], inks[place % len(inks)], label, hover=hover, **look))
    words = f"{len(wanted)} curves over {int(steps[-1]):,} steps, {len(steps):,} of which were kept."
    x = named_axis("training step (number)", anchor=f"y{len(panels)}" if len(panels) > 1 else "y")
    said = {"title": "Curves of the run", "words": words, "pick": "step", "height": max(320, 170 * len(panels))}
    return frame_traces("curves", drawn, x, axes.pop("yaxis"), theme=theme, **said, **axes)


def _above_zero(table: dict[str, np.ndarray], names: Sequence[str]) -> bool:
    values = np.concatenate([table[name] for name in names])
    return bool((values[np.isfinite(values)] > 0).all())


def _panels(names: Sequence[str], named: Callable[[str], Measure]) -> list[tuple[_Panel, list[str]]]:
    """Names by the panel that they share, in the order of the panels; others have one of their own, at the end."""
    found: dict[_Panel, list[str]] = {}
    for name in names:
        measure = named(name)
        loss = measure.kind == "loss"
        fits = (panel for panel in _PANELS[1:] if panel.key in name) if not loss else iter(_PANELS[:1])
        own = _Panel(name, plain(f"{measure.label} ({measure.unit})" if measure.unit else measure.label))
        found.setdefault(next(fits, own), []).append(name)
    order = {panel: place for place, panel in enumerate(_PANELS)}
    return sorted(found.items(), key=lambda one: order.get(one[0], len(_PANELS)))


def _read(
    run: Curves | Recording | str | Path | bytes,
) -> tuple[np.ndarray, dict[str, np.ndarray], Callable[[str], Measure]]:
    """(steps (r,) int64, name -> values (r,), NaN where a step lacks it, what a name is called)."""
    if isinstance(run, Curves):
        table, names = run.rows(), run.names
        return _of_lab(table[:, 0].astype(np.int64), {name: table[:, i] for i, name in enumerate(names, 1)})
    if isinstance(run, Recording):
        kept, levels = curves_of(run), len(run.levels)
        return kept.steps, dict(kept.columns), lambda name: describe_column(name, levels, kept.losses)
    try:
        data = run if isinstance(run, bytes) else Path(run).read_bytes()
        only, words = ("meta", "curve_step", "curve_values"), "it is no whole .npz with curves"
        with open_arrays(io.BytesIO(data), "the file", words, UNPACKED_BYTES, only) as stored:
            meta = parse_json(str(stored["meta"]), "meta")
            if meta["format"] != FORMAT:
                raise RecordError(f"it is not a {FORMAT}")
            steps, values, names = stored["curve_step"], stored["curve_values"], [str(name) for name in meta["curves"]]
        if values.shape != (len(steps), len(names)):
            raise RecordError(f"its curves have shape {values.shape}, expected {(len(steps), len(names))}")
    except RecordError as error:
        raise RecordError(f"This file holds no run that can be drawn: {str(error).rstrip('.')}.") from error
    except Exception as error:  # zip, json, numpy and key errors of a damaged file
        raise RecordError(f"This file holds no run that can be drawn ({error}).") from error
    return _of_lab(steps.astype(np.int64), {name: values[:, i] for i, name in enumerate(names)})


def _of_lab(
    steps: np.ndarray, table: dict[str, np.ndarray]
) -> tuple[np.ndarray, dict[str, np.ndarray], Callable[[str], Measure]]:
    levels = sum(name.startswith("perplexity_") for name in table) or 1
    return steps, table, lambda name: describe(name, levels)
