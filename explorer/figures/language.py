"""Tokens as a language: rank and frequency with the law that fits, and bits a token by what is known before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.language.statistics import TokenLanguage
from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink, plain
from explorer.figures.traces import bars, dots, line
from explorer.foundation.errors import RecordError
from explorer.foundation.words import MINUS
from explorer.joints.language import PriorFacts
from explorer.joints.measures.language.entropies import PairEntropy
from explorer.joints.measures.language.ranks import HOW

if TYPE_CHECKING:
    import plotly.graph_objects as go

RANKS = 300  # points of the line
# What is known -> name in `PriorFacts.measured`, and of how many tokens it is.
KNOWN = {
    "nothing (log2 K)": ("most", "tokens"),
    "shares of codes": ("unigram", "tokens"),
    "token above": ("above", "tokens_above"),
    "token on the left": ("left", "tokens_left"),
    "all before, by the model": ("prior", "tokens"),
}


def codes_as_words(language: TokenLanguage, *, theme: Theme = "light") -> go.Figure:
    """Tokens of the codes by rank, both axes logarithmic, and the law r^-s that makes them most probable."""
    found, colours = language.ranks, ink(theme)
    seen = len(found.counts)
    at = np.unique(np.geomspace(1, seen, RANKS).round().astype(np.int64)) - 1 if seen > RANKS else np.arange(seen)
    hover = f"rank %{{x:,}} of {seen:,} codes seen<br>%{{y:,}} of {found.tokens:,} tokens"
    fitted = f"r to the power of {-found.exponent:.2f}".replace("-", MINUS)
    drawn = [
        dots(at + 1, found.counts[at], colours["accent"], "codes", hover=hover, size=5),
        line(at + 1, found.fitted()[at], colours["muted"], fitted, dash="dash", width=1.5),
    ]
    words = (
        f"Tokens of each of the {seen:,} codes seen, of {found.codebook_size:,}, over {found.tokens:,} tokens "
        f"({plain(language.named)}). Dashed: the law {HOW}: s = {found.exponent:.2f}. For words of a language s is "
        "about 1; for codes used all alike it is 0."
    )
    x, y = (named_axis(title, type="log") for title in ("rank of the code (1 = most used)", "tokens of a code (count)"))
    return frame_traces("codes_as_words", drawn, x, y, theme=theme, title="Rank and frequency", words=words)


def counted_bits(language: TokenLanguage, *, theme: Theme = "light") -> go.Figure:
    """Bits a token by what is known before it, as counted in one text; grey where there are too few pairs to trust."""
    rows: list[tuple[str, float, str, bool]] = [
        ("nothing (log2 K)", language.most, f"of {language.codebook_size:,} codes all alike", True),
        ("shares of codes", language.unigram, f"of {language.tokens:,} tokens counted", True),
    ]
    beside = {"token above": language.above, "token on the left": language.left, "frame before": language.before}
    rows += [(known, pairs.bits, _of_pairs(pairs), pairs.trusted) for known, pairs in beside.items() if pairs]
    rows.append(("compressed by LZMA", language.packed, f"of {language.tokens:,} tokens counted", True))
    few = [pairs for pairs in beside.values() if pairs and not pairs.trusted]
    words = f"Bits a token as counted over {language.tokens:,} tokens ({plain(language.named)}); at most log2 K."
    if few:
        words += (
            f" Grey: too few pairs, {few[0].pairs:,} for {few[0].possible:,} possible ones, so that the true value is "
            "higher; the compressor cannot be fooled so."
        )
    return _bar_chart("counted_bits", "Bits a token, as counted", rows, words, theme)


def _of_pairs(pairs: PairEntropy) -> str:
    return f"of {pairs.pairs:,} pairs, {pairs.distinct:,} different of {pairs.possible:,} possible"


def held_out_bits(facts: PriorFacts, *, theme: Theme = "light") -> go.Figure:
    """Bits a held-out token by what is known before it, learnt from other pictures, down to all tokens by the model.

    Raises RecordError where nothing was measured."""
    told = {"most": facts.most_bits, **facts.measured}
    if "prior" not in told:
        raise RecordError("Nothing was measured of this language model.")
    rows = [
        (known, told[name], f"of {told[counted]:,.0f} held-out tokens", True)
        for known, (name, counted) in KNOWN.items()
        if name in told
    ]
    rows.sort(key=lambda row: -row[1])
    words = (
        f"Bits a token on {told['pictures']:,.0f} held-out pictures, {told['tokens']:,.0f} tokens; shares and pairs "
        f"were learnt from {int(facts.counts.sum()):,} tokens of other pictures. Each step down is what more memory "
        "tells of the next token."
    )
    return _bar_chart("held_out_bits", "What memory is worth", rows, words, theme)


def _bar_chart(name: str, title: str, rows: list[tuple[str, float, str, bool]], words: str, theme: Theme) -> go.Figure:
    """rows: what is known, bits, of what they are, whether to trust them; the first on top."""
    colours = ink(theme)
    drawn = []
    for sure, colour, legend in ((True, "accent", "counted"), (False, "bar", "too few pairs")):
        mine = [row for row in rows if row[3] == sure][::-1]
        if not mine:
            continue
        texts = [f"{known}: {bits:.2f} bits<br>{of}" for known, bits, of, _ in mine]
        values, names = [bits for _, bits, _, _ in mine], [known for known, _, _, _ in mine]
        look = {"orientation": "h", "hovertext": texts, "textposition": "inside"}
        look["insidetextfont"] = {"color": colours["surface" if sure else "ink"]}
        said = [f"{bits:.2f}" for bits in values]
        drawn.append(bars(values, names, colours[colour], legend, text=said, insidetextanchor="end", **look))
    order = [row[0] for row in rows][::-1]
    x = named_axis("information (bits a token)", rangemode="tozero")
    y = named_axis("what is known before (in words)", categoryorder="array", categoryarray=order)
    return frame_traces(name, drawn, x, y, theme=theme, title=title, words=words, bargap=0.25)
