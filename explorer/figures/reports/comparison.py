"""The report of a comparison: one HTML file that needs nothing else and can be sent by mail.

Names of files and titles come from people and are escaped wherever they stand.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import numpy as np

from explorer.compare.rates import rate_curves
from explorer.compare.result import Comparison
from explorer.compare.sheet import ROWS, Strip, paletted_png
from explorer.compare.table import Table, make_table
from explorer.figures.rates import rate_distortion
from explorer.figures.reports.comparison_tables import (
    codec_table,
    detail_tables,
    difference_tables,
    main_tables,
    scroll,
)
from explorer.figures.reports.page import Plots, report_page
from explorer.figures.reports.settings_words import settings_words
from explorer.foundation.errors import RecordError

LISTED = 200  # failures and skipped media written out
DETAILED = 12  # media whose details are written out; of all they are in details.csv


def html_report(comparison: Comparison, strips: Sequence[Strip] = ()) -> str:
    """The report as text of an HTML file; strips: the small pictures of the media that are shown."""
    table, plots = make_table(comparison), Plots()
    body = [
        _head(comparison, table),
        main_tables(comparison, table),
        difference_tables(comparison, table),
        _rates(comparison, plots),
    ]
    details = detail_tables(comparison, DETAILED)
    body += [codec_table(comparison), details, *map(_medium, strips), _more(comparison, strips), *_lists(comparison)]
    return report_page(f"Comparison: {comparison.title}", Path(__file__).with_suffix(".css"), "".join(body), plots)


def _head(comparison: Comparison, table: Table) -> str:
    done = len(comparison.media) + len(comparison.skipped)
    state = (
        "complete"
        if comparison.complete
        else f"partial: {done:,} of {comparison.kind.some(comparison.planned)} were reached"
    )
    counted = f"{table.media:,} of {comparison.kind.some(len(comparison.media))}, those that every tokenizer could do"
    facts = [
        ("Tokenizers", ", ".join(spec.id for spec in comparison.specs)),
        ("State", state),
        ("Figures are over", counted if table.media < len(comparison.media) else comparison.kind.some(table.media)),
        ("Made in", f"{comparison.seconds:,.1f} s on {comparison.device.upper()}"),
        ("Settings", settings_words(_settings(comparison))),
    ]
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{escape(text)}</td></tr>' for name, text in facts)
    says = f'<p class="note">{escape(comparison.kind.says)}</p>' if comparison.kind.says else ""
    return f"<h1>{escape(comparison.title)}</h1>{scroll(rows, 'facts')}{says}"


def _rates(comparison: Comparison, plots: Plots) -> str:
    if not rate_curves(comparison):
        return ""
    kind, drawn = comparison.kind, []
    for measure in kind.measures:
        try:
            drawn.append(plots.place(rate_distortion(comparison, measure)))
        except RecordError as error:  # of tiny media some figures cannot be measured
            drawn.append(f'<p class="quiet">{escape(str(error))}</p>')
    return (
        f'<h2>Rate and distortion</h2><div class="figures">{"".join(drawn)}</div><p class="quiet">Residual tokenizers '
        f"are a curve over their levels, decoded cumulatively. {kind.less}</p>"
    )


def _medium(one: Strip) -> str:
    columns = []
    for tokenizer_id, pictures, words, box in zip(one.ids, one.pictures, one.words, one.boxes, strict=True):
        top, left, height, width = box
        said = (
            words,
            f"Signed error, ±{one.scale:.2f}: blue too dark, orange too bright",
            f"Absolute error, 0 to {one.scale:.2f}: dark to yellow",
            f"Worst {width} x {height} px, from row {top}, column {left}: original and decoded"
            if 1 in one.rows
            else "Worst stretch: original and decoded",
        )
        figures = "".join(_figure(pictures[row], f"{ROWS[row]} of {tokenizer_id}", said[row]) for row in one.rows)
        columns.append(f"<div><h3>{escape(tokenizer_id)}</h3>{_played(one, tokenizer_id)}{figures}</div>")
    original = _figure(one.original, "Original", f"{one.size} as compared")
    first = f"<div><h3>Original</h3>{_played(one, '')}{original}</div>"
    return f'<h2>{escape(one.name)}</h2><div class="strip">{first}{"".join(columns)}</div>'


def _played(one: Strip, tokenizer_id: str) -> str:
    """A player of a sound, or a moving picture of a clip."""
    if tokenizer_id not in one.played:
        return ""
    data = b64encode(one.played[tokenizer_id]).decode("ascii")
    name = escape(tokenizer_id or "the original")
    if 1 in one.rows:
        return f'<figure><img alt="{name}, moving" src="data:image/webp;base64,{data}"></figure>'
    label = f"{name}, the first {one.played_s:.1f} s"
    return f'<audio controls preload="none" aria-label="{label}" src="data:audio/flac;base64,{data}"></audio>'


def _more(comparison: Comparison, strips: Sequence[Strip]) -> str:
    left = len(comparison.media) - len(strips)
    return (
        f'<p class="quiet">{left:,} more {comparison.kind.nouns} are in the table only.</p>'
        if strips and left > 0
        else ""
    )


def _lists(comparison: Comparison) -> Iterator[str]:
    notes = [(medium.name, note) for medium in comparison.media for note in medium.notes]
    failures = [(f"{m.name}: {name}", why) for m in comparison.media for name, why in m.failures]
    for title, listed in (
        ("Skipped", comparison.skipped),
        ("Failed", failures),
        (f"What was done to the {comparison.kind.nouns} first", notes),
    ):
        if listed:
            rows = "".join(f'<tr><th scope="row">{escape(a)}</th><td>{escape(b)}</td></tr>' for a, b in listed[:LISTED])
            more = len(listed) - LISTED
            tail = f'<p class="quiet">and {more:,} more, all in compare.json.</p>' if more > 0 else ""
            yield f"<h2>{title}: {len(listed):,}</h2>{scroll(rows)}{tail}"


def _settings(comparison: Comparison) -> dict[str, object]:
    """As they were given, with the names of the page, and the baseline that came of it."""
    titles = {spec.id: spec.title for spec in comparison.specs}
    kind, given = comparison.kind, dict(comparison.settings)
    if comparison.base:
        given["baseline"] = titles[comparison.base]
    names = given.get("codecs") or ()
    given["codecs"] = [kind.codecs.get(name, name) for name in names]  # type: ignore[union-attr]
    sized = ("side_px", "patch_px", "crop_px", "filter")  # say nothing of media without sides
    return {name: one for name, one in given.items() if name not in sized or kind.modality in ("image", "video")}


def _figure(pixels: np.ndarray, alt: str, words: str) -> str:
    data = b64encode(paletted_png(pixels)).decode("ascii")
    image = f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(words)}</figcaption></figure>"
