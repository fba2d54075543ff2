"""What a timeline of checkpoints tells, in sentences, as rows for CSV and as plain values for JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from explorer.analysis.opening.table_facts import DEAD
from explorer.analysis.opening.timeline import TableLife, Timeline
from explorer.foundation.words import count_of

LISTED = 24
COLUMNS = ("dead", "perplexity", "dimension", "spread", "moved", "jumped")


def timeline_lines(timeline: Timeline) -> list[str]:
    """What a person reads."""
    steps = [moment.step for moment in timeline.moments]
    named = f"steps {steps[0]:,} to {steps[-1]:,}" if timeline.stepped else "in the order of their names"
    said = [f"{len(timeline.moments):,} checkpoints, {named}.", *timeline.notes]
    if not timeline.lives:
        said.append("No table of codes is in two of them.")
    for life in timeline.lives:
        said += ["", life.key, *[f"  {line}" for line in life_lines(life)]]
    return said


def life_lines(life: TableLife) -> list[str]:
    """A table over its checkpoints: what changed between the first and the last, and where codes jumped."""
    first, last = life.names[0], life.names[-1]
    part = "" if life.read == life.codes else f", of which {life.read:,} at even distances were read"
    lines = [
        f"{count_of(life.codes, 'code')} of {count_of(life.dim, 'dimension')}{part}, in {len(life.steps)} "
        f"checkpoints: {first} to {last}."
    ]
    if np.isfinite(life.dead).sum() > 1:
        known = np.flatnonzero(np.isfinite(life.dead))
        first_dead, last_dead, worst = life.dead[known[0]], life.dead[known[-1]], int(known[life.dead[known].argmax()])
        peak = (
            f", at most {life.dead[worst]:,.0f} ({life.names[worst]})"
            if life.dead[worst] > max(first_dead, last_dead)
            else ""
        )
        flow = life.perplexity[np.isfinite(life.perplexity)]
        lines.append(
            f"Dead by kept counts (below {DEAD:.0%} of the mean): {first_dead:,.0f}, then {last_dead:,.0f} of "
            f"{life.codes:,}{peak}; perplexity of the counts {flow[0]:,.0f}, then "
            f"{flow[-1]:,.0f}, at least {flow.min():,.0f}."
        )
    if np.isfinite(life.dimension).sum() > 1:
        wide = life.dimension[np.isfinite(life.dimension)]
        spread = life.spread[np.isfinite(life.spread)]
        lines.append(
            f"Effective dimension {wide[0]:.1f}, then {wide[-1]:.1f} of {life.dim:,}; spread about the "
            f"mean {spread[0]:.3g}, "
            f"then {spread[-1]:.3g}."
        )
    jumps = [(name, int(n)) for name, n in zip(life.names, life.jumped, strict=True) if np.isfinite(n) and n > 0]
    if jumps:
        named = "; ".join(f"{n:,} of {life.read:,} up to {name}" for name, n in jumps[:LISTED])
        more = f"; and at {len(jumps) - LISTED:,} more" if len(jumps) > LISTED else ""
        lines.append(
            f"Codes that moved farther between two checkpoints than the usual distance to the nearest other, as "
            f"reseeding "
            f"does: {named}{more}."
        )
    elif np.isfinite(life.jumped).any():
        lines.append("No code moved farther between two checkpoints than the usual distance to the nearest other.")
    return lines


def life_rows(life: TableLife) -> list[dict[str, object]]:
    """One row a checkpoint, for JSON and CSV; None where nothing is known."""
    return [
        {"checkpoint": name, "step": int(step)}
        | {
            column: None if np.isnan(getattr(life, column)[at]) else float(getattr(life, column)[at])
            for column in COLUMNS
        }
        for at, (name, step) in enumerate(zip(life.names, life.steps, strict=True))
    ]


def timeline_facts(timeline: Timeline) -> dict[str, object]:
    """All of it as JSON takes it."""
    return {
        "checkpoints": [{"name": m.name, "step": m.step, "step_from": m.said} for m in timeline.moments],
        "notes": list(timeline.notes),
        "tables": [
            {
                "key": life.key,
                "codes": life.codes,
                "dimensions": life.dim,
                "read": life.read,
                "lines": life_lines(life),
                "rows": life_rows(life),
            }
            for life in timeline.lives
        ],
    }


def table_of_lives(lives: Sequence[TableLife]) -> str:
    """CSV, a row a table and checkpoint."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "checkpoint", "step", *COLUMNS))
    for life in lives:
        for row in life_rows(life):
            writer.writerow((life.key, *("" if value is None else value for value in row.values())))
    return text.getvalue()
