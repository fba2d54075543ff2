"""The value of the player for a graph: where its nodes stand, what they are called, and which share their tuple."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from explorer.foundation.words import count_of
from explorer.joints.measures.tuples import graph_tokens, hash_nodes, node_words, relation_words
from explorer.joints.record import TokenRecord
from explorer.media.graphs.drawing import drawn_edges, drawn_nodes, lay_out
from explorer.views.kit.wire.encoding import pack
from explorer.views.kit.wire.groups import groups_payload

NAMED = 20_000  # nodes whose names are sent; of more only those that are drawn


def graph_payload(record: TokenRecord) -> str:
    """{"kind", "key", "nodes", "drawn": numbers of the nodes that are drawn (n,), "xy": (n, 2) in 0..1, y upwards,
    "pairs": (p, 2) places within `drawn` of the ends of edges, "named": numbers of the nodes that have `names`,
    "groups": {"names", "of": a group of each of `named`} or null, "anchors": node of each place, "anchor_names",
    "relations": words of each code of a relation, "hash": (V,) the number of each node's tuple, "caption"}.
    """
    tokens, names = graph_tokens(record), record.names
    drawn = drawn_nodes(record.media, tokens.anchor_nodes)
    pairs = drawn_edges(record.media, drawn)
    named = np.arange(tokens.nodes) if tokens.nodes <= NAMED else drawn
    codes = int(tokens.relations.max(initial=-1)) + 1
    value = {
        "kind": "graph",
        "key": hashlib.blake2b(np.ascontiguousarray(record.media).tobytes(), digest_size=12).hexdigest(),
        "nodes": tokens.nodes,
        "drawn": pack(drawn.astype(np.uint32)),
        "xy": pack(lay_out(pairs, len(drawn))),
        "pairs": pack(pairs.astype(np.uint32)),
        "named": None if tokens.nodes <= NAMED else pack(named.astype(np.uint32)),
        "names": [node_words(int(node), names) for node in named],
        "groups": groups_payload(names, named),
        "anchors": tokens.anchor_nodes.tolist(),
        "anchor_names": [node_words(int(node), names) for node in tokens.anchor_nodes],
        "relations": [relation_words(code, names) for code in range(codes)],
        "hash": pack(hash_nodes(tokens).ids.astype(np.uint32)),
        "caption": _caption(record, len(drawn), len(pairs)),
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _caption(record: TokenRecord, drawn: int, pairs: int) -> str:
    """What is drawn, where that is not all."""
    nodes = record.levels[0].layout.num_tokens
    between = record.media[record.media[:, 0] != record.media[:, 2]]
    ends = np.sort(between[:, [0, 2]], axis=1)
    joined = len(np.unique(ends[:, 0] * nodes + ends[:, 1]))
    if drawn < nodes:
        return (
            f"Drawn are {drawn:,} of {count_of(nodes, 'node')}, the anchors and those with most edges, and {pairs:,} "
            f"of {joined:,} pairs that edges join; tokens are of all nodes."
        )
    return f"Drawn are {pairs:,} of {joined:,} pairs that edges join." if pairs < joined else ""
