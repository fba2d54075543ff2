"""What is measured where no picture, sound or clip is compared: of series, of tables of items, of graphs.

All are percent, so that curves of one kind share an axis; errors in the units of columns are details (`details.py`).
Letters of the shapes: T rows, D columns or numbers, N items, L levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.joints.measures.items.categories import category_agreement
from explorer.joints.measures.items.nearest import NearItems, prefixes_among
from explorer.joints.measures.semantic_ids import collision_rate, items_per_id, prefix_use, semantic_ids
from explorer.joints.measures.tuples import coverage, graph_tokens, hash_nodes, vocabulary
from explorer.joints.record import TokenRecord

CATEGORY_LEAST = 10  # items, below which agreement with a category says nothing


@dataclass(frozen=True)
class SeriesQuality:
    """rmse_percent, largest_percent: of half the range of each column, over all of them. rmse, largest: (D,) of each
    column, in its unit."""

    rmse_percent: float
    largest_percent: float
    rmse: tuple[float, ...]
    largest: tuple[float, ...]


@dataclass(frozen=True)
class ItemsQuality:
    """sharing_percent: items whose id another one has. coverage_percent: first codes that occur, of min(K, N).

    distinct: ids that occur. explained_percent: variance that the decode keeps. kept_percent: of the nearest items by
    their vectors, those of the same first code; None for fewer than three items. category: normalised mutual
    information of first code and category, None where no category is known.
    """

    sharing_percent: float
    coverage_percent: float
    distinct: int
    explained_percent: float | None
    kept_percent: float | None
    category: float | None


@dataclass(frozen=True)
class GraphQuality:
    """sharing_percent: nodes whose tuple another one has. beside_percent: anchors, and nodes one edge from one.
    without_percent: nodes that no anchor reaches. anchors, words: of which all tuples are made."""

    sharing_percent: float
    beside_percent: float
    without_percent: float
    anchors: int
    words: int


Quality = SeriesQuality | ItemsQuality | GraphQuality


def series_quality(reference: np.ndarray, decoded: np.ndarray, half_ranges: np.ndarray) -> SeriesQuality:
    """reference, decoded: (T, D) in the units of the columns. half_ranges: (D,) in these, above 0."""
    error = decoded.astype(np.float64) - reference
    scaled = error / half_ranges
    return SeriesQuality(
        100 * float(np.sqrt(np.square(scaled).mean())),
        100 * float(np.abs(scaled).max()),
        tuple(np.sqrt(np.square(error).mean(0)).tolist()),
        tuple(np.abs(error).max(0).tolist()),
    )


def items_quality(
    record: TokenRecord, decoded: np.ndarray, near: NearItems | None, words: tuple[str, ...]
) -> ItemsQuality:
    """record: of the levels that were decoded. decoded: (N, D). near: nearest items by their vectors, None of few.

    words: category of each item, () for none.
    """
    ids, vectors, many = semantic_ids(record), record.media, len(record.media)
    first = prefix_use(ids[:, :1], (record.levels[0].codebook.codebook_size,))[0]
    spread = np.square(vectors.astype(np.float64) - vectors.mean(0)).sum()
    left = np.square(decoded.astype(np.float64) - vectors).sum()
    kept = None if near is None else prefixes_among(ids[:, :1], near)
    agreed = category_agreement(ids, words) if len(words) >= CATEGORY_LEAST else None
    return ItemsQuality(
        100 * collision_rate(ids),
        100 * first.used / max(1.0, min(first.ceiling, many)),
        len(items_per_id(ids)),
        100 * float(1 - left / spread) if spread > 0 else None,
        None if kept is None else 100 * float(kept.kept[0]),
        None if agreed is None else agreed.information,
    )


def graph_quality(record: TokenRecord) -> GraphQuality:
    """Of all nodes of the graph."""
    tokens = graph_tokens(record)
    shares = coverage(tokens)
    return GraphQuality(
        100 * hash_nodes(tokens).sharing / tokens.nodes,
        100 * float(shares[min(1, len(shares) - 1)]),
        100 * (1 - float(shares[-1])),
        len(tokens.anchor_nodes),
        sum(vocabulary(tokens).values()),
    )
