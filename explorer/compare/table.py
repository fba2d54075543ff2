"""The table of a comparison: one row a tokenizer, mean and spread over the media, and what is marked as best.

Means are over the media that went through every tokenizer, so that two rows never speak of different pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.compare.columns import Column, columns_of
from explorer.compare.differences import LEVEL
from explorer.compare.kinds import Kind
from explorer.compare.result import Comparison, MediumFigures
from explorer.compare.spread import Row, Value, quartiles, spread
from explorer.compare.stars import SAME_RATE, stars
from explorer.joints.tokenizer import TokenizerSpec


@dataclass(frozen=True)
class Table:
    """best: key of a column -> ids of its marked rows, see `stars`. media: means are over. sizes: of these, in words.

    pooled_rate: tokenizer id -> bits a pixel (kbit/s) at the entropy of the code histogram of all media together.
    """

    rows: tuple[Row, ...]
    best: dict[str, tuple[str, ...]]
    media: int
    sizes: str
    pooled_rate: dict[str, float]
    kind: Kind


def make_table(comparison: Comparison) -> Table:
    """The rows in the order of the tokenizers, those that gave nothing left out."""
    shared, columns = comparison.shared, columns_of(comparison.kind)
    rows = tuple(
        Row(spec.id, spec.title, {column.key: _value(column, spec, shared) for column in columns})
        for spec in comparison.working
    )
    found = {column.key: stars(column, rows, rate_key(comparison.kind), shared) for column in columns}
    pooled = {row.tokenizer_id: pooled_rate(shared, row.tokenizer_id) for row in rows} if shared else {}
    best = {key: ids for key, ids in found.items() if ids}
    return Table(rows, best, len(shared), size_words(shared, comparison.kind), pooled, comparison.kind)


def rate_key(kind: Kind) -> str:
    """The column of what is spent."""
    return f"{kind.rate_key}_uniform"


def size_words(media: Sequence[MediumFigures], kind: Kind) -> str:
    """What the figures are over: "1 picture of 512 x 384 px", "3 sounds of 1.00 to 3.50 s at 16,000 Hz"."""
    if not media:
        return ""
    some = kind.some(len(media))
    words = list(dict.fromkeys(medium.words for medium in media))
    if len(words) == 1:
        return f"{some}{' each' if len(media) > 1 else ''} of {words[0]}"
    ends = [min(media, key=lambda medium: medium.extent), max(media, key=lambda medium: medium.extent)]
    return f"{some} from {ends[0].words} to {ends[1].words}"


def star_words(table: Table) -> str:
    """What a star says, in one or two sentences."""
    noun, nouns, one = table.kind.noun, table.kind.nouns, table.media < 2
    told = (
        f"as it shows, over this {noun} alone"
        if one
        else f"where the {LEVEL:.0%} interval of the paired difference to each of the others leaves 0 out (Student's t "
        f"over the {nouns})"
    )
    return (
        f"★ best of those that spend as many bits (within {SAME_RATE:.0%}), {told}; of times the fastest, where its "
        "quartiles overlap no other's. Bits have no star: fewer are no merit of their own."
    )


def spread_words(table: Table) -> str:
    """What stands behind the ± of a mean: how much the media differ, not how sure the mean is."""
    kind = table.kind
    if table.media < 2:
        return ""
    return (
        f"Mean ± standard deviation (SD, of a sample: n - 1) over the {kind.some(table.media)} that every tokenizer "
        f"could do: how much {kind.nouns} differ from each other, not how sure the mean is."
    )


def interval_words(table: Table) -> str:
    """What stands behind the ± of a difference, and what bold means."""
    kind = table.kind
    if table.media < 2:
        return (
            f"Over one {kind.noun} a difference has no interval; times have one of {LEVEL:.0%} (Student's t over the "
            f"rounds). {_MEANS} Bold: the interval leaves 0 out."
        )
    return (
        f"Mean of the differences on the same {kind.some(table.media)} ± half the width of its {LEVEL:.0%} confidence "
        f"interval: how sure the mean is, not how much {kind.nouns} differ (Student's t over the {kind.nouns}; of "
        f"times over the rounds). {_MEANS} Bold: the interval leaves 0 out."
    )


_MEANS = "Of times it is the mean difference, not the difference of the medians above."


def equal_bits_words(table: Table) -> str:
    """A warning where the tokenizers do not spend the same bits, "" where they do."""
    there = [rate for row in table.rows if (rate := row.number(rate_key(table.kind))) is not None]
    if len({round(rate, 3) for rate in there}) < 2:
        return ""
    return (
        f"These tokenizers spend from {min(there):.3f} to {max(there):.3f} {table.kind.rate_unit}: more bits usually "
        f"make a better {table.kind.noun}{_exception(table)}, so read the figures together with the curves below."
    )


def _exception(table: Table) -> str:
    """The two rows, if any, of which the one with fewer bits does better by most, in the first figure of quality that
    is marked."""
    column = next((one for one in columns_of(table.kind) if one.starred and one.group == "quality"), None)
    if column is None:
        return ""
    sign = -1 if column.better == "low" else 1
    rated = [(row, row.number(rate_key(table.kind)), row.number(column.key)) for row in table.rows]
    known = [
        (row, round(rate, 3), value) for row, rate, value in rated if None not in (rate, value) and np.isfinite(value)
    ]
    found = [
        (sign * (less_value - value), less, less_rate, less_value, more, rate, value)
        for less, less_rate, less_value in known
        for more, rate, value in known
        if less_rate < rate and sign * less_value > sign * value
    ]
    if not found:
        return ""
    _, less, less_rate, less_value, more, rate, value = max(found, key=lambda one: one[0])
    unit, digits = f" {column.unit}" if column.unit else "", column.digits
    return (
        f" (not always: {column.title} {less_value:.{digits}f}{unit} of {less.title} at {less_rate:.3f}, "
        f"{value:.{digits}f}{unit} of {more.title} at {rate:.3f})"
    )


def pooled_rate(media: Sequence[MediumFigures], tokenizer_id: str) -> float:
    """`pooled_bits` over all that the tokens stand for."""
    extent = sum(medium.cell(tokenizer_id).extent or medium.extent for medium in media)
    return pooled_bits(media, tokenizer_id) / extent if extent else 0.0


def pooled_bits(media: Sequence[MediumFigures], tokenizer_id: str) -> float:
    """Bits of all tokens of `media` at the entropy of their histogram together, level by level."""
    total = 0.0
    of_levels = zip(*(medium.cell(tokenizer_id).histograms for medium in media), strict=True)
    for parts in of_levels:
        codes = np.concatenate([codes for codes, _ in parts])
        weights = np.concatenate([counts for _, counts in parts])
        _, where = np.unique(codes, return_inverse=True)
        counts = np.bincount(where, weights=weights)
        total += float((counts * np.log2(counts.sum() / counts)).sum())
    return total


def fact(spec: TokenizerSpec, column: Column) -> str | int:
    """A column that is a fact of the tokenizer."""
    return getattr(spec, column.key)


def _value(column: Column, spec: TokenizerSpec, media: Sequence[MediumFigures]) -> Value:
    if column.value is None:
        return fact(spec, column)
    cells = [(medium.cell(spec.id), medium) for medium in media]
    if column.runs is not None:
        return quartiles([time for cell, _ in cells for time in column.runs(cell)])
    return spread([column.value(cell, medium) for cell, medium in cells])
