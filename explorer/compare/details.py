"""What is said of one medium beyond the columns of the table: by column of a series, by prefix of ids, by distance.

A detail is a table of its own, with a row for each part and a cell for each tokenizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Entry:
    """A cell: of a row and a tokenizer. values: measure -> number. text: as it stands on the screen, without unit."""

    row: str
    tokenizer_id: str
    values: dict[str, float]
    text: str


@dataclass(frozen=True)
class Detail:
    """rows: their names, in order, each with the unit of its cells. parts: what a row is, such as "Column".

    measures: keys of the values of an entry, the first of which decides what is best. words: what a cell holds.
    baseline: id of the tokenizer that the others are held against in this table, "" where there is none.
    """

    key: str
    title: str
    parts: str
    rows: tuple[tuple[str, str], ...]
    measures: tuple[str, ...]
    entries: tuple[Entry, ...]
    words: str
    better: Literal["low", "high"] | None = None
    baseline: str = ""

    def entry(self, row: str, tokenizer_id: str) -> Entry | None:
        """The cell, None where there is none."""
        return next((one for one in self.entries if (one.row, one.tokenizer_id) == (row, tokenizer_id)), None)

    def best(self, row: str) -> tuple[str, ...]:
        """Ids of the tokenizers that are best in a row, as it shows; () where all are alike."""
        cells = [one for one in self.entries if one.row == row]
        if self.better is None or len({one.text for one in cells}) < 2:
            return ()
        pick = min if self.better == "low" else max
        top = pick(one.values[self.measures[0]] for one in cells)
        return tuple(one.tokenizer_id for one in cells if one.values[self.measures[0]] == top)


def details_against(details: Sequence[Detail], baseline: str) -> list[Detail]:
    """Those without a baseline, and those of this one."""
    return [one for one in details if one.baseline in ("", baseline)]


def detail_json(detail: Detail, ids: tuple[str, ...]) -> dict[str, object]:
    """{"key", "title", "parts", "words", "baseline", "rows": [{"name", "unit", "cells": {id: text}, "best": [id]}]}."""
    rows = []
    for name, unit in detail.rows:
        found = {one: detail.entry(name, one) for one in ids}
        cells = {one: entry.text for one, entry in found.items() if entry is not None}
        rows.append({"name": name, "unit": unit, "cells": cells, "best": list(detail.best(name))})
    names = ("key", "title", "parts", "words", "baseline")
    return {name: getattr(detail, name) for name in names} | {"rows": rows}
