"""The levels of a tokenizer beside each other (residual stages, groups, scales): bits, perplexity, codes used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink, plain
from explorer.figures.traces import bars, dots
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.measures.usage import Usage, usage_of_counts

if TYPE_CHECKING:
    import plotly.graph_objects as go

Measure = Literal["entropy_bits", "perplexity", "used"]
_MEASURES = {  # measure: (title, name, unit, words of the ceiling, digits)
    "entropy_bits": ("Bits of each level", "entropy", "bits a token", "log2 of min(K, N)", ".3f"),
    "perplexity": ("Perplexity of each level", "perplexity", "codes", "min(K, N)", ",.1f"),
    "used": ("Codes used on each level", "codes used", "count", "min(K, N)", ",.0f"),
}


def levels(audit: Audit, measure: Measure = "entropy_bits", *, theme: Theme = "light") -> go.Figure:
    """One bar a level (customdata: its number from 0) below the most that its tokens could reach.

    measure: "entropy_bits", "perplexity" or "used". Raises RecordError where nothing was counted.
    """
    if measure not in _MEASURES:
        raise SettingsError(f"There is no measure {str(measure)[:40]!r} of levels: choose {', '.join(_MEASURES)}.")
    numbers = [number for number, level in enumerate(audit.levels) if level.tokens]
    if not numbers:
        raise RecordError(f"No tokens were counted in {audit.title!r}, so there is nothing to draw.")
    title, what, unit, ceiling, digits = _MEASURES[measure]
    known = [usage_of_counts(audit.levels[number].counts) for number in numbers]
    names = [plain(audit.levels[number].name or "codebook") for number in numbers]
    values = np.array([getattr(one, measure) for one in known], np.float64)
    most = np.array([_most(one, measure) for one in known])
    texts = [
        f"{name}: {what} {value:{digits}} of at most {top:{digits}} ({unit})<br>"
        f"{one.tokens:,} tokens, K = {one.codebook_size:,}"
        for name, value, top, one in zip(names, values, most, known, strict=True)
    ]
    colours = ink(theme)
    drawn = [
        bars(names, values, colours["accent"], what, customdata=numbers, hovertext=texts),
        dots(names, most, colours["muted"], f"at most {ceiling}", size=26, symbol="line-ew-open"),
    ]
    words = (
        f"{what.capitalize()} over the tokens counted on each level; the stroke above: {ceiling}, the most that K "
        "codes and N tokens allow."
    )
    if measure == "entropy_bits" and len(names) > 1 and audit.even:
        words += f" The levels' bits add up to {values.sum():.3f} a position, of at most {most.sum():.3f}."
    x, y = named_axis("level (name)", type="category"), named_axis(f"{what} ({unit})", rangemode="tozero")
    return frame_traces("levels", drawn, x, y, theme=theme, title=title, words=words, pick="level")


def _most(one: Usage, measure: str) -> float:
    return float(np.log2(one.ceiling)) if measure == "entropy_bits" else float(one.ceiling)
