"""The details of series, tables of items and graphs: see `details`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.compare.details import Detail, Entry
from explorer.compare.quality_rows import SeriesQuality
from explorer.foundation.words import count_of, plural
from explorer.joints.columns import Column
from explorer.joints.measures.items.between import agree
from explorer.joints.measures.semantic_ids import prefix_use, semantic_ids
from explorer.joints.measures.tuples import PARTS, GraphTokens, coverage, hash_nodes
from explorer.joints.record import TokenRecord


def column_errors(columns: Sequence[Column], found: Mapping[str, SeriesQuality]) -> Detail:
    """How far each column is off, in its own unit: root mean square, and the largest in brackets."""
    entries = tuple(
        Entry(
            column.name,
            name,
            {"rmse": one.rmse[place], "largest": one.largest[place]},
            f"{one.rmse[place]:.3g} ({one.largest[place]:.3g})",
        )
        for name, one in found.items()
        for place, column in enumerate(columns)
    )
    rows = tuple((column.name, column.unit) for column in columns)
    words = "Root mean square error over the rows, in the unit of the column; in brackets the largest."
    return Detail("columns", "Error of each column", "Column", rows, ("rmse", "largest"), entries, words, "low")


def prefix_coverage(records: Mapping[str, TokenRecord]) -> Detail:
    """How many prefixes of each length occur, of those that could, and how many items the fullest has."""
    entries, longest = [], 0
    for name, record in records.items():
        ids = semantic_ids(record)
        sizes = tuple(level.codebook.codebook_size for level in record.levels)
        longest = max(longest, len(sizes))
        for use in prefix_use(ids, sizes):
            share = 100 * use.used / use.ceiling
            text = f"{use.used:,} of {use.ceiling:,.0f} ({share:.1f}%), fullest {use.largest:,}"
            values = {"share_percent": share, "used": use.used, "possible": use.ceiling, "fullest": use.largest}
            entries.append(Entry(_prefix(use.length), name, values, text))
    rows = tuple((_prefix(length), "") for length in range(1, longest + 1))
    words = "Prefixes that occur, of min(K^l, N) that could; and the items of the fullest one."
    measures = ("share_percent", "used", "possible", "fullest")
    return Detail("coverage", "Coverage by prefix", "Prefix", rows, measures, tuple(entries), words, "high")


def id_agreement(records: Mapping[str, TokenRecord]) -> tuple[Detail, ...]:
    """For each tokenizer as a baseline: items that the others assign anew, and pairs that they keep together."""
    ids = {name: semantic_ids(record) for name, record in records.items()}
    return tuple(_against(name, ids) for name in ids if len(ids) > 1)


def _against(baseline: str, ids: Mapping[str, np.ndarray]) -> Detail:
    rows, entries = [], []
    for name, other in ids.items():
        if name == baseline:
            continue
        found = agree(ids[baseline], other)
        cells = {"Items with another first code": (found.reassigned, None)}
        lengths = range(1, 1 + len(found.pairs))
        cells |= {f"Pairs kept, {_prefix(n).lower()}": (found.pairs[n - 1], found.chance[n - 1]) for n in lengths}
        for row, (share, chance) in cells.items():
            if row not in rows:
                rows.append(row)
            if share is None:
                continue
            by = "" if chance is None else f" (by chance {100 * chance:.2g}%)"
            values = {"share_percent": 100 * share} | ({} if chance is None else {"chance_percent": 100 * chance})
            entries.append(Entry(row, name, values, f"{100 * share:.1f}%{by}"))
    words = (
        "Another first code: after the codes of both were matched one to one so that as many items as can be stay. "
        "Pairs kept: of the pairs of items that share a prefix there, those that share one of that length here, too."
    )
    title = f"Against {baseline}: share assigned anew"
    return Detail(
        f"against_{baseline}", title, "", tuple((row, "") for row in rows), ("share_percent", "chance_percent"),
        tuple(entries), words, None, baseline,
    )  # fmt: skip


def _prefix(length: int) -> str:
    return "First code" if length == 1 else f"First {length} codes"


def reach_of_anchors(tokens: Mapping[str, GraphTokens]) -> Detail:
    """The share of nodes that an anchor reaches within so many edges."""
    shares = {name: coverage(one) for name, one in tokens.items()}
    farthest = max(len(one) for one in shares.values())
    entries = []
    for name, one in shares.items():
        for hops in range(farthest):
            share = 100 * float(one[min(hops, len(one) - 1)])
            many = round(share * tokens[name].nodes / 100)
            values = {"share_percent": share, "nodes": many}
            entries.append(Entry(_within(hops), name, values, f"{share:.1f}% ({count_of(many, 'node')})"))
    rows = tuple((_within(hops), "") for hops in range(farthest))
    words = "Nodes that their nearest anchor reaches within so many edges."
    measures = ("share_percent", "nodes")
    return Detail("reach", "How far anchors reach", "Within", rows, measures, tuple(entries), words, "high")


def _within(hops: int) -> str:
    return "the anchors themselves" if hops == 0 else f"{hops} {plural(hops, 'edge')}"


def shared_tuples(tokens: Mapping[str, GraphTokens]) -> Detail:
    """Nodes that share their tuple (hash collisions), of the k nearest anchors with distances and relations."""
    neighbours = max(one.anchors.shape[1] for one in tokens.values())
    entries, rows = [], []
    for k in range(1, neighbours + 1):
        row = f"{count_of(k, 'anchor')}, distances, relations"
        rows.append((row, ""))
        for name, one in tokens.items():
            if k > one.anchors.shape[1]:
                continue
            shared = hash_nodes(one, PARTS, k)
            share = 100 * shared.sharing / one.nodes
            values = {"share_percent": share, "nodes": shared.sharing, "tuples": len(shared.counts)}
            text = f"{share:.1f}% ({shared.sharing:,} in {_shared(shared.counts):,} tuples)"
            entries.append(Entry(row, name, values, text))
    words = "Nodes whose tuple another one has, so that tokens do not tell them apart, and in how many tuples they are."
    measures = ("share_percent", "nodes", "tuples")
    return Detail("sharing", "Hash collisions", "Tuple of", tuple(rows), measures, tuple(entries), words, "low")


def _shared(counts: np.ndarray) -> int:
    return int((counts > 1).sum())
