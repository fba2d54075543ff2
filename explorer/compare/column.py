"""A column of a comparison's table: what it is, of which unit, and how it is had from a cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from explorer.compare.result import Cell, MediumFigures

Value = Callable[[Cell, MediumFigures], "float | None"]
Runs = Callable[[Cell], "tuple[float, ...]"]


@dataclass(frozen=True)
class Column:
    """unit: "" for plain numbers. better: which end is the better one, None where neither is. digits: after the point.

    starred: whether its best is marked, see `stars`: of what is lost and of times, never of what is spent (that fewer
    bits are fewer says nothing of how well they are used). group: "quality", "cost" or "fact". value: of one cell; None
    for a column that is a fact of the tokenizer. runs: of a time, each timed run. words: what it is, in one line.
    """

    key: str
    title: str
    unit: str
    better: Literal["low", "high"] | None
    digits: int
    words: str
    value: Value | None = None
    group: Literal["quality", "time", "cost", "fact"] = "cost"
    runs: Runs | None = None

    @property
    def measure(self) -> str:
        """What the head of the table says below the title: the unit, and of times which middle and spread it is."""
        return f"{self.unit}, median (quartiles)" if self.runs is not None else self.unit

    @property
    def starred(self) -> bool:
        return self.better is not None and self.group in ("quality", "time")


def quality_column(key: str, title: str, unit: str, better, digits: int, words: str, value: Value) -> Column:
    return Column(key, title, unit, better, digits, words, value, "quality")
