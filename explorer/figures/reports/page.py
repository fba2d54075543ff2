"""The page of a report: one file that needs nothing else and can be sent by mail, its figures drawn by plotly.js.

One copy of plotly.js stands in the file. The only scripts that may run are that copy and `draw.js`, each named by its
hash in the policy; figures travel as data. Without scripts each figure has its words and a table of its numbers.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.tables import rows_of
from explorer.figures.theme import PALETTE, template
from explorer.foundation.words import typeset

if TYPE_CHECKING:
    import plotly.graph_objects as go

NOTHING = "'none'"
ROWS = 40  # of the table below a figure; an even choice of more


@dataclass
class Plots:
    """The figures of a report, in the order in which `place` gave them a host."""

    figures: list[go.Figure] = field(default_factory=list)

    def place(self, figure: go.Figure) -> str:
        """HTML in which a figure (in its light theme) will be drawn: title, host, words and numbers. Escaped."""
        self.figures.append(figure)
        meta = figure.layout.meta
        number, title = len(self.figures) - 1, escape(meta["title"])
        return (
            f'<figure class="drawn"><h4>{title}</h4>'
            f'<div class="plot" data-figure="{number}" role="img" aria-label="{title}. {escape(meta["words"])}"></div>'
            '<noscript><p class="quiet">Scripts are off: the numbers of this figure are below.</p></noscript>'
            f"<figcaption>{escape(meta['words'])}</figcaption>{_numbers(figure)}</figure>"
        )


def report_page(title: str, style: Path, body: str, plots: Plots) -> str:
    """The whole file. title: escaped here; style: the sheet of this kind of report, after `page.css`; body: HTML,
    in which the hosts of `plots` stand."""
    scripts = [_plotly(), Path(__file__).with_name("draw.js").read_text(encoding="utf-8")] if plots.figures else []
    hashes = " ".join(f"'sha256-{b64encode(sha256(one.encode('utf-8')).digest()).decode('ascii')}'" for one in scripts)
    policy = (
        "default-src 'none'; img-src data: blob:; media-src data:; style-src 'unsafe-inline'; "
        f"script-src {hashes or NOTHING}"
    )
    sheets = (Path(__file__).with_name("page.css"), style)
    look = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    data = f'<script type="application/json" id="figures">{_data(plots)}</script>' if scripts else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{escape(title)}</title><style>{look}</style></head><body>{typeset(body)}{data}"
        f"{''.join(f'<script>{one}</script>' for one in scripts)}</body></html>\n"
    )


def _plotly() -> str:
    """plotly.js of the installed package."""
    from plotly.offline import get_plotlyjs  # 5 MB of text, read when a report is written

    return get_plotlyjs()


def _data(plots: Plots) -> str:
    """Figures, templates and palettes as JSON that holds no "<", so that nothing in it ends the element."""
    figures = [json.loads(figure.to_json()) for figure in plots.figures]
    for figure in figures:
        del figure["layout"]["template"]  # the same for all
    content = {
        "figures": figures,
        "templates": _templates(),
        "palette": {name: dict(one) for name, one in PALETTE.items()},
    }
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")


def _templates() -> dict[str, Any]:
    return {theme: {"layout": template(theme).layout.to_plotly_json()} for theme in ("light", "dark")}


def _numbers(figure: go.Figure) -> str:
    """The figure's numbers as a folded table."""
    head, rows = rows_of(figure)
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), ROWS)).round().astype(int))
    cells = "".join(f"<tr>{''.join(f'<td>{escape(_shown(cell))}</td>' for cell in rows[row])}</tr>" for row in chosen)
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    some = f", {len(chosen)} of {len(rows):,} rows" if len(chosen) < len(rows) else ""
    return (
        f"<details><summary>Numbers{some}</summary>"
        f'<div class="scroll"><table><tr>{names}</tr>{cells}</table></div></details>'
    )


def _shown(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if cell.is_integer() else f"{cell:.4g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
