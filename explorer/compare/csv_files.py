"""The tables of a comparison as CSV (RFC 4180): one header each, every cell one number or one word, no units.

What was not measured is empty, an infinite PSNR is "inf"; units are those of "columns" in compare.json. `table.csv` has
the set and every medium by itself, `differences.csv` each tokenizer less each other as its baseline, and `codecs.csv`
what JPEG, WebP, Opus or Vorbis gave at the bits of each tokenizer. `details.csv` has what the table has no columns for,
a number a line: errors by column of series, coverage by prefix of ids, reach of anchors.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from explorer.compare.columns import Column, columns_of, compared_columns
from explorer.compare.differences import differences
from explorer.compare.result import Cell, Comparison, MediumFigures
from explorer.compare.spread import Quartiles, Spread, Value, quartiles
from explorer.compare.table import fact, make_table
from explorer.joints.tokenizer import TokenizerSpec

SET = "set"


def csv_texts(comparison: Comparison) -> dict[str, str]:
    """Name of a file -> its text. Codecs have one only where some were asked for."""
    found = {"table.csv": table_csv(comparison), "differences.csv": differences_csv(comparison)}
    if any(medium.details for medium in comparison.media):
        found["details.csv"] = details_csv(comparison)
    return found | ({"codecs.csv": codecs_csv(comparison)} if comparison.kind.codecs else {})


def table_csv(comparison: Comparison) -> str:
    """scope "set": over the `media` that every tokenizer could do; scope "medium": that one by itself.

    A mean has `<key>_deviation`, `<key>_count` and `<key>_identical` beside it, a median of times `<key>_quartile_low`
    and `<key>_quartile_high`.
    """
    columns, facts = columns_of(comparison.kind), _facts(comparison)
    keys = [name for column in columns for name in _names(column)]
    head = ["scope", "medium", *facts, "media", "tokenizer", "title", *_extra(comparison), *keys]
    table, extra = make_table(comparison), _extra(comparison)
    rows = []
    for row in table.rows:
        values = [part for column in columns for part in _parts(column, row.cells[column.key])]
        place = [SET, "", *[""] * len(facts), table.media, row.tokenizer_id, _inert(row.title)]
        rows.append([*place, *[""] * len(extra), *values])
    for medium in comparison.media:
        for spec in comparison.specs:
            cell = medium.cell(spec.id)
            if cell is None:
                continue
            size = medium.facts or {"width": medium.width, "height": medium.height}
            place = ["medium", _inert(medium.name), *[_number(size[name]) for name in facts], 1]
            values = [part for column in columns for part in _parts(column, _single(column, spec, cell, medium))]
            rows.append([*place, spec.id, _inert(spec.title), *_extra_values(comparison, cell), *values])
    return _text(head, rows)


def differences_csv(comparison: Comparison) -> str:
    """A row for each baseline, tokenizer and column: `Difference`, of tokenizer less baseline."""
    head = [
        "baseline",
        "tokenizer",
        "column",
        "better",
        "difference",
        "half_width_95",
        "finite_pairs",
        "wins",
        "losses",
    ]
    rows = []
    for spec in comparison.working:
        found = differences(comparison, spec.id)
        for tokenizer_id, of_columns in found.items():
            for column in compared_columns(comparison.kind):
                one = of_columns[column.key]
                values = [_number(one.mean), _number(one.half_width), one.pairs, one.wins, one.losses, one.ties, one.of]
                rows.append([spec.id, tokenizer_id, column.key, column.better, *values])
    return _text([*head, "ties", "pairs_of"], rows)


def codecs_csv(comparison: Comparison) -> str:
    """A row for each medium, codec, way of counting and bits to match. Rates are in the unit of the table."""
    kind = comparison.kind
    rate = kind.rate_key
    head = ["medium", "codec", "matched", "counted", "quality", "wanted_bits", "payload_bits", "file_bits", "reached"]
    head += [f"{rate}_wanted", f"{rate}_payload", f"{rate}_file", *kind.measures]
    rows = [
        [
            *(_inert(medium.name), one.codec, name, one.counted, _number(one.quality)),
            *(_number(one.wanted_bits), one.payload_bits, one.file_bits, str(one.reached).lower()),
            *(_number(bits / medium.extent) for bits in (one.wanted_bits, one.payload_bits, one.file_bits)),
            *(_number(getattr(one.fidelity, key)) for key in kind.measures),
        ]
        for medium in comparison.media
        for one in medium.references
        for name in one.names
    ]
    return _text(head, rows)


def details_csv(comparison: Comparison) -> str:
    """A row for each number of the details of each medium."""
    rows = [
        [_inert(medium.name), detail.key, _inert(entry.row), _inert(units[entry.row]), entry.tokenizer_id, key, value]
        for medium in comparison.media
        for detail in medium.details
        for units in (dict(detail.rows),)
        for entry in detail.entries
        for key, value in ((key, _number(one)) for key, one in entry.values.items())
    ]
    return _text(["medium", "table", "row", "unit", "tokenizer", "measure", "value"], rows)


def _single(column: Column, spec: TokenizerSpec, cell: Cell, medium: MediumFigures) -> Value:
    """The value of one medium, as the set's is written."""
    if column.value is None:
        return fact(spec, column)
    if column.runs is not None:
        return quartiles(column.runs(cell))
    value = column.value(cell, medium)
    return None if value is None else Spread(value, None, 1, int(value == float("inf")), int(value == -float("inf")))


def _names(column: Column) -> list[str]:
    if column.value is None:
        return [column.key]
    if column.runs is not None:
        return [f"{column.key}{end}" for end in ("", "_quartile_low", "_quartile_high", "_runs")]
    ends = ("", "_deviation", "_count", "_identical") if column.group == "quality" else ("", "_deviation")
    return [f"{column.key}{end}" for end in ends]


def _parts(column: Column, value: Value) -> list:
    """As `_names`; what is not there is empty."""
    count = len(_names(column))
    if isinstance(value, Quartiles):
        return [_number(value.median), _number(value.low), _number(value.high), value.count]
    if isinstance(value, Spread):
        return [_number(value.mean), _number(value.deviation), value.count, value.identical][:count]
    return [""] * count if value is None else [_inert(value) if isinstance(value, str) else value]


def _extra(comparison: Comparison) -> list[str]:
    """What of a sound's delay is no number of the table."""
    return ["delay_samples", "delay_basis"] if comparison.kind.modality == "audio" else []


def _extra_values(comparison: Comparison, cell: Cell) -> list:
    delay = cell.fidelity.delay if _extra(comparison) else None  # type: ignore[union-attr]
    return [delay.samples, delay.basis] if delay else []


def _facts(comparison: Comparison) -> list[str]:
    """Names of what is known of the size of each medium."""
    return list(comparison.media[0].facts) if comparison.media and comparison.media[0].facts else ["width", "height"]


def _text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"


def _inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula (CWE-1236): an apostrophe before what begins like one."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
