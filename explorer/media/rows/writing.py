"""A series as a file: .csv with a line of names, in the units of its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column, in_units, plain_columns


def csv_bytes(values: np.ndarray, columns: Sequence[Column] = (), rate_hz: float | None = None) -> bytes:
    """(T, D) as a tokenizer has it -> .csv in the units of the columns, six digits; with time where the rate is known.

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
    for row, numbers in enumerate(in_units(values, columns)):
        time = [f"{row / rate_hz:.9g}"] if rate_hz else []
        writer.writerow(time + [f"{number:.6g}" for number in numbers])
    return text.getvalue().encode()
