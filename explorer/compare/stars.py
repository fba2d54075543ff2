"""Which value of a column is marked as its best: only where the data tell it from the others.

- What is lost (PSNR, SI-SDR, ...): among tokenizers that spend as many bits, since more bits buy a better value. Over
  several media the paired difference to each of the others must be clear of 0 (see `differences`); over one medium what
  shows counts.
- Times: over all tokenizers, if the quartiles of the fastest lie below those of every other.
- What is spent (tokens, bits, entropy) and facts (parameters): never. Fewer bits are no merit of their own, and a
  collapsed codebook has the lowest entropy.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.compare.columns import Column
from explorer.compare.differences import difference
from explorer.compare.result import MediumFigures
from explorer.compare.spread import Quartiles, Row, Spread

SAME_RATE = 0.01  # rates within that share of each other count as equal


def stars(column: Column, rows: Sequence[Row], rate_key: str, media: Sequence[MediumFigures]) -> tuple[str, ...]:
    """The ids of the rows that are marked in that column; () for none."""
    if not column.starred:
        return ()
    if column.group == "time":
        return _fastest(column, rows)
    return tuple(one for group in rate_groups(rows, rate_key) for one in _best_of(column, group, media))


def rate_groups(rows: Sequence[Row], rate_key: str) -> list[list[Row]]:
    """Rows that spend as many bits, by rising rate."""
    known = sorted((row for row in rows if row.number(rate_key) is not None), key=lambda row: row.number(rate_key))
    groups: list[list[Row]] = []
    for row in known:
        lowest = groups[-1][0].number(rate_key) if groups else None
        if lowest is not None and row.number(rate_key) <= lowest * (1 + SAME_RATE):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _best_of(column: Column, rows: Sequence[Row], media: Sequence[MediumFigures]) -> tuple[str, ...]:
    values = {row.tokenizer_id: row.cells[column.key] for row in rows}
    there = {key: value for key, value in values.items() if isinstance(value, Spread)}
    if len(there) < 2 or any(value.count < len(media) for value in there.values()):
        return ()  # means over different media do not say who is better
    shows = {key: round(value.mean, column.digits) for key, value in there.items()}
    top = (min if column.better == "low" else max)(shows.values())
    best = [key for key, value in shows.items() if value == top]
    rest = [key for key in there if key not in best]
    if not rest:
        return ()
    told = len(media) < 2 or all(difference(column, media, one, best[0]).clear for one in rest)
    return tuple(best) if told else ()


def _fastest(column: Column, rows: Sequence[Row]) -> tuple[str, ...]:
    there = {row.tokenizer_id: row.cells[column.key] for row in rows}
    known = {key: value for key, value in there.items() if isinstance(value, Quartiles)}
    if len(known) < 2 or min(value.count for value in known.values()) < 2:
        return ()
    best = min(known, key=lambda key: known[key].median)
    clear = all(value.low > known[best].high for key, value in known.items() if key != best)
    return (best,) if clear else ()
