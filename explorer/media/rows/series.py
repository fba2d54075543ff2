"""Series: rows of numbers that go on in time, read from .csv or .npy, and scaled for a tokenizer.

Every step that changes what is tokenized is said in `LoadedSeries.notes`. Every failure is a MediaError of one line.
Letters of the shapes: T rows, D columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.foundation.words import count_of
from explorer.joints.columns import Column, plain_columns
from explorer.media.caps import twice
from explorer.media.pictures.opening import bytes_of
from explorer.media.rows.arrays import MAGIC, read_npy
from explorer.media.rows.tables import Table, read_table
from explorer.media.rows.text import MOST_COLUMNS, looks_like_table

DEFAULT_LIMITS = Limits()
TIME_NAMES = ("time", "t", "seconds", "second", "sec", "timestamp", "time_s", "ms", "milliseconds", "time_ms")
SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "milliseconds": 1e-3, "us": 1e-6}
SECONDS |= {"µs": 1e-6, "μs": 1e-6, "microseconds": 1e-6, "ns": 1e-9, "nanoseconds": 1e-9, "min": 60.0}
SECONDS |= {"minutes": 60.0, "h": 3600.0, "hours": 3600.0, "d": 86400.0, "days": 86400.0}  # of a unit of time
UNSAID = ("time", "t", "timestamp")  # names that say no unit
UNEVEN = 0.05  # of a time step: what differs more from the usual one is said
MOST_MISSING = 0.5  # of a column, that a line between neighbours may fill
QUANTILES = (0.01, 0.99)  # that a column without a scale of its own is scaled by
WIDEST = 1e280  # of a value: what it is scaled by is a number then
MOST = 1e15  # of a scaled value: its square is a number of 32 bits
FAR = 3.0  # times the range that a column was fitted on


@dataclass(frozen=True)
class LoadedSeries:
    """values: (T, D) float64, in the units of the columns or scaled by them. rate_hz: rows a second, None if unknown.

    notes: what was done on the way in, in plain words.
    """

    values: np.ndarray
    columns: tuple[Column, ...]
    rate_hz: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or 0 in self.values.shape or self.values.shape[1] != len(self.columns):
            raise MediaError(f"A loaded series is (T, D) with D columns, got {self.values.shape}, {len(self.columns)}.")


def load_series(
    source: Path | str | bytes | np.ndarray, limits: Limits = DEFAULT_LIMITS, rate_hz: float | None = None
) -> LoadedSeries:
    """A .csv or .npy file, its bytes, or an array (T,) or (T, D) -> LoadedSeries in the file's own units.

    Rows over `limits.series_values` numbers are left out. Raises MediaError with what was wrong and what to do.
    """
    if isinstance(source, np.ndarray):
        return _finished(_from_array(source, limits), rate_hz, [], limits)
    data = bytes_of(source, limits, "table")
    if data[: len(MAGIC)] == MAGIC:
        return _finished(_from_array(read_npy(data), limits), rate_hz, [], limits)
    if not looks_like_table(data):
        raise MediaError(
            "This file is no table of numbers. Give a .csv (text, one row a line) or a .npy (rows, columns)."
        )
    table = read_table(data, limits.series_values)
    notes = [f"Column {name!r} holds words, and is left out." for name in table.words] + list(table.notes)
    table, found = _without_time(table, notes)
    return _finished(table, rate_hz or found, notes, limits)


def fit_series(series: LoadedSeries, known: Sequence[Column], multiple: int) -> LoadedSeries:
    """The series with every column scaled to about [-1, 1], and as many rows as `multiple` divides.

    A column of the name and unit of one of `known`, which the tokenizer was fitted on, is scaled as that one was;
    another by its own 1st and 99th percentile (FAST, Pertsch et al. 2025, section V), which whoever decodes it needs to
    know. The last row is repeated to fill the last token or chunk.
    """
    notes, columns, own = list(series.notes), [], []
    _check_reach(series.values, series.columns, WIDEST)
    for place, column in enumerate(series.columns):
        found = next((one for one in known if _same(column, one)), None)
        columns.append(found or scale_own(series.values[:, place], column))
        own += [] if found else [column.name]
    offset, spread = (np.array([getattr(one, name) for one in columns]) for name in ("offset", "spread"))
    values = (series.values - offset) / spread  # (T, D)
    _check_reach(values, columns, MOST)
    if known and own:
        notes.append(
            f"{_listed(own)} {'is no column' if len(own) == 1 else 'are no columns'} that this was fitted on: "
            "scaled by its own 1st and 99th percentile, which would have to be sent beside the tokens."
        )
    far = [one.name for one, most in zip(columns, np.abs(values).max(0), strict=True) if most > FAR]
    if far:
        notes.append(
            f"{_listed(far)} reaches more than {FAR:g} times as far as its scale: what is there may be cut off."
        )
    missing = -len(values) % multiple
    if missing:
        values = np.concatenate([values, np.repeat(values[-1:], missing, axis=0)])
        rows = count_of(missing, "time", "times")
        notes.append(
            f"The last row is repeated {rows}: {len(series.values):,} become {len(values):,} rows, a multiple of "
            f"{multiple}."
        )
    return LoadedSeries(values, tuple(columns), series.rate_hz, tuple(notes))


def _check_reach(values: np.ndarray, columns: Sequence[Column], most: float) -> None:
    """Raise MediaError that names the column of (T, D) with a value beyond `most`."""
    reach = np.abs(values).max(0)  # (D,)
    if (reach > most).any():
        row = np.abs(values[:, reach.argmax()]).argmax()
        raise MediaError(
            f"Row {row + 1:,}, column {columns[reach.argmax()].name!r} lies too far from the other values for numbers "
            "of 32 bits. Replace it if it is no measurement, and try again."
        )


def _same(column: Column, fitted: Column) -> bool:
    """Whether a column is the one that was fitted: by name, and by unit where the file says one."""
    named = column.name.casefold() == fitted.name.casefold()
    return named and column.unit.casefold() in ("", fitted.unit.casefold())


def scale_own(values: np.ndarray, column: Column) -> Column:
    """Scaled so that its 1st and 99th percentile are -1 and 1; one that hardly moves keeps its unit."""
    low, high = np.quantile(values, QUANTILES)
    if not high - low > 1e-9 * max(1.0, abs(low), abs(high)):
        low, high = values.min(), values.max()
    spread = (high - low) / 2
    return replace(column, offset=float((low + high) / 2), spread=float(spread) if spread > 1e-12 else 1.0)


def _from_array(array: np.ndarray, limits: Limits) -> Table:
    given = " x ".join(f"{extent:,}" for extent in array.shape) or "one number"
    if array.ndim == 1:
        array = array[:, None]
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2:
        raise MediaError(f"An array of {given} is no series: give one (rows, columns), or (rows,).")
    if array.dtype.kind not in "fiub":
        raise MediaError(f"An array of {array.dtype} is no series of numbers. Give floats or integers.")
    if array.shape[1] > MOST_COLUMNS:
        turned = " Its rows may be its columns: turn it (array.T)." if array.shape[0] <= MOST_COLUMNS else ""
        raise MediaError(f"The array has {array.shape[1]:,} columns; {MOST_COLUMNS} is the most.{turned}")
    most = max(2, limits.series_values // max(1, array.shape[1]))
    values = np.asarray(array[:most], np.float64)
    if np.isinf(values).any():
        row, column = np.argwhere(np.isinf(values))[0]
        raise MediaError(f"Row {row + 1}, column {column + 1} is infinite. Replace it and try again.")
    return Table(values, plain_columns(values.shape[1]), {}, len(array) > most)


def _finished(table: Table, rate_hz: float | None, notes: list[str], limits: Limits) -> LoadedSeries:
    """What was read, checked, with its gaps filled."""
    rows = len(table.values)
    if rows < 2:
        raise MediaError(f"The table has {count_of(rows, 'row')} of numbers; a series needs at least 2.")
    if table.more:
        notes.append(f"Only the first {rows:,} rows are read. {twice('values', limits.series_values)}")
    values = _filled(table, notes)
    return LoadedSeries(values, table.columns, rate_hz, tuple(notes))


def _filled(table: Table, notes: list[str]) -> np.ndarray:
    """Gaps filled on a line between the neighbours. Raises MediaError for a column that is mostly gaps."""
    values, gaps = table.values.copy(), np.isnan(table.values)
    for place, column in enumerate(table.columns):
        missing = int(gaps[:, place].sum())
        if missing > MOST_MISSING * len(values):
            raise MediaError(
                f"Column {column.name!r} is missing (empty or NaN) in {missing:,} of {len(values):,} rows. Fill it, or "
                "leave the column out."
            )
        if missing:
            there = ~gaps[:, place]
            values[~there, place] = np.interp(np.flatnonzero(~there), np.flatnonzero(there), values[there, place])
    if gaps.any():
        notes.append(f"{count_of(int(gaps.sum()), 'gap')} of {gaps.size:,} values filled on a line between neighbours.")
    return values


def _without_time(table: Table, notes: list[str]) -> tuple[Table, float | None]:
    """The table without a first column that counts time, and the rows a second that it tells."""
    first = table.columns[0]
    name, unit = first.name.casefold(), first.unit.casefold()
    times = table.values[:, 0]
    if name not in TIME_NAMES or len(table.columns) < 2 or len(times) < 2 or np.isnan(times).any():
        return table, None
    steps = np.diff(times)
    usual = float(np.median(steps))
    if not (usual > 0 and (steps > 0).all()):
        notes.append(f"Column {first.name!r} does not grow from row to row, so it is taken as a column, not as time.")
        return table, None
    told = unit or next((one for one in ("ms", "milliseconds") if name.endswith(one)), "")
    if told not in SECONDS:
        notes.append(
            f"Column {first.name!r} counts {told!r}, which is no unit of time known here (s, ms, us, ns, min, h, d), "
            "so it is taken as a column, not as time."
        )
        return table, None
    rate = float(f"{1 / (usual * SECONDS[told]):.7g}")  # so that 49.9999996 is 50
    unsaid = "" if told or name not in UNSAID else " in seconds, as it names no unit"
    notes.append(f"Column {first.name!r} is time{unsaid}: {rate:g} rows a second.")
    uneven = int((np.abs(steps - usual) > UNEVEN * usual).sum())
    if uneven:
        notes.append(f"{uneven:,} of {len(steps):,} time steps are uneven; rows are taken as evenly spaced.")
    return replace(table, values=table.values[:, 1:], columns=table.columns[1:]), rate


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")
