"""Differences between two tokenizers on the same media: two means with wide spreads hide what each picture says.

Pairs are the media that both could do, and of times the rounds in which both ran. The interval of the mean difference
is Student's t interval at 95% over the pairs; it holds where pairs are many or their differences about normal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.compare.columns import Column, compared_columns
from explorer.compare.result import Cell, Comparison, MediumFigures
from explorer.foundation.words import count_of

LEVEL = 0.95
MOST_DIGITS = 12  # after the point; a difference that needs more is rounding


@dataclass(frozen=True)
class Difference:
    """A tokenizer less its baseline. mean: over the `pairs` whose difference is finite; None without any.

    half_width: of the 95% interval around the mean; None for fewer than two pairs. wins, losses, ties: of all pairs,
    also those of infinite figures (identical pictures). of: what a pair is, "pictures" or "rounds".
    """

    mean: float | None
    half_width: float | None
    pairs: int
    wins: int
    losses: int
    ties: int
    of: str

    @property
    def total(self) -> int:
        return self.wins + self.losses + self.ties

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out; of infinite figures alone, whether one side is better in every pair."""
        if self.mean is None:
            return 0 < self.total in (self.wins, self.losses)
        return self.half_width is not None and abs(self.mean) > self.half_width


def differences(comparison: Comparison, baseline: str) -> dict[str, dict[str, Difference]]:
    """Id of each other tokenizer -> key of a compared column -> its difference to the baseline, over the media of the
    table."""
    shared, columns = comparison.shared, compared_columns(comparison.kind)
    return {
        spec.id: {column.key: difference(column, shared, spec.id, baseline) for column in columns}
        for spec in comparison.working
        if spec.id != baseline
    }


def difference(column: Column, media: Sequence[MediumFigures], tokenizer_id: str, baseline: str) -> Difference:
    """Of one column over these media, which both could do."""
    pairs: list[tuple[float, float]] = []
    for medium in media:
        one, other = medium.cell(tokenizer_id), medium.cell(baseline)
        if one is None or other is None:
            continue
        if column.runs is not None:
            pairs += _of_rounds(column, one, other)
            continue
        values = column.value(one, medium), column.value(other, medium)
        if None not in values:
            pairs.append(values)  # type: ignore[arg-type]
    noun = "rounds" if column.runs is not None else "media"
    return difference_of(pairs, column.better or "high", noun)


def difference_of(pairs: Sequence[tuple[float, float]], better: str, of: str) -> Difference:
    """The difference of pairs (own, baseline's)."""
    sign = 1 if better == "high" else -1
    wins, losses = (sum(sign * side * a > sign * side * b for a, b in pairs) for side in (1, -1))
    finite = np.array([a - b for a, b in pairs if math.isfinite(a) and math.isfinite(b)])
    mean = float(finite.mean()) if len(finite) else None
    return Difference(mean, _half_width(finite), len(finite), wins, losses, len(pairs) - wins - losses, of)


def difference_words(column: Column, found: Difference, noun: str, nouns: str) -> str:
    """ "+0.43 ± 0.12 dB, better on 24 of 24 pictures"; "not measured" without a pair. Of times it says that it is a
    mean: their table has medians, whose difference is another number."""
    if not found.total:
        return "not measured"
    of_rounds = found.of == "rounds"
    noun, nouns = ("round", "rounds") if of_rounds else (noun, nouns)
    unit = f" {column.unit}" if column.unit else ""
    if found.mean is None:
        said = "no finite pair"
    else:
        digits = _digits(found.mean, column.digits)
        width = "" if found.half_width is None else f" ± {found.half_width:.{digits}f}"
        said = f"{found.mean:+.{digits}f}{width}{unit}" if found.mean else f"{0:.{digits}f}{width}{unit}"
    word, place = ("faster", "in") if of_rounds else ("better", "on")
    count = count_of(found.total, noun, nouns)
    ties = f", alike {place} {found.ties:,}" if found.ties else ""
    left = f"; mean of {found.pairs:,}, the others are not finite" if 0 < found.pairs < found.total else ""
    mean = "mean difference; " if of_rounds and found.mean is not None else ""
    return f"{said}, {mean}{word} {place} {found.wins:,} of {count}{ties}{left}"


def _digits(mean: float, least: int) -> int:
    """So many digits, at least those of the column, that a difference does not read as none."""
    shown = (digits for digits in range(least, MOST_DIGITS) if float(f"{mean:.{digits}f}"))
    return next(shown, least) if mean else least


def _of_rounds(column: Column, one: Cell, other: Cell) -> list[tuple[float, float]]:
    """The times of the rounds in which both ran."""
    theirs = dict(zip(other.times.rounds, column.runs(other), strict=True))  # type: ignore[misc]
    own = zip(one.times.rounds, column.runs(one), strict=True)  # type: ignore[misc]
    return [(time, theirs[number]) for number, time in own if number in theirs]


def _half_width(values: np.ndarray) -> float | None:
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # lazy: the app starts without scipy

    quantile = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2))
    return quantile * float(values.std(ddof=1)) / math.sqrt(len(values))
