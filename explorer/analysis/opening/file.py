"""Opened: what a file still tells where no format knows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.analysis.opening.table_facts import CountFacts, TableFacts, count_facts, table_facts
from explorer.foundation.errors import CheckpointError
from explorer.loading.arrays import read_array, read_rows, readable
from explorer.loading.implicit import FoundRule, find_rules
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.loading.tables import FoundTable, find_tables
from explorer.public.header import Header, TensorInfo

MOST_TABLES = 40  # that are read; the rest are named
MOST_ROWS = 16_384  # of a table that are read, at even distances
MOST_NUMBERS = 2**25  # of one tensor that is read whole


@dataclass(frozen=True)
class OpenedTable:
    """found: by name and shape. part: which of several tables in one tensor, from 0. facts: None where its numbers are
    of a kind that cannot be read. counted: what training kept beside it. rows (n, D) float32: the codes that were read,
    all or at even distances, with their numbers `chosen` (n,). counts (K,): as training kept them, or None.
    """

    found: FoundTable
    part: int
    facts: TableFacts | None
    counted: CountFacts | None
    rows: np.ndarray
    chosen: np.ndarray
    counts: np.ndarray | None


@dataclass(frozen=True)
class OpenFile:
    """A file and what looks like codebooks in it. left: tables that were not read, since there are many. problem: why
    no format of the app reads it, "" if one does; format: its title then. rules: of codebooks without a table."""

    header: Header
    tables: tuple[OpenedTable, ...]
    left: int
    problem: str
    format: str = ""
    rules: tuple[FoundRule, ...] = ()


def open_file(path: Path) -> OpenFile:
    """Look at a file or folder, whatever it is. Raises CheckpointError if it is damaged, unsafe, or has no tensors."""
    header = read_header(Path(path))
    try:
        known = recognise(header)
    except CheckpointError as error:
        return open_tables(header, str(error))
    return open_tables(known.header, "", known.format.title)


def open_tables(header: Header, problem: str, format: str = "") -> OpenFile:
    """What the tensors of a header tell. problem: why no format reads it."""
    rules = tuple(find_rules(header.tensors))
    written = {rule.key for rule in rules}
    found = [table for table in find_tables(header.tensors) if table.key not in written]
    found = [table for table in found if table.surely] or found
    parts = [(table, part) for table in found for part in range(table.tables)]
    read = tuple(_opened(header, table, part) for table, part in parts[:MOST_TABLES])
    return OpenFile(header, read, len(parts) - len(read), problem, format, rules)


def _opened(header: Header, table: FoundTable, part: int) -> OpenedTable:
    counts = _counts(header, table, part)
    read = _vectors(header, table, part, counts)
    counted = None if counts is None else count_facts(counts)
    if read is None:
        return OpenedTable(table, part, None, counted, np.zeros((0, table.dim), np.float32), np.zeros(0, int), counts)
    chosen, rows = read
    return OpenedTable(table, part, table_facts(rows, table.codes), counted, rows.astype(np.float32), chosen, counts)


def _counts(header: Header, table: FoundTable, part: int) -> np.ndarray | None:
    """Counts (K,) of one table: of its own head, or summed over scales."""
    info = header.tensors.get(table.counts)
    if info is None or not readable(info) or info.count > MOST_NUMBERS:
        return None
    counts = read_array(table.counts, info).reshape(-1, table.codes).astype(np.float64)
    return counts[part] if len(counts) == table.tables else counts.sum(0)


def _vectors(
    header: Header, table: FoundTable, part: int, counts: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Numbers (n,) and rows (n, D) of one table, all or an even sample; None if they cannot be read."""
    info = header.tensors[table.key]
    if not readable(info) or (info.count > MOST_NUMBERS and (table.transposed or len(info.shape) != 2)):
        return None
    if table.transposed or len(info.shape) == 3:
        whole = read_array(table.key, info)
        rows = (whole.T if table.transposed else whole[part]).astype(np.float64)
        chosen = np.arange(len(rows))
    else:
        chosen, rows = _sampled(table.key, info)
    if table.summed and counts is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            rows = np.where(counts[chosen, None] > 0, rows / counts[chosen, None], 0.0)
    if table.turn and readable(header.tensors[table.turn]):
        rows = rows @ read_array(table.turn, header.tensors[table.turn]).astype(np.float64).T
    return chosen, rows


def _sampled(key: str, info: TensorInfo) -> tuple[np.ndarray, np.ndarray]:
    chosen, rows = read_rows(key, info, MOST_ROWS)
    return chosen, rows.astype(np.float64)
