"""Is enough counted? Growth of usage, two halves of the media, and each medium by itself.

The numbers are those of `analysis/codes/growth.py`, `analysis/codes/agreement.py` and the audit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from explorer.analysis.codes.agreement import Agreement, agreement, chance_band
from explorer.analysis.codes.growth import forecast_of
from explorer.figures.frame import counted_level, frame_traces, heading_of, named_axis
from explorer.figures.theme import Theme, ink, plain
from explorer.figures.traces import TEXTS, dots, line
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.usage import usage_of_counts

if TYPE_CHECKING:
    import plotly.graph_objects as go

DOTS = 4000  # codes of the two halves that are drawn
FAR = 2.5  # times the codes used: a ceiling further above than that would press the curve to the ground
EARLY = 0.9  # share of the codes found in the first tenth of the tokens from which the axis is logarithmic
ZERO = 0.5  # where a count of 0 stands on a logarithmic axis
Measure = Literal["perplexity", "used"]
_MEASURES = {"perplexity": ("perplexity", "perplexity (codes)"), "used": ("codes used", "codes used (count)")}


def growth(audit: Audit, level: int = 0, *, log: bool | None = None, theme: Theme = "light") -> go.Figure:
    """Codes used against tokens counted, beside the ceiling min(K, N) (dashed) and the estimate (dotted).

    log: whether the axis of tokens is logarithmic; None: it is where nearly all codes were found early.
    """
    counted, colours = counted_level(audit, level), ink(theme)
    size, (tokens, used) = counted.codebook_size, counted.growth.T
    ahead = forecast_of(counted)
    end = float(max(counted.tokens, ahead.until if ahead else 0))
    log = _early(tokens, used) if log is None else log
    at = np.geomspace(1, max(end, 2), 80) if log else np.unique(np.append(np.linspace(0, end, 20), min(size, end)))
    of = f"<br>%{{y:,.0f}} of {size:,} codes"
    most_hover = f"of %{{x:,.0f}} tokens at most{of}"
    ceiling = {"dash": "dash", "width": 1.5, "hover": most_hover}
    drawn = [
        line(
            *(tokens, used, colours["accent"], "counted"),
            **{"hover": f"after %{{x:,}} of {counted.tokens:,} tokens{of} used", "width": 2.5},
        ),
        line(at, np.minimum(at, size), colours["muted"], "ceiling min(K, N)", **ceiling),
    ]
    words = "Full line: codes used after so many tokens. Dashed: the ceiling min(K, N), the most that they can use."
    most = float(used.max())
    if ahead is not None:
        estimate = {"dash": "dot", "width": 2.5, "hover": f"estimate, not counted: after %{{x:,}} tokens{of}"}
        drawn.append(line(ahead.tokens, ahead.used, colours["accent"], "estimated", **estimate))
        words += f" Dotted: estimated. {ahead.words}"
        most = max(most, float(ahead.used.max()))
    top = size * 1.08 if size <= FAR * most else most * 1.15
    x = named_axis("tokens counted (count)", type="log" if log else "linear", rangemode="normal" if log else "tozero")
    y, title = named_axis("codes used (count)", range=[0, top]), heading_of("Usage while counting", audit, level)
    return frame_traces("growth", drawn, x, y, theme=theme, level=level, title=title, words=words)


def halves(audit: Audit, level: int = 0, *, theme: Theme = "light") -> go.Figure:
    """Tokens of each code in media of even and of odd number, one dot a code (customdata), about the band of chance.

    Raises RecordError where one half is empty.
    """
    counted, colours = counted_level(audit, level), ink(theme)
    known = agreement(counted.halves)
    if known is None:
        raise RecordError("One of the two halves is empty: count at least two media to compare halves.")
    seen = np.flatnonzero(counted.counts)
    every = max(1, -(-len(seen) // DOTS))
    codes, most = seen[::every], max(2, int(counted.halves.max()))
    sample = f" One code in {every} is drawn." if every > 1 else ""
    words = (
        f"One dot a code. {known.words} Grey: two standard deviations about an equal share of its tokens; "
        f"{known.outside:,} of {len(seen):,} codes lie outside, about {known.outside_chance:,.1f} would if the same "
        f"tokens were dealt at random. Codes without a token in one half stand at its edge.{sample}"
    )
    axis = {"type": "log", "range": [float(np.log10(ZERO)) - 0.06, float(np.log10(1.3 * most))], "dtick": 1}
    x = named_axis(f"tokens in even media (of {known.tokens[0]:,})", **axis)
    y = named_axis(f"tokens in odd media (of {known.tokens[1]:,})", **axis)
    drawn = [*_chance(known, most, colours), *_halves_dots(counted, codes, known, colours["accent"])]
    title = heading_of("Do two halves agree?", audit, level)
    return frame_traces("halves", drawn, x, y, theme=theme, level=level, pick="code", title=title, words=words)


def single_media(audit: Audit, level: int = 0, measure: Measure = "perplexity", *, theme: Theme = "light") -> go.Figure:
    """What each medium by itself would say of the codebook, beside all together and the ceiling min(K, N).

    measure: "perplexity" or "used". customdata: number of the medium, where all of them were kept.
    """
    if measure not in _MEASURES:
        raise SettingsError(f"There is no measure {str(measure)[:40]!r} of media: choose {' or '.join(_MEASURES)}.")
    counted, colours = counted_level(audit, level), ink(theme)
    if not len(counted.batches):
        raise RecordError("Nothing was kept of single media in this audit.")
    known, size = usage_of_counts(counted.counts), counted.codebook_size
    tokens, used, perplexity = counted.batches.T
    values, whole = (used, known.used) if measure == "used" else (perplexity, known.perplexity)
    told, numbers = _media(audit, counted)
    digits, (name, axis) = ",.0f" if measure == "used" else ",.1f", _MEASURES[measure]
    rows = zip(told, tokens, values, strict=True)
    texts = [f"{who}<br>{name} {v:{digits}} of at most {min(n, size):,.0f}<br>{n:,.0f} tokens" for who, n, v in rows]
    together = f"all together<br>{name} {whole:{digits}} of at most {known.ceiling:,}<br>{known.tokens:,} tokens"
    own = {"hovertext": texts, "hover": TEXTS, "customdata": numbers, "opacity": 0.3 if len(tokens) > 400 else 0.55}
    at = np.geomspace(max(1.0, tokens.min() / 2), 2 * max(known.tokens, 2), 60)
    drawn = [
        dots(tokens, values, colours["muted"], "one medium", **own),
        dots([known.tokens], [whole], colours["accent"], "all media", hover=together, size=13, symbol="diamond"),
        line(at, np.minimum(at, size), colours["muted"], "at most min(K, N)", dash="dash", width=1.5),
    ]
    words = (
        f"Each dot is one of {len(tokens):,} media by itself (median: {np.median(tokens):,.0f} tokens, {name} "
        f"{np.median(values):{digits}}); the diamond all {known.tokens:,} tokens together: {whole:{digits}}, of at "
        f"most {known.ceiling:,}, min(K, N) (dashed). A batch of few tokens shows fewer codes than the codebook uses."
    )
    x, y = named_axis("tokens counted (count)", type="log"), named_axis(axis, type="log")
    title, pick = heading_of("Each medium by itself", audit, level), "medium" if numbers is not None else None
    return frame_traces("single_media", drawn, x, y, theme=theme, level=level, pick=pick, title=title, words=words)


def _early(tokens: np.ndarray, used: np.ndarray) -> bool:
    """Whether nearly all codes were found in the first tenth of the tokens: a linear axis would show a corner."""
    return len(tokens) > 1 and bool(used[np.abs(tokens - tokens[-1] / 10).argmin()] >= EARLY * used[-1])


def _chance(known: Agreement, most: int, colours: Any) -> list[go.Scatter]:
    """The band about an equal share of a code's tokens, and its middle."""
    share = known.tokens[1] / sum(known.tokens)
    both = np.geomspace(ZERO, 4 * most, 80)
    low, high = chance_band(both, share)
    x, y = np.concatenate([both - low, (both - high)[::-1]]), np.concatenate([low, high[::-1]])
    band = {"fill": "toself", "fillcolor": colours["line"], "width": 0}
    return [
        line(np.maximum(x, ZERO), np.maximum(y, ZERO), colours["line"], "two deviations by chance", **band),
        line(both * (1 - share), both * share, colours["muted"], "equal share", dash="dash", width=1),
    ]


def _halves_dots(counted: LevelAudit, codes: np.ndarray, known: Agreement, colour: str) -> list[go.Scatter]:
    """Codes of both halves, and those of one only, which stand at the edge and say 0."""
    first, second = counted.halves[0, codes], counted.halves[1, codes]
    opacity = 0.35 if len(codes) > 1500 else 0.6
    groups = (
        ((first > 0) & (second > 0), "codes", "circle"),
        (second == 0, "only in even media", "triangle-down"),
        (first == 0, "only in odd media", "triangle-left"),
    )
    drawn = []
    for chosen, name, symbol in groups:
        if chosen.any():
            x, y = first[chosen], second[chosen]
            even, odd = "%{x:,}" if x.any() else "0", "%{y:,}" if y.any() else "0"
            hover = f"code %{{customdata}}<br>{even} of {known.tokens[0]:,} tokens in even media<br>"
            look = {"hover": f"{hover}{odd} of {known.tokens[1]:,} in odd media", "size": 5, "opacity": opacity}
            x, y = np.maximum(x, ZERO), np.maximum(y, ZERO)
            drawn.append(dots(x, y, colour, name, symbol=symbol, customdata=codes[chosen], **look))
    return drawn


def _media(audit: Audit, counted: LevelAudit) -> tuple[list[str], np.ndarray | None]:
    """(what to call each row of batches, its number in `Audit.media`); no numbers where rows were thinned out."""
    count = len(counted.batches)
    if count == len(audit.media) and count == counted.media:
        return [plain(name) for name in audit.media], np.arange(count)
    return ["one medium"] * count, None
