"""The comparison as an endpoint: media and ids in, the table and its files out, within the limits of a call."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from explorer.compare.choice import modality_of_ids, tokenizer_ids
from explorer.compare.media import open_media
from explorer.compare.run import Options, run_comparison
from explorer.compare.writing import Writer, table_json
from explorer.figures.reports.comparison import html_report
from explorer.foundation.config import settings
from explorer.foundation.errors import MediaError
from explorer.foundation.owners import has_left
from explorer.pages.api.leaving import check_there
from explorer.tokenizers import load_tokenizer

REPEATS = 5  # timed rounds on a single medium; of a set the media are rounds themselves
MOST_SECONDS = 120.0  # of one call; more is for the command line


def compare_files(files: list[str] | None, tokenizers: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Media (or a zip of them) and ids such as "rvq-4, fsq" -> (the table, paths in `folder`, the report first).

    The table is `writing.table_json`, with the differences to each tokenizer as a baseline. It has also "complete"
    (False if MOST_SECONDS were over first), "planned", "device", "skipped" and "failures" as lists of [name, why].
    Raises ExplorerError in plain words.
    """
    if not files:
        raise MediaError("No file was sent.")
    ids = tokenizer_ids(tokenizers)
    media = open_media(files, settings().limits, modality=modality_of_ids(ids))
    loaded, writer = [load_tokenizer(one) for one in ids], Writer(folder, html_report, maps_of=0)
    end = time.monotonic() + MOST_SECONDS
    options = Options(repeats=REPEATS if len(media) == 1 else 1)

    def is_over() -> bool:
        return has_left() or time.monotonic() > end

    comparison = run_comparison(media, loaded, options, writer.add, cancelled=is_over)
    check_there()
    paths = sorted(writer.finish(comparison), key=lambda path: path.suffix != ".html")
    failures = [[f"{medium.name}: {name}", why] for medium in comparison.media for name, why in medium.failures]
    about = {
        "complete": comparison.complete,
        "planned": comparison.planned,
        "device": comparison.device,
        "skipped": [list(one) for one in comparison.skipped],
        "failures": failures,
    }
    return table_json(comparison) | about, [str(path) for path in paths]
