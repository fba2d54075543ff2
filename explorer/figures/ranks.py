"""Usage in rank order of one record: what a single picture, sound or clip takes of a codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import bars, line
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.measures.usage import LEAST_TOKENS, in_use, rank_order, training_usage
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenLevel, TokenRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

BARS = 1024  # of more codes in use, one line of steps: as many bars would be slow and narrower than a pixel
GAP_FROM = 160  # codes on the axis above which bars touch
Counts = Literal["here", "training"]
Codes = Literal["all", "used"]
_NOUNS = {"image": "picture", "audio": "sound", "video": "clip", "series": "series", "vectors": "table"}


def usage_by_rank(
    record: TokenRecord,
    level: int = 0,
    counts: Counts = "here",
    codes: Codes = "all",
    log: bool = False,
    *,
    theme: Theme = "light",
) -> go.Figure:
    """Tokens of each code from the most to the least used, on a linear axis of codes; customdata: the code.

    counts: of the record's own tokens, or what the checkpoint kept of its training. codes: all K on the axis, the
    unused ones shaded behind the used, or the used alone. log: of the axis of tokens.
    Raises RecordError for a level that is not there or counts that were not kept, SettingsError for another choice.
    """
    if counts not in ("here", "training") or codes not in ("all", "used"):
        raise SettingsError("Usage by rank is drawn of the counts here or training, over all codes or the used ones.")
    if not 0 <= level < len(record.levels):
        raise RecordError(f"level {level} is outside 0..{len(record.levels) - 1}")
    tokens, said = _counts(record, record.levels[level], counts)
    size, total, colours = len(tokens), float(tokens.sum()), ink(theme)
    order = rank_order(tokens)[: int(np.count_nonzero(in_use(tokens)))]
    used, unused = len(order), size - len(order)
    shown = size if codes == "all" else max(used, 1)
    drawn = _drawn(tokens, order, total, shown, colours["bar"])
    least = "without a token" if counts == "here" else f"with less than {LEAST_TOKENS} token of these"
    words = f"{said} {used:,} of {size:,} codes in use, from the most to the least used; {unused:,} {least}."
    axis = f"rank of the code (1 = most used), {f'all {size:,}' if codes == 'all' else f'the {used:,} used'}"
    x = named_axis(axis, range=[0.5, shown + 0.5])
    y = named_axis(f"tokens of a code{'' if counts == 'here' else ', in training'} (count)", **_scale(tokens, log))
    several = f", {part_noun(record.combination)} {level + 1}" if len(record.levels) > 1 else ""
    look = {"hovermode": "x", "bargap": 0.12 if shown <= GAP_FROM else 0, **_shaded(used, shown, colours)}
    about = {"title": f"Usage by rank{several}", "words": words, "pick": "code", "level": level}
    return frame_traces("usage_by_rank", drawn, x, y, theme=theme, **about, **look)


def _counts(record: TokenRecord, level: TokenLevel, counts: Counts) -> tuple[np.ndarray, str]:
    """Tokens of each code (K,), and whose they are, in words."""
    size = level.codebook.codebook_size
    if counts == "here":
        found = np.bincount(level.indices.reshape(-1), minlength=size)
        return found, f"{found.sum():,} tokens of this {_NOUNS.get(record.modality, 'medium')}."
    kept = training_usage(level.codebook)
    if kept is None:
        raise RecordError("This checkpoint kept no counts of its training.")
    return kept.tokens, f"What the checkpoint kept: {kept.words}."


def _drawn(tokens: np.ndarray, order: np.ndarray, total: float, shown: int, colour: str) -> list[Any]:
    """Bars, or one line of steps over the same places."""
    used = len(order)
    if not used:
        return [line([], [], colour, "codes in use")]
    heights = tokens[order]
    standing = np.searchsorted(-heights, -heights, side="left") + 1  # codes used alike share a rank
    digits = "," if np.issubdtype(heights.dtype, np.integer) else ",.4~g"
    hover = f"code %{{customdata}}, rank %{{text}} of {used:,} used<br>%{{y:{digits}}} of {total:,.0f} tokens"
    own = {"customdata": order, "text": [f"{rank:,}" for rank in standing], "hover": hover, "showlegend": False}
    places = np.arange(1, used + 1)
    if used <= BARS:
        return [bars(places, heights, colour, "codes in use", textposition="none", **own)]
    steps = {"line": {"color": colour, "width": 1, "shape": "hvh"}, "fill": "tozeroy", "fillcolor": colour}
    return [line(places, heights, colour, "codes in use", **own, **steps)]


def _scale(tokens: np.ndarray, log: bool) -> dict[str, Any]:
    """The axis of tokens: on a logarithmic one, a code of one token still stands above the ground."""
    if not log:
        return {"rangemode": "tozero"}
    top = max(float(tokens.max()), 2.0)
    return {"type": "log", "range": [float(np.log10(LEAST_TOKENS / 2)), float(np.log10(1.15 * top))], "dtick": 1}


def _shaded(used: int, shown: int, colours: Any) -> dict[str, Any]:
    """The share of the axis that unused codes take, and how many they are."""
    if used >= shown:
        return {}
    box = {"type": "rect", "x0": used + 0.5, "x1": shown + 0.5, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    words = {"text": f"{shown - used:,} unused", "x": shown + 0.5, "xanchor": "right", "showarrow": False}
    words |= {"y": 1, "yref": "paper", "yanchor": "top", "font": {"color": colours["muted"], "size": 11}}
    return {
        "shapes": [{**box, "fillcolor": colours["line"], "line": {"width": 0}, "opacity": 0.6}],
        "annotations": [words],
    }
