"""What the compare page draws itself of a medium that is no picture: lines, trees of ids, graphs; plain values.

Letters of the shapes: T rows, D columns, N items, L levels, V nodes, k anchors of a node.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.compare.preparation_rows import PreparedGraph, PreparedItems, PreparedSeries
from explorer.compare.run import MediumComparison
from explorer.joints.measures.items.nearest import nearest_items
from explorer.joints.measures.semantic_ids import semantic_ids
from explorer.joints.measures.tuples import GraphTokens, graph_tokens, hash_nodes, node_words, relation_words
from explorer.media.graphs.drawing import place_graph
from explorer.media.rows.drawing import ranges_of
from explorer.views.kit.wire.encoding import pack
from explorer.views.kit.wire.groups import category_payload, groups_payload

MOST_VALUES = 400_000  # numbers of one series that are sent, of the original as of each decode
NEAR, NEAR_OF = 10, 4000  # nearest items by their vectors; of larger tables none are sent
NAMED = 20_000  # nodes whose names are sent; of more only those that are drawn


def drawn_payload(compared: MediumComparison) -> dict[str, Any] | None:
    """None for what has pictures; else "kind" and what `series_payload`, `items_payload` or `graph_payload` say."""
    prepared = compared.prepared
    if isinstance(prepared, PreparedSeries):
        return {"kind": "series"} | series_payload(compared, prepared)
    if isinstance(prepared, PreparedItems):
        return {"kind": "items"} | items_payload(compared, prepared)
    if isinstance(prepared, PreparedGraph):
        return {"kind": "graph"} | graph_payload(compared, prepared)
    return None


def series_payload(compared: MediumComparison, prepared: PreparedSeries) -> dict[str, Any]:
    """{"rows", "rate", "columns": [{"name", "unit", "low", "high"}], "values": id -> (D, T) float32, "" the original,
    "errors": id -> root mean square of each column, "left": rows that are not sent}."""
    every, series = {"": prepared.reference, **compared.decoded}, prepared.series
    rows, columns = prepared.reference.shape
    sent = min(rows, max(2, MOST_VALUES // columns))
    ranges = ranges_of(*every.values())
    lanes = [
        {"name": one.name, "unit": one.unit, "low": float(low), "high": float(high)}
        for one, (low, high) in zip(series.columns, ranges, strict=True)
    ]
    return {
        "rows": sent,
        "rate": series.rate_hz,
        "columns": lanes,
        "values": {name: pack(np.ascontiguousarray(one[:sent].T, np.float32)) for name, one in every.items()},
        "errors": {cell.tokenizer_id: list(cell.fidelity.rmse) for cell in compared.medium.cells},  # type: ignore[union-attr]
        "left": rows - sent,
    }


def items_payload(compared: MediumComparison, prepared: PreparedItems) -> dict[str, Any]:
    """{"count", "names", "category": {"names", "of"} or null, "xy": (N, 2) of the first two principal axes in 0..1, y
    upwards, "near": (N, NEAR) nearest by vectors or null, "ids": id -> (L, N), "sizes": id -> codes of each level}."""
    first = next(iter(compared.records.values()))
    vectors, labels = first.media, prepared.items.labels
    ids = {name: semantic_ids(record) for name, record in compared.records.items()}
    return {
        "count": len(vectors),
        "names": list(labels.get("name", ())),
        "category": category_payload(labels.get("category", ())),
        "xy": pack(_on_axes(vectors)),
        "near": pack(nearest_items(vectors, NEAR).astype(np.uint32)) if NEAR < len(vectors) <= NEAR_OF else None,
        "ids": {name: pack(np.ascontiguousarray(one.T, np.uint32)) for name, one in ids.items()},
        "sizes": {
            name: [level.codebook.codebook_size for level in record.levels] for name, record in compared.records.items()
        },
    }


def _on_axes(vectors: np.ndarray) -> np.ndarray:
    centred = vectors.astype(np.float64) - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    xy = np.zeros((len(vectors), 2))
    xy[:, : min(2, len(axes))] = centred @ axes[:2].T
    low, span = xy.min(0), np.ptp(xy, axis=0)
    return ((xy - low) / np.where(span > 0, span, 1)).astype(np.float32)


def graph_payload(compared: MediumComparison, prepared: PreparedGraph) -> dict[str, Any]:
    """{"nodes", "drawn", "xy", "pairs", "named", "names", "groups", "relations": words of each code, "left": nodes that
    are not drawn, "tuples": id -> {"anchors", "distances": (V, k) int32, -1 for none, "relations": (V, m) int32,
    "nodes": of each anchor, "hash": (V,) the number of each node's tuple}}; the others as on the Inspect page."""
    names = prepared.graph.names
    tokens = {name: graph_tokens(record) for name, record in compared.records.items()}
    anchors = np.unique(np.concatenate([one.anchor_nodes for one in tokens.values()]))
    placed, nodes = place_graph(prepared.graph.edges, anchors), len(names.nodes)
    named = np.arange(nodes) if nodes <= NAMED else placed.nodes
    codes = max(int(one.relations.max(initial=-1)) + 1 for one in tokens.values())
    return {
        "nodes": nodes,
        "drawn": pack(placed.nodes.astype(np.uint32)),
        "xy": pack(placed.xy),
        "pairs": pack(placed.pairs.astype(np.uint32)),
        "named": None if nodes <= NAMED else pack(named.astype(np.uint32)),
        "names": [node_words(int(node), names) for node in named],
        "groups": groups_payload(names, named),
        "relations": [relation_words(code, names) for code in range(codes)],
        "left": nodes - len(placed.nodes),
        "tuples": {name: _tuples(one) for name, one in tokens.items()},
    }


def _tuples(tokens: GraphTokens) -> dict[str, Any]:
    return {
        "anchors": pack(tokens.anchors.astype(np.int32)),
        "distances": pack(tokens.distances.astype(np.int32)),
        "relations": pack(tokens.relations.astype(np.int32)),
        "nodes": tokens.anchor_nodes.tolist(),
        "hash": pack(hash_nodes(tokens).ids.astype(np.uint32)),
    }
