"""The table of a comparison: one row a tokenizer, mean and spread over the media, the best of each column.

Means are over the media that went through every tokenizer, so that two rows never speak of different pictures.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.compare.columns import Column, columns_of
from explorer.compare.kinds import Kind
from explorer.compare.result import Comparison, Medium


@dataclass(frozen=True)
class Spread:
    """mean and sample standard deviation (None for fewer than two) over `count` media; inf counts for neither.

    Where all are infinite (identical pictures) the mean is inf.
    """

    mean: float
    deviation: float | None
    count: int


@dataclass(frozen=True)
class Row:
    """cells: by the key of a column: a Spread, None where nothing could be measured, or text and whole numbers."""

    tokenizer_id: str
    title: str
    cells: dict[str, Spread | str | int | None]

    def number(self, key: str) -> float | None:
        """What a column is sorted by: the mean, the number itself, None for text and what was not measured."""
        value = self.cells[key]
        if isinstance(value, Spread):
            return value.mean
        return float(value) if isinstance(value, int) else None


@dataclass(frozen=True)
class Table:
    """best: key of a column -> ids of its best rows; columns in which all are alike have none. media: means are over.

    pooled_rate: tokenizer id -> bits a pixel (kbit/s) at the entropy of the code histogram of all media together.
    """

    rows: tuple[Row, ...]
    best: dict[str, tuple[str, ...]]
    media: int
    pooled_rate: dict[str, float]
    kind: Kind


def make_table(comparison: Comparison) -> Table:
    """The rows in the order of the tokenizers, those that gave nothing left out."""
    shared, columns = comparison.shared, columns_of(comparison.kind)
    rows = []
    for spec in comparison.working:
        facts = {"vocabulary": spec.vocabulary, "parameters": spec.parameters, "licence": spec.licence}
        cells = {
            column.key: facts[column.key]
            if column.value is None
            else spread([column.value(medium.cell(spec.id), medium) for medium in shared])
            for column in columns
        }
        rows.append(Row(spec.id, spec.title, cells))
    best = {column.key: found for column in columns if (found := _best(rows, column))}
    pooled = {spec.id: pooled_rate(shared, spec.id) for spec in comparison.working}
    return Table(tuple(rows), best, len(shared), pooled, comparison.kind)


def spread(values: Sequence[float | None]) -> Spread | None:
    """Over those that are there; None if none is."""
    there = [value for value in values if value is not None and not math.isnan(value)]
    finite = [value for value in there if math.isfinite(value)]
    if not finite:
        return Spread(there[0], None, len(there)) if there else None
    deviation = float(np.std(finite, ddof=1)) if len(finite) > 1 else None
    return Spread(float(np.mean(finite)), deviation, len(finite))


def pooled_rate(media: Sequence[Medium], tokenizer_id: str) -> float:
    """`pooled_bits` over all that the tokens stand for."""
    extent = sum(medium.cell(tokenizer_id).extent or medium.extent for medium in media)
    return pooled_bits(media, tokenizer_id) / extent if extent else 0.0


def pooled_bits(media: Sequence[Medium], tokenizer_id: str) -> float:
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


def shown(column: Column, value: Spread | str | int | None, media: int = 0) -> str:
    """A cell as text, such as "24.11 ± 2.03"; with "(1 of 2)" where it is over fewer media than the table."""
    if isinstance(value, str):
        return value
    if value is None:
        return "not measured"
    if isinstance(value, int):
        return f"{value:,}"
    few = f" ({value.count} of {media})" if value.count < media else ""
    if math.isinf(value.mean):
        return f"∞ (identical){few}"
    text = f"{value.mean:,.{column.digits}f}"
    varies = value.deviation is not None and round(value.deviation, column.digits) > 0
    return f"{text} ± {value.deviation:,.{column.digits}f}{few}" if varies else text + few


def equal_bits_words(table: Table) -> str:
    """A warning where the tokenizers do not spend the same bits, "" where they do."""
    rates = {row.tokenizer_id: row.number(f"{table.kind.rate_key}_uniform") for row in table.rows}
    there = [rate for rate in rates.values() if rate is not None]
    if len({round(rate, 3) for rate in there}) < 2:
        return ""
    return (
        f"These tokenizers spend from {min(there):.3f} to {max(there):.3f} {table.kind.rate_unit}: more bits make a "
        f"better {table.kind.noun}, so read the figures together with the curves below."
    )


def csv_text(comparison: Comparison) -> str:
    """The means, then every medium by itself: RFC 4180 with a header; "set" in the column medium is the mean.

    A spread has a column of its own, `<key>_deviation`. What was not measured is empty, an infinite PSNR is "inf".
    """
    table, text, columns = make_table(comparison), io.StringIO(), columns_of(comparison.kind)
    writer = csv.writer(text, lineterminator="\n")
    keys = [name for column in columns for name in _csv_names(column)]
    facts = _facts(comparison)
    writer.writerow(["medium", *facts, "media", "tokenizer", "title", *keys])
    for row in table.rows:
        values = [part for column in columns for part in _csv_parts(column, row.cells[column.key])]
        place = [_set_name(comparison), *[""] * len(facts), table.media]
        writer.writerow([*place, row.tokenizer_id, _inert(row.title), *values])
    for medium in comparison.media:
        for spec in comparison.specs:
            cell = medium.cell(spec.id)
            if cell is None:
                continue
            known = {"vocabulary": spec.vocabulary, "parameters": spec.parameters, "licence": _inert(spec.licence)}
            values = []
            for column in columns:
                value = known[column.key] if column.value is None else column.value(cell, medium)
                values += ["" if value is None else _plain(value)] + [""] * (column.value is not None)
            size = medium.facts or {"width": medium.width, "height": medium.height}
            place = [_inert(medium.name), *[f"{size[name]:.9g}" for name in facts], 1]
            writer.writerow([*place, spec.id, _inert(spec.title), *values])
    return text.getvalue()


def _facts(comparison: Comparison) -> list[str]:
    """Names of what is known of the size of each medium."""
    return list(comparison.media[0].facts) if comparison.media and comparison.media[0].facts else ["width", "height"]


def _set_name(comparison: Comparison) -> str:
    return "set" if "set" not in {medium.name for medium in comparison.media} else "(set)"


def _csv_names(column: Column) -> list[str]:
    return [column.key] if column.value is None else [column.key, f"{column.key}_deviation"]


def _csv_parts(column: Column, value: Spread | str | int | None) -> list[str]:
    if column.value is None:
        return [_inert(value) if isinstance(value, str) else str(value)]
    if not isinstance(value, Spread):
        return ["", ""]
    return [_plain(value.mean), "" if value.deviation is None else _plain(value.deviation)]


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.9g}"


def _inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula (CWE-1236): an apostrophe before what begins like one."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _best(rows: Sequence[Row], column: Column) -> tuple[str, ...]:
    """The ids with the best number as it is shown: what does not show is no difference."""
    if column.better is None:
        return ()
    numbers = {row.tokenizer_id: row.number(column.key) for row in rows}
    there = {key: round(value, column.digits) for key, value in numbers.items() if value is not None}
    if len(set(there.values())) < 2:
        return ()
    top = min(there.values()) if column.better == "low" else max(there.values())
    return tuple(key for key, value in there.items() if value == top)
