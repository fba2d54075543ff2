"""What a cell of the table holds: a mean with its spread, or the quartiles of times, and how each is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.compare.columns import Column


@dataclass(frozen=True)
class Spread:
    """mean and sample standard deviation (None for fewer than two) over `count` media, those whose value is finite.

    Left out are `identical` (+inf: the PSNR of a picture that came out unchanged), `opposite` (-inf: an SNR with
    nothing in common) and those not measured. Where all are infinite alike, the mean is, too.
    """

    mean: float
    deviation: float | None
    count: int
    identical: int = 0
    opposite: int = 0


@dataclass(frozen=True)
class Quartiles:
    """Of `count` timed runs: median, lower and upper quartile."""

    median: float
    low: float
    high: float
    count: int

    @property
    def mean(self) -> float:
        """What a column is sorted by."""
        return self.median


Value = Spread | Quartiles | str | int | None


@dataclass(frozen=True)
class Row:
    """cells: by the key of a column: a Spread or Quartiles, None where nothing could be measured, or a fact."""

    tokenizer_id: str
    title: str
    cells: dict[str, Value]

    def number(self, key: str) -> float | None:
        """What a column is sorted by: the mean, the median, the number itself; None for text and what is not there."""
        value = self.cells[key]
        if isinstance(value, Spread | Quartiles):
            return value.mean
        return float(value) if isinstance(value, int) else None


def spread(values: Sequence[float | None]) -> Spread | None:
    """Mean and deviation of the finite ones; None if nothing was measured, or infinities are of both signs."""
    measured = [value for value in values if value is not None]
    finite = [value for value in measured if math.isfinite(value)]
    identical, opposite = measured.count(math.inf), measured.count(-math.inf)
    if finite:
        deviation = float(np.std(finite, ddof=1)) if len(finite) > 1 else None
        return Spread(float(np.mean(finite)), deviation, len(finite), identical, opposite)
    if not measured or (identical and opposite):
        return None
    return Spread(measured[0], None, len(measured), identical, opposite)


def quartiles(times: Sequence[float]) -> Quartiles | None:
    """Of timed runs; None of none. Between two runs the quartiles are interpolated."""
    if not times:
        return None
    low, middle, high = (float(one) for one in np.quantile(times, (0.25, 0.5, 0.75)))
    return Quartiles(middle, low, high, len(times))


def cell_text(column: Column, value: Value, media: int = 0) -> str:
    """A cell as text: "24.11 ± 2.03", "76.1 (74.0 to 81.3)"; where it is over fewer media than the table it says what
    it leaves out: "24.11 ± 2.03 (22 of 24, 2 identical left out)"."""
    if isinstance(value, str):
        return value
    if value is None:
        return "not measured"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Quartiles):
        text, low, high = (f"{one:,.{column.digits}f}" for one in (value.median, value.low, value.high))
        return text if value.count < 2 else f"{text} ({low} to {high})"
    few = f" ({value.count} of {media}{_left_out(value)})" if value.count < media else ""
    if math.isinf(value.mean):
        return f"∞ (identical){few}" if value.mean > 0 else f"-∞ (nothing in common){few}"
    text = f"{value.mean:,.{column.digits}f}"
    varies = value.deviation is not None and round(value.deviation, column.digits) > 0
    return f"{text} ± {value.deviation:,.{column.digits}f}{few}" if varies else text + few


def _left_out(value: Spread) -> str:
    """Why a mean is over fewer: ", 2 identical left out"."""
    if math.isinf(value.mean):
        return ""
    words = [f"{value.identical} identical"] if value.identical else []
    words += [f"{value.opposite} with nothing in common"] if value.opposite else []
    return f", {' and '.join(words)} left out" if words else ", the others not measured"
