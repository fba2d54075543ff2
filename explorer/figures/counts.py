"""How often each code was taken: by its number, and by its rank.

The numbers are those of the audit (`LevelAudit.counts`, `usage_of_counts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.figures.frame import counted_level, frame_traces, heading_of, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import bars, line
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.usage import rank_order, usage_of_counts

if TYPE_CHECKING:
    import plotly.graph_objects as go

BARS = 1024  # of a larger codebook several codes share a bar
RANKS = 400  # points of the rank-frequency line
CODES_PICKED = 2**16  # of a larger codebook a bar names its first and last code only


def usage(audit: Audit, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Tokens of each code, codes 0 to K - 1 in order of their number on a linear axis; below, those without a token.

    Of more than BARS codes each bar is the sum of several; customdata: the code, or the list of codes of a bar (of
    more than CODES_PICKED codes, the first and the last).
    """
    counted, colours = counted_level(audit, level), ink(theme)
    known, size = usage_of_counts(counted.counts), counted.codebook_size
    wide = -(-size // BARS)
    starts = np.arange(0, size, wide)
    ends = np.minimum(starts + wide, size)
    tokens = np.add.reduceat(counted.counts, starts)
    empty = np.add.reduceat((counted.counts == 0).astype(np.int64), starts)
    common = {"width": ends - starts, "customdata": _codes_of(starts, ends, wide), "showlegend": False}
    place, without = (starts + ends - 1) / 2, size - known.used
    upper = named_axis(
        "tokens of a code (count)" if wide == 1 else f"tokens of {wide} codes (count)", rangemode="tozero"
    )
    layout: dict[str, Any] = {"bargap": 0}
    drawn = [
        bars(place, tokens, colours["accent"], "tokens", **common, **_hover(counted, starts, ends, tokens, empty, wide))
    ]
    if without:
        texts = [
            f"{_named(a, b)}: {n:,} of {b - a:,} without a token" for a, b, n in zip(starts, ends, empty, strict=True)
        ]
        drawn.append(bars(place, empty, colours["danger"], "unused codes", yaxis="y2", hovertext=texts, **common))
        upper["domain"] = [0.2, 1]
        layout["yaxis2"] = named_axis("unused", domain=[0, 0.12], showticklabels=False, ticks="", range=[wide, 0])
    words = (
        f"{known.used:,} of {size:,} codes have a token, of {known.tokens:,} tokens counted; at most {known.ceiling:,} "
        f"could, min(K, N). {'Each bar is a code.' if wide == 1 else f'Each bar is the sum of {wide} codes.'}"
        + (f" Below, the {count_of(without, 'code')} without a token." if without else "")
    )
    x = named_axis("code (number, from 0)", range=[-0.5, size - 0.5], anchor="y2" if without else "y")
    title, pick = heading_of("Usage of each code", audit, level), "code" if wide == 1 else "codes"
    return frame_traces(
        "usage", drawn, x, upper, theme=theme, level=level, pick=pick, title=title, words=words, **layout
    )


def rank_frequency(audit: Audit, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Tokens of the codes in use from the most to the least used, both axes logarithmic; dashed: N/K each.

    At most RANKS codes are points of the line; customdata: the code.
    """
    counted, colours = counted_level(audit, level), ink(theme)
    known, size = usage_of_counts(counted.counts), counted.codebook_size
    order = rank_order(counted.counts)[: known.used]
    at = np.unique(np.geomspace(1, known.used, min(known.used, RANKS)).round().astype(np.int64)) - 1
    fair, none = known.tokens / size, size - known.used
    hover = f"code %{{customdata}}, rank %{{x:,}} of {known.used:,} used<br>%{{y:,}} of {known.tokens:,} tokens"
    look = {"mode": "lines+markers", "marker": {"size": 4, "color": colours["accent"]}}
    drawn = [
        line(
            at + 1,
            counted.counts[order[at]],
            colours["accent"],
            "codes in use",
            hover=hover,
            customdata=order[at],
            **look,
        ),
        line([1, size], [fair, fair], colours["muted"], f"all alike, N/K = {fair:,.1f}", dash="dash", width=1.5),
    ]
    words = (
        f"Tokens of each of the {known.used:,} used codes of {size:,}, from the most to the least used, of "
        f"{known.tokens:,} tokens. Dashed: all alike, N/K = {fair:,.1f}."
        + (f" Shaded: the {count_of(none, 'code')} without a token, not on a logarithmic axis." if none else "")
        + (f" {len(at):,} ranks are drawn, dense where codes are used most." if len(at) < known.used else "")
    )
    ends = {"x0": known.used + 0.5, "x1": size * 1.07, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    shaded = {"type": "rect", "fillcolor": colours["line"], "line": {"width": 0}, "opacity": 0.6, **ends}
    reach = [-0.03, float(np.log10(max(size, 2))) + 0.03]
    x, y = named_axis("rank of the code (1 = most used)", type="log", range=reach), "tokens of a code (count)"
    title, shapes = heading_of("Rank and frequency", audit, level), [shaded] if none else []
    return frame_traces(
        *("rank_frequency", drawn, x, named_axis(y, type="log")),
        **{"theme": theme, "level": level, "pick": "code", "title": title, "words": words, "shapes": shapes},
    )


def _codes_of(starts: np.ndarray, ends: np.ndarray, wide: int) -> Any:
    if wide == 1:
        return starts
    if ends[-1] > CODES_PICKED:
        return [[int(a), int(b) - 1] for a, b in zip(starts, ends, strict=True)]
    return [list(range(a, b)) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


def _named(first: int, end: int) -> str:
    return f"code {first:,}" if end - first == 1 else f"codes {first:,} to {end - 1:,}"


def _hover(
    counted: LevelAudit, starts: np.ndarray, ends: np.ndarray, tokens: np.ndarray, empty: np.ndarray, wide: int
) -> dict[str, Any]:
    of = f"of {counted.tokens:,} tokens"
    if wide == 1:
        return {"hover": f"code %{{customdata}}<br>%{{y:,}} {of}"}
    rows = zip(starts, ends, tokens, empty, strict=True)
    texts = [f"{_named(a, b)}<br>{n:,} {of}<br>{b - a - none:,} of {b - a:,} codes used" for a, b, n, none in rows]
    return {"hovertext": texts}
