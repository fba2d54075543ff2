"""The table of a comparison: one row a tokenizer, mean and spread over the media, the best of each column.

Means are over the media that went through every tokenizer, so that two rows never speak of different pictures.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np

from explorer.compare.result import RAW_BITS_A_PIXEL, Cell, Comparison, Medium

Value = Callable[[Cell, Medium], "float | None"]


@dataclass(frozen=True)
class Column:
    """unit: "" for plain numbers. better: which end is the best, None where neither is. digits: shown after the point.

    value: of one cell; None for a column that is a fact of the tokenizer. words: what it is, in one line.
    """

    key: str
    title: str
    unit: str
    better: Literal["low", "high"] | None
    digits: int
    words: str
    value: Value | None = None


COLUMNS: tuple[Column, ...] = (
    Column("tokens", "Tokens", "", "low", 0, "Indices to be sent: positions times levels", lambda c, m: c.tokens),
    Column("vocabulary", "Vocabulary", "", None, 0, "Codes of one position"),
    Column("bits", "Bits", "bits", "low", 0, "At log2(K) for each index", lambda c, m: c.bits_uniform),
    Column(
        "bpp_uniform",
        "Bits a pixel, log2(K)",
        "bits/pixel",
        "low",
        3,
        "At log2(K) for each index, over the pixels",
        lambda c, m: c.bits_uniform / m.pixels,
    ),
    Column(
        "bpp_empirical",
        "Bits a pixel, entropy",
        "bits/pixel",
        "low",
        3,
        "At the entropy of the picture's own code histogram, without the cost of sending it",
        lambda c, m: c.bits_empirical / m.pixels,
    ),
    Column(
        "ratio",
        "Compression",
        "to 1",
        "high",
        1,
        f"{RAW_BITS_A_PIXEL} bits a pixel over those at log2(K)",
        lambda c, m: RAW_BITS_A_PIXEL * m.pixels / c.bits_uniform if c.bits_uniform else None,
    ),
    Column("psnr_db", "PSNR", "dB", "high", 2, "Over all pixels and channels, peak 1", lambda c, m: c.fidelity.psnr_db),
    Column(
        "ssim", "SSIM", "", "high", 3, "Wang et al. 2004, Gaussian window of 11 pixels", lambda c, m: c.fidelity.ssim
    ),
    Column(
        "ms_ssim", "MS-SSIM", "", "high", 3, "Wang et al. 2003; from 161 pixels a side", lambda c, m: c.fidelity.ms_ssim
    ),
    Column(
        "gradient_error",
        "Gradient RMSE",
        "1/pixel",
        "low",
        4,
        "Root mean square error of the slopes between neighbours",
        lambda c, m: c.fidelity.gradient_error,
    ),
    Column(
        "encode_ms",
        "Encode",
        "ms",
        "low",
        1,
        "With quantizing; median of the timed runs",
        lambda c, m: median(c.encode_ms) if c.encode_ms else None,
    ),
    Column(
        "decode_ms",
        "Decode",
        "ms",
        "low",
        1,
        "Median of the timed runs",
        lambda c, m: median(c.decode_ms) if c.decode_ms else None,
    ),
    Column("parameters", "Parameters", "", "low", 0, "Of encoder, quantizer and decoder"),
    Column("licence", "Licence", "", None, 0, "Of the weights, as their card states it"),
)


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

    pooled_bpp: tokenizer id -> bits a pixel at the entropy of the code histogram of all media together.
    """

    rows: tuple[Row, ...]
    best: dict[str, tuple[str, ...]]
    media: int
    pooled_bpp: dict[str, float]


def make_table(comparison: Comparison) -> Table:
    """The rows in the order of the tokenizers, those that gave nothing left out."""
    shared = comparison.shared
    rows = []
    for spec in comparison.working:
        facts = {"vocabulary": spec.vocabulary, "parameters": spec.parameters, "licence": spec.licence}
        cells = {
            column.key: facts[column.key]
            if column.value is None
            else spread([column.value(medium.cell(spec.id), medium) for medium in shared])
            for column in COLUMNS
        }
        rows.append(Row(spec.id, spec.title, cells))
    best = {column.key: found for column in COLUMNS if (found := _best(rows, column))}
    pooled = {
        spec.id: pooled_bits(shared, spec.id) / max(1, sum(m.pixels for m in shared)) for spec in comparison.working
    }
    return Table(tuple(rows), best, len(shared), pooled)


def spread(values: Sequence[float | None]) -> Spread | None:
    """Over those that are there; None if none is."""
    there = [value for value in values if value is not None and not math.isnan(value)]
    finite = [value for value in there if math.isfinite(value)]
    if not finite:
        return Spread(there[0], None, len(there)) if there else None
    deviation = float(np.std(finite, ddof=1)) if len(finite) > 1 else None
    return Spread(float(np.mean(finite)), deviation, len(finite))


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
    rates = {row.tokenizer_id: row.number("bpp_uniform") for row in table.rows}
    there = [rate for rate in rates.values() if rate is not None]
    if len({round(rate, 3) for rate in there}) < 2:
        return ""
    return (
        f"These tokenizers spend from {min(there):.3f} to {max(there):.3f} bits a pixel: more bits make a better "
        "picture, so read the figures together with the curves below."
    )


def csv_text(comparison: Comparison) -> str:
    """The means, then every medium by itself: RFC 4180 with a header; "set" in the column medium is the mean.

    A spread has a column of its own, `<key>_deviation`. What was not measured is empty, an infinite PSNR is "inf".
    """
    table, text = make_table(comparison), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = [name for column in COLUMNS for name in _csv_names(column)]
    writer.writerow(["medium", "width", "height", "media", "tokenizer", "title", *keys])
    for row in table.rows:
        values = [part for column in COLUMNS for part in _csv_parts(column, row.cells[column.key])]
        writer.writerow([_set_name(comparison), "", "", table.media, row.tokenizer_id, _inert(row.title), *values])
    for medium in comparison.media:
        for spec in comparison.specs:
            cell = medium.cell(spec.id)
            if cell is None:
                continue
            facts = {"vocabulary": spec.vocabulary, "parameters": spec.parameters, "licence": _inert(spec.licence)}
            values = []
            for column in COLUMNS:
                value = facts[column.key] if column.value is None else column.value(cell, medium)
                values += ["" if value is None else _plain(value)] + [""] * (column.value is not None)
            place = [_inert(medium.name), medium.width, medium.height, 1]
            writer.writerow([*place, spec.id, _inert(spec.title), *values])
    return text.getvalue()


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
