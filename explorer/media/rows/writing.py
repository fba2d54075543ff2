"""A series as a file: .csv with a line of names, in the units of its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column, in_units, plain_columns


def csv_bytes(values: np.ndarray, columns: Sequence[Column] = (), rate_hz: float | None = None) -> bytes:
    """(T, D) as a tokenizer has it -> .csv in the units of the columns, six digits of each range; with time if known.

    `load_series` reads it back. Raises MediaError for another shape, and for NaN.
    """
    if values.ndim != 2 or 0 in values.shape or (columns and len(columns) != values.shape[1]):
        raise MediaError(f"An array of shape {values.shape} is no series of {len(columns)} columns.")
    if not np.isfinite(values).all():
        raise MediaError("The series holds NaN or infinite values and cannot be written.")
    names = [column.title for column in columns or plain_columns(values.shape[1])]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((["time [s]"] if rate_hz else []) + names)
    numbers = np.asarray(in_units(values, columns), np.float64)  # (T, D)
    digits = _digits(numbers)
    for row, cells in enumerate(numbers):
        time = [f"{row / rate_hz:.9g}"] if rate_hz else []
        writer.writerow(time + [f"{cell:.{many}g}" for cell, many in zip(cells, digits, strict=True)])
    return text.getvalue().encode()


def _digits(numbers: np.ndarray) -> list[int]:
    """Of each column of (T, D): six of its range, and as many before them as its distance from 0 takes."""
    most, reach = np.abs(numbers).max(0), np.ptp(numbers, axis=0)
    far = np.log10(np.where(reach > 0, most / np.where(reach > 0, reach, 1), 1).clip(1, 1e9))
    return (6 + far.astype(int)).clip(6, 15).tolist()
