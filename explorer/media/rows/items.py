"""Items: a table with a vector for each row, from .csv or .npy, and what its rows are called.

Letters of the shapes: N items, D numbers of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.foundation.words import count_of, is_are
from explorer.media.caps import twice
from explorer.media.pictures.opening import bytes_of
from explorer.media.rows.arrays import MAGIC, read_npy
from explorer.media.rows.features import FEATURES, item_features
from explorer.media.rows.tables import Table, read_table
from explorer.media.rows.text import looks_like_table, open_table

DEFAULT_LIMITS = Limits()
NAMES = ("title", "name", "item", "label", "product", "original_title")  # columns that name an item, best first
MAKERS = ("authors", "author", "artist", "brand", "maker", "by", "description")
KINDS = ("category", "genre", "class", "type", "kind", "department")
NUMBERS = ("year", "original_publication_year", "average_rating", "rating", "ratings_count", "price", "count")
MOST_CATEGORIES = 64
MOST_DIMENSIONS = 4096
MOST_ITEMS = 60_000  # each is a pixel wide at least, and JPEG and canvases end at 65,500
MOST = 1e15  # of a number: its square is one of 32 bits


@dataclass(frozen=True)
class LoadedItems:
    """values: (N, D) float64. labels: "name" and "category" of each item, where the table has them."""

    values: np.ndarray
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = self.values.ndim != 2 or 0 in self.values.shape
        if wrong or any(len(one) != len(self.values) for one in self.labels.values()):
            raise MediaError(f"A table of items is (N, D) with a label a row, got {self.values.shape}.")


def load_items(source: Path | str | bytes | np.ndarray, limits: Limits = DEFAULT_LIMITS) -> LoadedItems:
    """A .csv or .npy file, its bytes, or an array (N, D) -> LoadedItems.

    A table with a column of titles or names becomes vectors of hashed words and ranked numbers (`features`); another
    one has its numbers as they are. Raises MediaError with what was wrong and what to do.
    """
    items = _read(source, limits)
    if len(items.values) <= MOST_ITEMS:
        return items
    labels = {name: words[:MOST_ITEMS] for name, words in items.labels.items()}
    said = f"Only the first {MOST_ITEMS:,} items are read: no picture is wide enough for more."
    return LoadedItems(items.values[:MOST_ITEMS], labels, (*items.notes, said))


def _read(source: Path | str | bytes | np.ndarray, limits: Limits) -> LoadedItems:
    if isinstance(source, np.ndarray):
        return _of_array(source, limits)
    data = bytes_of(source, limits, "table")
    if data[: len(MAGIC)] == MAGIC:
        return _of_array(read_npy(data), limits)
    if not looks_like_table(data):
        raise MediaError(
            "This file is no table of items. Give a .csv with a line of names and a column that is mostly numbers, or "
            "a .npy (items, D)."
        )
    return items_of(read_table(data, limits.item_values, NUMBERS if names_items(data) else None), limits)


def names_items(data: bytes) -> bool:
    """Whether the first line of a table names a column of titles or names. Never raises for a table."""
    try:
        return any(column.name.casefold() in NAMES for column in open_table(data).columns)
    except MediaError:
        return False


def items_of(table: Table, limits: Limits = DEFAULT_LIMITS) -> LoadedItems:
    """The items of a table that was read. Raises MediaError."""
    notes, many = list(table.notes), len(table.values)
    if many < 2:
        raise MediaError(f"The table has {count_of(many, 'row')}; items need at least 2.")
    if table.more:
        notes.append(f"Only the first {many:,} items are read. {twice('items', limits.item_values)}")
    titles, category = _column(table, NAMES), _category(table)
    labels = {} if titles is None else {"name": tuple(table.words[titles])}
    if category is not None:
        labels["category"] = tuple(table.words[category])
    if titles is not None:
        makers = _column(table, MAKERS)
        chosen = [place for place, column in enumerate(table.columns) if column.name.casefold() in NUMBERS]
        values = item_features(labels["name"], None if makers is None else table.words[makers], table.values[:, chosen])
        numbered = [table.columns[one].name for one in chosen]
        used = ", ".join(repr(one) for one in (titles, *([makers] if makers else []), *numbered))
        notes.append(f"Each item is {FEATURES} numbers made of {used}: words hashed, numbers ranked.")
        return LoadedItems(values, labels, tuple(notes))
    first = next((name for name in table.words if name != category), None)
    if first is not None:
        labels["name"] = tuple(table.words[first])
    return LoadedItems(_complete(table.values, [column.name for column in table.columns]), labels, tuple(notes))


def fit_items(items: LoadedItems, dimensions: int) -> LoadedItems:
    """The items as vectors of so many numbers: as they are, or moved, scaled and projected on their principal axes.

    What was projected has the mean square of hashed features, 1 / dimensions a number.
    """
    values, notes = items.values, list(items.notes)
    have = values.shape[1]
    if have == dimensions:
        return items
    centred = values - values.mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    kept = min(dimensions, len(axes))
    share = float((sizes[:kept] ** 2).sum() / max((sizes**2).sum(), 1e-300))
    found = np.zeros((len(values), dimensions))
    found[:, :kept] = centred @ axes[:kept].T
    scale = np.sqrt(np.square(found).sum(1).mean())
    found /= scale if scale > 1e-12 else 1.0
    how = "filled up with zeros" if have < dimensions else f"projected on their first {dimensions} principal axes"
    notes.append(
        f"{have:,} numbers an item {how} ({share:.0%} of the variance), moved and scaled; the codes were learned on "
        "other items, so look at the error."
    )
    return LoadedItems(found, items.labels, tuple(notes))


def _column(table: Table, names: tuple[str, ...]) -> str | None:
    """The first column of words of one of these names, best first."""
    known = {name.casefold(): name for name in table.words}
    return next((known[name] for name in names if name in known), None)


def _category(table: Table) -> str | None:
    """The column of words that says the kind of an item: by its name, or the one of few values that come again."""
    named = _column(table, KINDS)
    if named is not None:
        return named
    for name, words in table.words.items():
        distinct = len(set(words))
        if 2 <= distinct <= MOST_CATEGORIES and 3 * distinct <= len(words) and name.casefold() not in NAMES + MAKERS:
            return name
    return None


def _of_array(array: np.ndarray, limits: Limits) -> LoadedItems:
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        shape = " x ".join(f"{extent:,}" for extent in array.shape)
        raise MediaError(f"An array of {shape} {array.dtype} is no table of items: give numbers (items, D).")
    if array.shape[1] > MOST_DIMENSIONS:
        raise MediaError(f"The items have {array.shape[1]:,} numbers each; {MOST_DIMENSIONS:,} is the most.")
    most = max(2, limits.item_values // max(1, array.shape[1]))
    values = np.asarray(array[:most], np.float64)
    if len(values) < 2:
        raise MediaError(f"The table has {count_of(len(values), 'row')}; items need at least 2.")
    notes = (f"Only the first {most:,} items are read. {twice('items', limits.item_values)}",) * (len(array) > most)
    return LoadedItems(_complete(values, [f"column {place + 1}" for place in range(values.shape[1])]), {}, notes)


def _complete(values: np.ndarray, names: list[str]) -> np.ndarray:
    """The values, all of them numbers. Raises MediaError for a gap: a vector with one has no place."""
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        others = int(bad.sum()) - 1
        also = f", and {others:,} more {is_are(others)} missing" if others else ""
        raise MediaError(
            f"Item {row + 1:,} has no number in {names[column]!r} (NaN, infinite or empty){also}. Fill it, or leave "
            "such items out."
        )
    if np.abs(values).max() > MOST:
        row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
        raise MediaError(
            f"Item {row + 1:,} has {values[row, column]:.3g} in {names[column]!r}; {MOST:g} is the most. Scale the "
            "numbers down and try again."
        )
    return values
