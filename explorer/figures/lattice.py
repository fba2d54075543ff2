"""The axes of codes that follow a rule: bits of LFQ and BSQ, values of FSQ.

The numbers are those of `analysis/codes/bits.py`, over the tokens of an audit. Axes and bits count from 1 on screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.codebook.geometry import audited_level
from explorer.analysis.codes.bits import axis_usage, bit_usage
from explorer.figures.frame import frame_traces, heading_of, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import bars, cells
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook, LatticeRule

if TYPE_CHECKING:
    import plotly.graph_objects as go


FEW = 32  # values of an axis that are all numbered


def bits(audit: Audit, codebook: Codebook | None, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """How evenly the axes are used. Sign codes: the share of tokens whose bit is 1, fair at 0.5, with the entropy of
    each; FSQ: the share of tokens at each value of each axis. customdata: number of the bit or axis, from 0.

    Raises RecordError for a codebook without a rule, or without any token.
    """
    counted, rule = ruled_level(audit, codebook, level)
    if set(rule.levels) == {2}:
        return _sign_bits(audit, counted, rule, level, theme)
    return _axis_values(audit, counted, rule, level, theme)


def bit_correlation(audit: Audit, codebook: Codebook | None, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Which bits of a sign code go together: Pearson's correlation over tokens; empty where a bit never changes.

    customdata: [bit, other bit] from 0. Raises RecordError for codes that are not bits.
    """
    counted, rule = ruled_level(audit, codebook, level)
    known = bit_usage(rule, counted.counts)
    count = len(known.ones)
    names = np.arange(1, count + 1)
    hover = f"bits %{{y}} and %{{x}} of {count}<br>correlation %{{z:.3f}} over {known.tokens:,} tokens"
    look = {"zmin": -1, "zmax": 1, "xgap": 1, "ygap": 1, "hoverongaps": False}
    pairs = np.moveaxis(np.indices((count, count)), 0, -1)
    title = "correlation (-1 to 1)"
    drawn = cells(names, names, known.correlation, title, hover=hover, scale="diverging", customdata=pairs, **look)
    words = (
        f"Correlation of each bit with each other over {known.tokens:,} tokens: a bit that follows another adds "
        "nothing of its own. Empty: one of the two never changes."
    )
    x = named_axis("bit (1 = first)", constrain="domain")
    y = named_axis("bit (1 = first)", autorange="reversed", scaleanchor="x", constrain="domain")
    title = heading_of("Which bits go together", audit, level)
    return frame_traces(
        "bit_correlation", [drawn], x, y, theme=theme, level=level, title=title, words=words, pick="bit"
    )


def ruled_level(audit: Audit, codebook: Codebook | None, level: int) -> tuple[LevelAudit, LatticeRule]:
    """The audited level and the rule of its codes. Raises RecordError where they are learned vectors, or unknown."""
    counted = audited_level(audit, level, codebook, "use of bits or axes")
    if codebook is None or codebook.rule is None:
        raise RecordError("The codes of this level are learned vectors: they have no bits or axes of a rule.")
    return counted, codebook.rule


def _sign_bits(audit: Audit, counted: LevelAudit, rule: LatticeRule, level: int, theme: Theme) -> go.Figure:
    known, colours = bit_usage(rule, counted.counts), ink(theme)
    count = len(known.ones)
    texts = [
        f"bit {bit} of {count}: 1 in {ones:.1%} of {known.tokens:,} tokens<br>entropy {entropy:.3f} of at most 1 bit"
        for bit, (ones, entropy) in enumerate(zip(known.ones, known.entropy_bits, strict=True), 1)
    ]
    number = np.arange(count)
    drawn = bars(number + 1, known.ones, colours["accent"], "share of ones", customdata=number, hovertext=texts)
    fair = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 0.5, "y1": 0.5}
    fair |= {"line": {"color": colours["muted"], "width": 1.5, "dash": "dash"}}
    words = (
        f"Share of {known.tokens:,} tokens whose bit is 1; a fair bit has 0.5, the dashed line. The {count} bits alone "
        f"have {known.entropy_bits.sum():.3f} bits of entropy together, of at most {count}."
    )
    x = named_axis("bit (1 = first)", dtick=1 if count <= 24 else None)
    y = named_axis("tokens whose bit is 1 (share, 0 to 1)", range=[0, 1])
    said = {"title": heading_of("Balance of the bits", audit, level), "words": words}
    return frame_traces("bits", [drawn], x, y, theme=theme, level=level, pick="bit", shapes=[fair], **said)


def _axis_values(audit: Audit, counted: LevelAudit, rule: LatticeRule, level: int, theme: Theme) -> go.Figure:
    shares = axis_usage(rule, counted.counts)
    count, most = len(shares), max(map(len, shares))
    table = np.full((most, count), np.nan)
    for axis, share in enumerate(shares):
        table[: len(share), axis] = share
    number = np.broadcast_to(np.arange(count), table.shape)
    hover = f"axis %{{x}} of {count}, value %{{y}}<br>%{{z:.1%}} of {counted.tokens:,} tokens"
    look = {
        "customdata": number,
        "zmin": 0,
        "zmax": float(np.nanmax(table)),
        "xgap": 2,
        "ygap": 1 if most <= FEW else 0,
        "hoverongaps": False,
    }
    x, y = np.arange(1, count + 1), np.arange(1, most + 1)
    drawn = cells(x, y, table, "tokens (share, 0 to 1)", hover=hover, **look)
    words = (
        f"Share of {counted.tokens:,} tokens at each value of each axis ({' x '.join(map(str, rule.levels))} values, "
        f"{counted.codebook_size:,} codes). An axis that keeps to one value leaves its other values unused."
    )
    axes = named_axis("axis (1 = first)", dtick=1), named_axis("value (1 = lowest)", dtick=1 if most <= FEW else None)
    said = {"title": heading_of("Use of the axes", audit, level), "words": words}
    return frame_traces("bits", [drawn], *axes, theme=theme, level=level, pick="axis", **said)
