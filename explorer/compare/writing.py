"""The files of a comparison: compare.json, the tables as CSV, contact sheet, error maps and the report.

`Writer` takes the media one by one, as `run_comparison` makes them, and keeps of each only small pictures. Each file
appears whole or not at all; error maps that an earlier comparison left in the folder are taken away at the end.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from explorer.compare.columns import columns_of, compared_columns
from explorer.compare.csv_files import csv_texts
from explorer.compare.details import detail_json
from explorer.compare.differences import difference_words, differences
from explorer.compare.kinds import kind_of
from explorer.compare.rates import rate_curves, reference_points
from explorer.compare.reference import COUNTED
from explorer.compare.result import Cell, Comparison
from explorer.compare.run import MediumComparison
from explorer.compare.sheet import Strip, contact_sheet, error_maps, error_scale, paletted_png, strip
from explorer.compare.spread import Quartiles, Spread
from explorer.compare.table import interval_words, make_table, spread_words, star_words
from explorer.foundation.errors import ExplorerError
from explorer.foundation.files import make_folder, write_atomically, write_together
from explorer.media.pictures.image import png_bytes

MAPS_OF = 12  # media whose error maps are written, unless asked for more
CELLS_SHOWN = 64  # media times tokenizers whose pictures are in the sheet and the report, of one medium at least
PLAYED_BYTES = 24 * 2**20  # of sounds and clips in a report, which is sent by mail
FORMAT, VERSION = "discrete-tokenizer-explorer comparison", 2
_OURS = re.compile(r"\d{2,}-[\w.-]+-(signed|absolute)\.png")


class Writer:
    """Writes into `folder`, which is made if it is not there.

    report: writes the report of a comparison and its small pictures, as HTML; it draws figures, which only the floors
    above can. maps_of: error maps of the first so many media.
    """

    def __init__(
        self, folder: Path, report: Callable[[Comparison, Sequence[Strip]], str], maps_of: int = MAPS_OF
    ) -> None:
        self.folder, self._report, self._maps_of = folder, report, maps_of
        self._strips: list[Strip] = []
        self._written: set[str] = set()
        self._played_bytes = 0
        make_folder(folder)

    def add(self, number: int, compared: MediumComparison) -> None:
        """Write the error maps of a medium, and keep its small pictures. Raises ExplorerError if the disk refuses."""
        scale = error_scale(compared)
        if not self._strips or (len(self._strips) + 1) * len(compared.reconstructions) <= CELLS_SHOWN:
            one = strip(compared, scale)
            self._played_bytes += sum(map(len, one.played.values()))
            if self._played_bytes > PLAYED_BYTES and self._strips:
                one = replace(one, played={})
            self._strips.append(one)
        if not kind_of(compared.medium.modality).maps:
            return  # the colours of two spectrograms are not subtracted, nor lines and trees
        if number < self._maps_of and compared.reconstructions:
            make_folder(self.folder / "errors")
            for tokenizer_id in compared.reconstructions:
                signed, absolute = error_maps(compared, tokenizer_id, scale)
                for kind, pixels in (("signed", signed), ("absolute", absolute)):
                    name = f"{number + 1:02}-{_plain_name(compared.medium.name)}-{_plain_name(tokenizer_id)}-{kind}.png"
                    write_atomically(self.folder / "errors" / name, paletted_png(pixels))
                    self._written.add(name)

    def finish(self, comparison: Comparison) -> list[Path]:
        """Write the rest, all together; returns the paths. Raises ExplorerError if nothing was compared."""
        if not comparison.media:
            raise ExplorerError(_nothing(comparison))
        content = {
            "compare.json": json_text(comparison).encode("utf-8"),
            **{name: text.encode("utf-8") for name, text in csv_texts(comparison).items()},
            "sheet.png": png_bytes(contact_sheet(self._strips)),
            "report.html": self._report(comparison, self._strips).encode("utf-8"),
        }
        write_together(self.folder, content)
        errors = self.folder / "errors"
        for path in errors.iterdir() if errors.is_dir() else ():
            if _OURS.fullmatch(path.name) and path.name not in self._written:
                path.unlink(missing_ok=True)
        return [self.folder / name for name in content]


def table_json(comparison: Comparison) -> dict:
    """The tables as plain values.

    "media", "sizes", "columns", "rows", "best", "stars", "spread", "interval", "pooled_rate": see `table`; "baseline"
    and "differences" to each tokenizer as a baseline: see `differences`; "codecs": see `rates.Point`.
    """
    table = make_table(comparison)
    names = ("key", "title", "unit", "measure", "better", "group", "digits", "words")
    rows = [
        {"tokenizer": row.tokenizer_id, "title": row.title}
        | {key: asdict(value) if isinstance(value, Spread | Quartiles) else value for key, value in row.cells.items()}
        for row in table.rows
    ]
    found = {
        "media": table.media,
        "sizes": table.sizes,
        "columns": [{name: getattr(one, name) for name in names} for one in columns_of(comparison.kind)],
        "rows": rows,
        "best": {key: list(ids) for key, ids in table.best.items()},
        "stars": star_words(table),
        "spread": spread_words(table),
        "interval": interval_words(table),
        "pooled_rate": table.pooled_rate,
        "baseline": comparison.base,
        "differences": differences_json(comparison),
        "codecs": codecs_json(comparison),
    }
    return _finite(found)


def differences_json(comparison: Comparison) -> dict:
    """Baseline -> tokenizer -> key of a column -> a `Difference` with its "text"."""
    noun, nouns, columns = comparison.kind.noun, comparison.kind.nouns, compared_columns(comparison.kind)
    return {
        spec.id: {
            tokenizer_id: {
                column.key: asdict(found[column.key])
                | {"clear": found[column.key].clear, "text": difference_words(column, found[column.key], noun, nouns)}
                for column in columns
            }
            for tokenizer_id, found in differences(comparison, spec.id).items()
        }
        for spec in comparison.working
    }


def codecs_json(comparison: Comparison) -> list[dict]:
    """What each codec gave at the bits of each tokenizer and level, counted both ways: means over the shared media."""
    return [
        {"codec": codec, "title": title, "counted": counted} | asdict(point)
        for codec, title in comparison.kind.codecs.items()
        for counted in COUNTED
        for point in reference_points(comparison, codec, counted).values()
    ]


def json_text(comparison: Comparison) -> str:
    """All numbers as JSON. null: not measured, or infinite (the PSNR of identical pictures, whose mse is 0)."""
    media = [
        {
            key: value
            for key, value in vars(medium).items()
            if key not in ("cells", "references", "failures", "size", "details")
        }
        | {
            "extent": medium.extent,
            "cells": [_cell(cell) for cell in medium.cells],
            "details": [detail_json(one, tuple(cell.tokenizer_id for cell in medium.cells)) for one in medium.details],
            "references": [asdict(one) | {"bits": one.bits, "reached": one.reached} for one in medium.references],
            "failures": [{"name": name, "why": why} for name, why in medium.failures],
        }
        for medium in comparison.media
    ]
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "title": comparison.title,
        "complete": comparison.complete,
        "planned": comparison.planned,
        "device": comparison.device,
        "seconds": comparison.seconds,
        "settings": dict(comparison.settings),
        "kind": asdict(comparison.kind),
        "tokenizers": [asdict(spec) for spec in comparison.specs],
        "table": table_json(comparison),
        "rates": [asdict(curve) for curve in rate_curves(comparison)],
        "media": media,
        "skipped": [{"name": name, "why": why} for name, why in comparison.skipped],
    }
    return json.dumps(_finite(whole), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _cell(cell: Cell) -> dict:
    """All but the histograms."""
    return {one.name: asdict(cell)[one.name] for one in fields(cell) if one.name != "histograms"}


def _finite(value):
    """The same, with None for numbers that JSON does not have, and lists for tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def _nothing(comparison: Comparison) -> str:
    if not comparison.skipped:
        return f"It was stopped before the first {comparison.kind.noun} was done; nothing was written."
    name, why = comparison.skipped[0]
    return (
        f"No {comparison.kind.noun} could be compared ({len(comparison.skipped):,} given). The first, {name!r}: {why}"
    )


def _plain_name(name: str) -> str:
    """A name as part of a file name: letters, digits, dot, dash and underscore, 60 at most, none in front a dot."""
    return (re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(name).stem if "." in name else name).strip(".-") or "medium")[:60]
