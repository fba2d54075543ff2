"""`python -m explorer compare`: the same media through several tokenizers, as tables, pictures and a report."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from explorer import tokenizers
from explorer.audit.notes import Notes
from explorer.cli.fitting import chosen_fitting
from explorer.cli.stopping import stop_on_ctrl_c
from explorer.compare.choice import modality_of_ids, tokenizer_ids
from explorer.compare.columns import columns_of, compared_columns
from explorer.compare.details import details_against
from explorer.compare.differences import LEVEL, difference_words, differences
from explorer.compare.media import open_media
from explorer.compare.rates import rate_curves, value_words
from explorer.compare.result import Comparison
from explorer.compare.run import Options, check_baseline, run_comparison
from explorer.compare.spread import cell_text
from explorer.compare.table import equal_bits_words, make_table, spread_words, star_words
from explorer.compare.writing import Writer
from explorer.figures.reports.comparison import html_report
from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError

SAID = ("bpp_uniform", "bpp_empirical", "kbps_uniform", "kbps_empirical", "psnr_db", "ssim", "ms_ssim")
SAID += ("bpr_uniform", "bpr_sent", "rmse_percent", "largest_percent", "bpi_uniform", "explained_percent")
SAID += ("sharing_percent", "coverage_percent", "kept_percent", "category", "bpn_uniform", "beside_percent")
SAID += ("without_percent", "anchors", "words")
SAID += ("si_sdr_db", "si_sdr_raw_db", "delay_ms", "log_mel_db", "encode_ms", "decode_ms")
REPEATS = 5  # timed rounds on a single medium; of a set the media are rounds themselves


def run(options: argparse.Namespace) -> int:
    """Compare, write the files, and print the table; failures go to stderr. 130: stopped, what there is written."""
    ids = tokenizer_ids(options.tokenizers)
    media = open_media(options.files, settings().limits, options.title, modality_of_ids(ids))
    if options.maps < 0:
        raise SettingsError(f"--maps must be 0 or more, not {options.maps}.")
    repeats = options.repeats if options.repeats is not None else REPEATS if len(media) == 1 else 1
    fitting = chosen_fitting(options)
    chosen = Options(repeats, options.side, baseline=options.baseline, crop_px=fitting.crop_px, filter=fitting.filter)
    check_baseline(options.baseline, ids)
    loaded = [tokenizers.load_tokenizer(one, device=options.device) for one in ids]
    writer = Writer(options.out, html_report, options.maps)
    with stop_on_ctrl_c() as stopped:
        comparison = run_comparison(media, loaded, chosen, writer.add, _progress, stopped.is_set)
    comparison = replace(comparison, device=device_words(comparison.device))
    paths = writer.finish(comparison)
    for line in [*write_notes(comparison), *troubles(comparison)]:
        print(line, file=sys.stderr)
    print("\n".join(summary(comparison)))
    errors = " and errors/" if options.maps and comparison.kind.maps else ""
    print(f"{options.out}: {', '.join(path.name for path in paths)}{errors}")
    if not comparison.complete:
        print("explorer: stopped; what came before is written.", file=sys.stderr)
        return 130
    return 0


def device_words(name: str) -> str:
    """ "cpu" -> "CPU, 2 threads"; what is no single device stays as it is."""
    if "," in name:
        return name
    from explorer.foundation.device import device_label, pick_device  # torch, for which refused options need not wait

    return device_label(pick_device(name))


def write_notes(comparison: Comparison) -> list[str]:
    """What was done to the media before they were compared, alike notes together."""
    notes = Notes()
    for medium in comparison.media:
        notes.add(medium.name, medium.notes)
    return [f"note: {one.told(len(comparison.media))}" for one in notes.listed()]


def troubles(comparison: Comparison) -> list[str]:
    """One line for each picture that was skipped and each tokenizer or codec that failed on one."""
    failed = [f"{m.name}: {name} failed: {why}" for m in comparison.media for name, why in m.failures]
    return [f"{name}: skipped: {why}" for name, why in comparison.skipped] + failed


def summary(comparison: Comparison) -> list[str]:
    """The main columns as lines of text, "*" at the best; the differences to the baseline, and what codecs reached."""
    table = make_table(comparison)
    columns = [column for column in columns_of(comparison.kind) if column.key in SAID]
    rows = [["tokenizer", *(column.title + ", median (quartiles)" * (column.runs is not None) for column in columns)]]
    for row in table.rows:
        best = [row.tokenizer_id in table.best.get(column.key, ()) for column in columns]
        cells = [
            cell_text(column, row.cells[column.key], table.media) + "*" * one
            for column, one in zip(columns, best, strict=True)
        ]
        rows.append([row.tokenizer_id, *cells])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    over = f"over {table.media:,} of {comparison.kind.some(comparison.planned)} on {comparison.device}"
    sizes = f"; {table.sizes}" if table.media else ""
    notes = [spread_words(table), star_words(table).replace("★", "*"), equal_bits_words(table)] if table.media else []
    parts = [*lines, f"{over}{sizes}", *notes, *difference_lines(comparison), *codec_lines(comparison)]
    parts += [*detail_lines(comparison), comparison.kind.says]
    return [line for line in parts if line]


def difference_lines(comparison: Comparison) -> list[str]:
    """Each tokenizer less the baseline, a line a figure that was measured."""
    kind, base = comparison.kind, comparison.base
    columns = [column for column in compared_columns(kind) if column.key in SAID]
    lines = [
        f"  {tokenizer_id}: {column.title} {difference_words(column, found[column.key], kind.noun, kind.nouns)}"
        for tokenizer_id, found in differences(comparison, base).items()
        for column in columns
        if found[column.key].total
    ]
    head = f"difference to {base}, ± half the width of the {LEVEL:.0%} interval (Student's t, paired):"
    return [head, *lines] if lines else []


def codec_lines(comparison: Comparison) -> list[str]:
    """Each codec at each of the bits that were matched, and the bits that it reached."""
    kind = comparison.kind
    measure = next(iter(kind.measures))
    return [
        f"{point.name}: {point.rate:.3f} {kind.rate_unit} without headers, {value_words(kind, measure, point)}"
        for curve in rate_curves(comparison)
        if curve.kind == "codec"
        for point in curve.points
    ]


def detail_lines(comparison: Comparison) -> list[str]:
    """The tables of a single medium that the columns have no place for; of several they are in details.csv."""
    if len(comparison.media) != 1:
        return []
    lines = []
    for detail in details_against(comparison.media[0].details, comparison.base):
        lines.append(f"{detail.title}. {detail.words}")
        for name, unit in detail.rows:
            entries = [one for one in detail.entries if one.row == name]
            cells = "; ".join(f"{one.tokenizer_id} {one.text}{f' {unit}' if unit else ''}" for one in entries)
            lines.append(f"  {name}: {cells}")
    return lines


def _progress(done: int, planned: int, name: str) -> None:
    """A line on stderr that is written over, if somebody looks at it."""
    if sys.stderr.isatty():
        print(f"\r{done + 1:,} of {planned:,}: {Path(name).name[:60]:60}", end="", file=sys.stderr, flush=True)
        if done + 1 == planned:
            print(file=sys.stderr)
