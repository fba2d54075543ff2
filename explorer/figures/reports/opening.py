"""The report of an opened checkpoint, or of a timeline of them: one HTML file that needs nothing else.

Names of files and of tensors are a stranger's and are escaped wherever they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.analysis.opening.file import OpenFile
from explorer.analysis.opening.life_words import life_lines, timeline_lines
from explorer.analysis.opening.timeline import Timeline
from explorer.analysis.opening.words import name_of, rule_line, summary, table_lines, wanting
from explorer.figures.checkpoint import opened_codes, opened_lengths, table_life
from explorer.figures.reports.page import Plots, report_page
from explorer.foundation.errors import RecordError

if TYPE_CHECKING:
    import plotly.graph_objects as go

STYLE = Path(__file__).with_name("audit.css")
DRAWN = 16  # tables with pictures; all of them have their sentences


def opened_report(found: OpenFile) -> str:
    """The report as text of an HTML file."""
    plots, name = Plots(), found.header.path.name
    head = found.problem or f"{name} is {found.format}."
    body = [
        f"<h1>{escape(name)}</h1>",
        *_paragraphs([head, *found.header.notes, summary(found), *map(rule_line, found.rules)]),
    ]
    for number, table in enumerate(found.tables):
        body += [f"<h2>{escape(name_of(table))}</h2>", *_paragraphs(table_lines(table))]
        if number < DRAWN and table.facts is not None:
            body += [
                _drawn(plots, lambda draw, table=table: draw(table), draw) for draw in (opened_codes, opened_lengths)
            ]
    if len(found.tables) > DRAWN:
        body += _paragraphs([f"Pictures are of the first {DRAWN} tables."])
    body += _paragraphs([more] if (more := wanting(found)) else [])
    return report_page(f"Opened: {name}", STYLE, "".join(body), plots)


def timeline_report(timeline: Timeline) -> str:
    """The report as text of an HTML file."""
    plots = Plots()
    said = timeline_lines(timeline)[: 1 + len(timeline.notes)]
    body = ["<h1>Checkpoints of one run</h1>", *_paragraphs(said)]
    for life in timeline.lives:
        body += [f"<h2>{escape(life.key)}</h2>", *_paragraphs(life_lines(life))]
        body.append(_drawn(plots, lambda draw, life=life: draw(life), table_life))
    return report_page("Checkpoints of one run", STYLE, "".join(body), plots)


def _paragraphs(lines: Iterable[str]) -> list[str]:
    return [f"<p>{escape(line)}</p>" for line in lines]


def _drawn(plots: Plots, on: Callable[[Callable[..., go.Figure]], go.Figure], draw: Callable[..., go.Figure]) -> str:
    """The host of a figure, or why there is none."""
    try:
        return plots.place(on(draw))
    except RecordError as error:
        return f"<p>{escape(str(error))}</p>"
