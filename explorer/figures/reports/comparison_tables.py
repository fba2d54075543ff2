"""The tables of the report as HTML: what is lost, what it costs, differences to a baseline, codecs at the same bits.

Strings are escaped here; what these functions return may stand in HTML as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from explorer.compare.columns import Column, columns_of, compared_columns, decibels
from explorer.compare.details import Entry, details_against
from explorer.compare.differences import difference_words, differences
from explorer.compare.rates import Point, rate_curves, reference_points
from explorer.compare.reference import COUNTED
from explorer.compare.result import Comparison
from explorer.compare.spread import cell_text
from explorer.compare.table import Table, equal_bits_words, interval_words, spread_words, star_words

_COUNTED_WORDS = {"payload": "without headers", "file": "with headers"}
_CODEC_WORDS = {
    "image": "JPEG: baseline, 4:2:0, optimized Huffman tables; its headers are markers and tables. WebP: lossy, method "
    "4; its headers are the RIFF container and the frame header.",
    "audio": "Both are written by libsndfile into Ogg, whose pages and the packets of headers are the headers; what "
    "Opus does not code (other rates than 8 to 48 kHz) is resampled first.",
}


def main_tables(comparison: Comparison, table: Table) -> str:
    """What is lost and how long it takes; then what it costs."""
    if not table.media:
        noun = comparison.kind.noun
        return f'<p class="note">No {noun} went through all of these tokenizers, so there are no means to compare.</p>'
    columns = columns_of(comparison.kind)
    used = [column for column in columns if any(row.cells[column.key] is not None for row in table.rows)]
    lost = [column for column in used if column.group in ("quality", "time")]
    spent = [column for column in used if column.group not in ("quality", "time")]
    words = "".join(f"<li><strong>{escape(one.title)}</strong>: {escape(one.words)}.</li>" for one in used)
    warning = equal_bits_words(table)
    return (
        f"<h2>Side by side: what is lost</h2>{_side_by_side(lost, table)}"
        f'<p class="quiet">Over {escape(table.sizes)}. {escape(spread_words(table))} {escape(star_words(table))}</p>'
        f"{f'<p class=note>{escape(warning)}</p>' if warning else ''}"
        f"<h2>What it costs</h2>{_side_by_side(spent, table, 'wide costs')}"
        f'<p class="quiet">{_pooled(table)}</p>'
        f'<details><summary>What the columns are</summary><ul class="quiet">{words}</ul></details>'
    )


def difference_tables(comparison: Comparison, table: Table) -> str:
    """Each tokenizer less the baseline; the other baselines are folded."""
    ids = [spec.id for spec in comparison.working]
    if len(ids) < 2 or not comparison.shared:
        return ""
    base, titles = comparison.base, {spec.id: spec.title for spec in comparison.working}
    others = "".join(
        f"<details><summary>Difference to {escape(titles[one])}</summary>{_differences(comparison, one)}</details>"
        for one in ids
        if one != base
    )
    return (
        f"<h2>Difference to {escape(titles[base])}</h2>{_differences(comparison, base)}"
        f'<p class="quiet">{interval_words(table)}</p>{others}'
    )


def codec_table(comparison: Comparison) -> str:
    """The codecs at the bits of each tokenizer and level, and the bits that they reached."""
    kind = comparison.kind
    found = {(codec, way): reference_points(comparison, codec, way) for codec in kind.codecs for way in COUNTED}
    names = list(dict.fromkeys(name for points in found.values() for name in points))
    if not names:
        return ""
    curves = [curve for curve in rate_curves(comparison) if curve.kind != "codec"]
    own = {point.name: point for curve in curves for point in curve.points}
    own |= {curve.id: curve.points[-1] for curve in curves}  # all levels together go by the tokenizer's name
    measure, title = next(iter(kind.measures.items()))
    head = "".join(
        f'<th scope="col">{kind.codecs[codec]}<br><small>matched {_COUNTED_WORDS[way]}</small></th>'
        for codec, way in found
    )
    rows = []
    for name in names:
        cells = "".join(f"<td>{_codec(points.get(name), measure, kind.rate_unit)}</td>" for points in found.values())
        mine = own.get(name)
        said = f"{mine.rate:.3f}</td><td>{decibels(mine.values[measure])}" if mine else "</td><td>"
        rows.append(f'<tr><th scope="row">{escape(name)}</th><td>{said}</td>{cells}</tr>')
    first = f'<tr><th></th><th scope="col">{kind.rate_unit}</th><th scope="col">{escape(title)}</th>'
    return (
        f"<h2>{' and '.join(kind.codecs.values())} at the same bits</h2>"
        f"{scroll(f'{first}{head}</tr>' + ''.join(rows), 'wide')}"
        f'<p class="quiet">Each cell: {escape(title.partition(",")[0])} at the {kind.rate_unit} that the encoded bytes '
        "really have, without / with headers. The quality was searched until these bits were nearest; “not reached” "
        "is said where the nearest is more than a tenth away: the codec cannot spend so little, or so much. "
        f"{_CODEC_WORDS.get(kind.modality, '')}</p>"
    )


def detail_tables(comparison: Comparison, most: int) -> str:
    """What the columns have no place for, of up to so many media; "" where there is nothing."""
    ids = [spec.id for spec in comparison.working]
    head = "".join(
        f'<th scope="col">{escape(spec.title)}<br><small>{spec.id}</small></th>' for spec in comparison.working
    )
    parts = []
    for medium in comparison.media[:most]:
        for detail in details_against(medium.details, comparison.base):
            rows = [f'<tr><th scope="col">{escape(detail.parts)}</th>{head}</tr>']
            for name, unit in detail.rows:
                best, found = detail.best(name), [detail.entry(name, one) for one in ids]
                cells = "".join(
                    _detail(entry, unit, entry is not None and entry.tokenizer_id in best) for entry in found
                )
                rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
            title = f"{detail.title}: {medium.name}" if len(comparison.media) > 1 else detail.title
            parts.append(
                f"<h2>{escape(title)}</h2>{scroll(''.join(rows), 'wide')}<p class=quiet>{escape(detail.words)}</p>"
            )
    return "".join(parts)


def _detail(entry: Entry | None, unit: str, best: bool) -> str:
    if entry is None:
        return "<td></td>"
    text = escape(f"{entry.text} {unit}".strip())
    return f"<td class=best><b>{text}</b></td>" if best else f"<td>{text}</td>"


def scroll(rows: str, kind: str = "") -> str:
    """A table that scrolls by itself where the page is narrow."""
    return f'<div class="scroll"><table class="{kind}">{rows}</table></div>'


def _side_by_side(columns: Sequence[Column], table: Table, kind: str = "wide") -> str:
    rows = []
    for row in table.rows:
        cells = []
        for column in columns:
            text = _unbroken(escape(cell_text(column, row.cells[column.key], table.media)))
            best = row.tokenizer_id in table.best.get(column.key, ())
            mark = ' <b title="best of this column">★</b>' if best else ""
            cells.append(f"<td{' class=best' if best else ''}>{text}{mark}</td>")
        rows.append(_named(row.title, row.tokenizer_id, cells))
    corner = f"mean ± SD, n = {table.media:,}" if table.media > 1 else ""
    return scroll(_head(columns, corner) + "".join(rows), kind)


def _unbroken(text: str) -> str:
    """A number and its spread stay on one line."""
    return text.replace(" ± ", "&nbsp;±&nbsp;").replace(" to ", "&nbsp;to&nbsp;")


def _head(columns: Sequence[Column], corner: str = "", units: bool = True) -> str:
    """corner: what the numbers below are, where there are no names yet."""
    cells = "".join(
        f'<th scope="col" title="{escape(column.words)}">{escape(column.title)}'
        f"{f'<br><small>{escape(column.measure)}</small>' if column.measure and units else ''}</th>"
        for column in columns
    )
    return f"<tr><th><small>{corner}</small></th>{cells}</tr>"


def _named(title: str, tokenizer_id: str, cells: Sequence[str]) -> str:
    name = f'<th scope="row">{escape(title)}<br><small>{escape(tokenizer_id)}</small></th>'
    return f"<tr>{name}{''.join(cells)}</tr>"


def _differences(comparison: Comparison, baseline: str) -> str:
    kind, titles = comparison.kind, {spec.id: spec.title for spec in comparison.working}
    found = differences(comparison, baseline)
    columns = [column for column in compared_columns(kind) if any(one[column.key].total for one in found.values())]
    rows = []
    for tokenizer_id, of_columns in found.items():
        cells = []
        for column in columns:
            words = difference_words(column, of_columns[column.key], kind.noun, kind.nouns)
            main, _, rest = _unbroken(escape(words)).partition(", ")
            main = f"<b>{main}</b>" if of_columns[column.key].clear else main
            cells.append(f"<td>{main}<br><small>{rest}</small></td>")
        rows.append(_named(titles[tokenizer_id], tokenizer_id, cells))
    count = len(comparison.shared)
    corner = f"mean ± half the 95% interval, n = {count:,}" if count > 1 else ""
    return scroll(_head(columns, corner, units=False) + "".join(rows), "wide")


def _pooled(table: Table) -> str:
    if table.media < 2:
        return ""
    listed = ", ".join(f"{escape(name)} {bits:.3f}" for name, bits in table.pooled_rate.items())
    rate = f"{table.kind.rate_name} ({table.kind.rate_unit})"
    return f"{rate} at the entropy of the codes of all {table.kind.some(table.media)} together: {listed}."


def _codec(point: Point | None, measure: str, unit: str) -> str:
    if point is None:
        return "not measured"
    left = point.left_out.get(measure, 0)
    out = f" ({left:,} of {point.media:,} not finite, left out)" if left else ""
    some = "" if point.unreached in (0, point.media) else f" on {point.unreached:,} of {point.media:,}"
    missed = f"<br>not reached{some}: {point.wanted:.3f} wanted" if point.unreached else ""
    rates = f"{point.rate:.3f} / {point.rate_other:.3f} {unit}"
    return f"{decibels(point.values[measure])}{out}<br><small>{rates}{missed}</small>"
