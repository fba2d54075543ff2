"""What the columns of rows of numbers are called, in which unit they are, and how they were scaled for a tokenizer.

Between a tokenizer and a record, values are those that the tokenizer takes, mostly in [-1, 1], as a picture's are in
[0, 1] there. In the unit of its column a value is offset + spread * value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from explorer.foundation.errors import RecordError


@dataclass(frozen=True)
class Column:
    """unit: as a person writes it, "" where nobody said. offset, spread: of its scale; spread is above 0."""

    name: str
    unit: str = ""
    offset: float = 0.0
    spread: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.offset) and 0 < self.spread < math.inf):
            raise RecordError(f"column {self.name!r} has no sound scale: {self.offset} + {self.spread} * value")

    @property
    def title(self) -> str:
        """Its name with its unit in brackets."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


def in_units(values: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """(..., D) as a tokenizer has them -> (..., D) float64 in the units of the columns; as they are without columns."""
    values = np.asarray(values, np.float64)
    if not columns:
        return values
    return values * spreads(columns) + np.array([column.offset for column in columns])


def spreads(columns: Sequence[Column]) -> np.ndarray:
    """What a difference of 1 is in the unit of each column, (D,) float64: what errors are multiplied by."""
    return np.array([column.spread for column in columns])


def plain_columns(count: int) -> tuple[Column, ...]:
    """Columns that nobody named: "column 1" and so on."""
    return tuple(Column(f"column {number + 1}") for number in range(count))


def columns_meta(columns: Sequence[Column]) -> list[dict[str, object]]:
    """As JSON takes them."""
    return [asdict(column) for column in columns]


def read_columns(values: object) -> tuple[Column, ...]:
    """What `columns_meta` wrote. Raises RecordError for anything else."""
    try:
        return tuple(
            Column(str(one["name"]), str(one["unit"]), float(one["offset"]), float(one["spread"]))
            for one in values  # type: ignore[attr-defined]
        )
    except RecordError:
        raise
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise RecordError("columns need a name, a unit, an offset and a spread each") from error
