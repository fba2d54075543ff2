"""What an opened file tells, in sentences and as plain values for JSON."""

from __future__ import annotations

import numpy as np

from explorer.analysis.opening.file import OpenedTable, OpenFile
from explorer.analysis.opening.table_facts import DEAD, TWIN, CountFacts, TableFacts
from explorer.foundation.words import count_of
from explorer.loading.implicit import FoundRule

LISTED = 24  # dead codes that are named in a sentence
MOST_LISTED = 65_536  # and in JSON
NOTHING = "No tensor looks like a codebook by its name and shape; a rule such as FSQ may keep nothing."


def name_of(table: OpenedTable) -> str:
    """The key of a table, with its number where several lie in one tensor."""
    found = table.found
    return f"{found.key}[{table.part}]" if found.tables > 1 else found.key


def summary(opened: OpenFile) -> str:
    """One sentence: what was found."""
    count, shown = len(opened.header.tensors), len(opened.tables) + opened.left
    if not shown:
        return (
            f"{NOTHING} The file holds {count_of(count, 'tensor')}."
            if not opened.rules
            else f"Of {count_of(count, 'tensor')} none is a table of codes."
        )
    looks = "1 table looks like a codebook" if shown == 1 else f"{shown:,} tables look like codebooks"
    more = f"; the first {len(opened.tables)} were read" if opened.left else ""
    return f"Of {count_of(count, 'tensor')} {looks} by name and shape{more}."


def rule_line(rule: FoundRule) -> str:
    """One sentence on a codebook that follows from a rule."""
    if rule.kind == "signs":
        how = f"{len(rule.levels)} bits, each a sign (LFQ, BSQ)"
    else:
        how = f"{' x '.join(str(one) for one in rule.levels)} values along {len(rule.levels)} axes (FSQ)"
    return f"{rule.key} tells implicit levels: {how}, which make {rule.codes:,} codes without a table."


def wanting(opened: OpenFile) -> str:
    """What more than the file tells would take; "" where a format reads it, or it holds no codebook."""
    if not opened.problem or not (opened.tables or opened.rules):
        return ""
    kept = any(table.counted is not None and table.counted.dead is not None for table in opened.tables)
    if kept:
        seen = "The counts tell of its training and not of your data, nor do they say what a token stands for."
    else:
        seen = "The file does not tell which codes your data use, what a token stands for, or what is lost."
    size = opened.tables[0].found.codes if opened.tables else opened.rules[0].codes
    return (
        f"{seen} Usage takes indices (python -m explorer audit --indices FILE --codebook-size {size}), the rest an "
        "adapter."
    )


def table_lines(table: OpenedTable) -> list[str]:
    """Sentences about one table: what it is, its vectors, its counts."""
    found = table.found
    how = " (it lies as dimensions x codes)" if found.transposed else ""
    turned = f" (multiplied by {found.turn}, as training does)" if found.turn else ""
    sums = f" (sums over codes, divided by {found.counts})" if found.summed else ""
    lines = [f"{count_of(found.codes, 'code')} of {count_of(found.dim, 'dimension')}{how}{sums}{turned}."]
    if table.facts is None:
        lines.append("Its numbers are of a kind, or so many, that they were not read.")
    else:
        lines += _vector_lines(table.facts)
    if table.counted is not None:
        lines += _count_lines(table.counted, found.counts)
    return lines


def _vector_lines(facts: TableFacts) -> list[str]:
    lines = []
    if facts.read < facts.codes:
        lines.append(f"Read were {facts.read:,} of its {facts.codes:,} codes, at even distances.")
    if facts.fault:
        lines.append(f"{facts.fault[0].upper()}{facts.fault[1:]}.")
    if facts.norms is None or facts.spread == 0:
        return lines
    low, middle, high = facts.norms
    lines.append(
        f"Lengths from {low:.3g} to {high:.3g}, median {middle:.3g}; spread about their mean {facts.spread:.3g} (root "
        f"mean square); effective dimension {facts.dimension:.1f} of {facts.dim:,}."
    )
    among = f"{facts.twins:,} of {facts.compared:,} codes" + (" compared" if facts.compared < facts.read else "")
    lines.append(
        f"{among} have another within {facts.threshold:.2g}, {TWIN:.0%} of the usual distance to the nearest other "
        f"({facts.gap:.3g})."
    )
    return lines


def _count_lines(counted: CountFacts, key: str) -> list[str]:
    if counted.dead is None:
        return [f"Its counts ({key}) tell nothing of the training: {counted.silent}."]
    dead = np.flatnonzero(counted.dead)
    mean = counted.total / counted.codes
    more = f" and {len(dead) - LISTED:,} more" if len(dead) > LISTED else ""
    named = ", ".join(str(code) for code in dead[:LISTED]) + more
    which = f": {named}" if len(dead) else ""
    return [
        f"By the counts that training kept ({key}) {len(dead):,} of {counted.codes:,} codes were dead, below "
        f"{DEAD:.0%} of the mean count of {mean:.3g}{which}.",
        f"The most used code took {counted.most:.1%} of the counts; their perplexity is {counted.effective:,.0f} of "
        f"{counted.codes:,}.",
    ]


def facts(opened: OpenFile, draft: str) -> dict[str, object]:
    """All of it as JSON takes it."""
    return {
        "name": opened.header.path.name,
        "format": opened.format,
        "problem": opened.problem,
        "notes": list(opened.header.notes),
        "tensors": len(opened.header.tensors),
        "summary": summary(opened),
        "tables": [_table(table) for table in opened.tables],
        "tables_left": opened.left,
        "rules": [
            {"key": rule.key, "levels": list(rule.levels), "codes": rule.codes, "line": rule_line(rule)}
            for rule in opened.rules
        ],
        "wanting": wanting(opened),
        "adapter": draft,
    }


def _table(table: OpenedTable) -> dict[str, object]:
    found, told, counted = table.found, table.facts, table.counted
    dead = None if counted is None or counted.dead is None else np.flatnonzero(counted.dead)
    return {
        "key": name_of(table),
        "codes": found.codes,
        "dimensions": found.dim,
        "lines": table_lines(table),
        "fault": told.fault if told else "",
        "norms": list(told.norms) if told and told.norms else None,
        "spread": told.spread if told else None,
        "near_duplicates": told.twins if told else None,
        "near_duplicates_of": told.compared if told else None,
        "near_duplicates_within": told.threshold if told else None,
        "effective_dimension": told.dimension if told else None,
        "counts": found.counts,
        "dead_in_training": None if dead is None else len(dead),
        "dead_codes": None if dead is None else [int(code) for code in dead[:MOST_LISTED]],
        "perplexity_of_counts": counted.effective if counted else None,
    }
