"""Rows of numbers: 10,000 items from a file to ids and figures, a long series through each tokenizer, and its page."""

from __future__ import annotations

import csv
import io
import json
import time

import numpy as np

from explorer.compare.run import Options, compare_medium
from explorer.media.medium import load_medium, tokenized
from explorer.media.rows.items import items_of
from explorer.media.rows.made_items import books_table
from explorer.pages.inspect.items import items_figures
from explorer.tokenizers import load_tokenizer
from explorer.views.compare.drawing import drawn_payload

ITEMS, ROWS, COLUMNS = 10_000, 9_000, 7


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    return [_items(), _compared(), *(_series(name) for name in ("fast-actions", "series-vq", "series-rvq"))]


def _items() -> tuple[str, str, str]:
    table, text = books_table(ITEMS, 1), io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*table.words, *(column.name for column in table.columns)])
    writer.writerows(zip(*table.words.values(), *table.values.T.tolist(), strict=True))
    data, tokenizer = text.getvalue().encode(), load_tokenizer("items-rq")
    start = time.perf_counter()
    record = tokenized(load_medium(data), tokenizer, 256)
    figures = items_figures(record, record.reconstruction)
    seconds = time.perf_counter() - start
    shared = next(one["value"] for one in figures if one["id"] == "collision_rate")
    return f"{ITEMS:,} items: read, ids, figures", f"{seconds:.2f} s ({shared:.1f} % share an id)", "5 s"


def _compared() -> tuple[str, str, str]:
    """The same items through two tokenizers: ids, what they tell apart, which are assigned anew."""
    items = items_of(books_table(ITEMS, 1))
    tokenizers = [load_tokenizer(name) for name in ("items-rq", "items-rq-3")]
    start = time.perf_counter()
    found = compare_medium("items", items, tokenizers, Options(repeats=0))
    sent = len(json.dumps(drawn_payload(found)))
    seconds = time.perf_counter() - start
    return f"{ITEMS:,} items: compared by two tokenizers, packed", f"{seconds:.2f} s, {sent / 2**20:.2f} MiB", ""


def _series(name: str) -> tuple[str, str, str]:
    values = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).cumsum(0).astype(np.float32)
    buffer, tokenizer = io.BytesIO(), load_tokenizer(name)
    np.save(buffer, values)
    start = time.perf_counter()
    record = tokenized(load_medium(buffer.getvalue()), tokenizer, 256)
    tokenizer.pieces(record.levels[0])
    seconds = time.perf_counter() - start
    return f"{ROWS:,} rows of {COLUMNS} columns: read, {name}", f"{seconds:.2f} s", "5 s"
