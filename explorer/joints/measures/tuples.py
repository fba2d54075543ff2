"""The tuples of nodes, read from a record: anchors, distances, relations; which nodes share one, and how many reach.

NodePiece (Galkin et al. 2022, arXiv 2106.12144) calls a node's tuple its hash.
Letters of the shapes: V nodes, M anchors, k anchors of a node, m relations of a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of
from explorer.joints.graphs import GraphNames
from explorer.joints.record import TokenRecord

_TOLD = 2000  # nodes among which the telling one is looked for
PARTS = ("anchor", "distance", "relation")


@dataclass(frozen=True)
class GraphTokens:
    """anchors: (V, k) places in the order in which anchors were chosen, -1 for none. distances: (V, k) edges, -1 for
    none. relations: (V, m) 2 r outwards, 2 r + 1 inwards, -1 for none. anchor_nodes: (M,) the node of each place, M
    being those that were chosen.
    """

    anchors: np.ndarray
    distances: np.ndarray
    relations: np.ndarray
    anchor_nodes: np.ndarray

    @property
    def nodes(self) -> int:
        return len(self.anchors)

    @property
    def is_anchor(self) -> np.ndarray:
        """(V,) whether a node is an anchor."""
        marked = np.zeros(self.nodes, bool)
        marked[self.anchor_nodes] = True
        return marked


@dataclass(frozen=True)
class Hashes:
    """ids: (V,) the number of each node's tuple, by the first node that has it. counts: (H,) nodes of each tuple."""

    ids: np.ndarray
    counts: np.ndarray

    @property
    def sharing(self) -> int:
        """Nodes whose tuple another one has."""
        return int(self.counts[self.counts > 1].sum())

    def with_(self, node: int) -> np.ndarray:
        """The other nodes of the same tuple."""
        same = np.flatnonzero(self.ids == self.ids[node])
        return same[same != node]


def graph_tokens(record: TokenRecord) -> GraphTokens:
    """The tuples of a record of a graph. Raises RecordError for another."""
    if record.modality != "graph":
        raise RecordError(f"a tuple of anchors is of a graph's node, not of {record.modality}")
    found: dict[str, list[np.ndarray]] = {part: [] for part in PARTS}
    for level in record.levels:
        rule = level.codebook.rule
        if rule is None or rule.name not in found:
            raise RecordError("the levels of this graph are not the anchors, distances and relations of a tuple")
        none = level.codebook.codebook_size - 1
        found[rule.name].append(np.where(level.indices == none, -1, level.indices))
    nodes = record.levels[0].layout.num_tokens
    columns = {part: np.stack(some, 1) if some else np.empty((nodes, 0), np.int64) for part, some in found.items()}
    anchors, distances = columns["anchor"], columns["distance"]
    if anchors.shape != distances.shape or not anchors.shape[1]:
        raise RecordError("a tuple has as many distances as anchors, one or more")
    themselves = np.flatnonzero(distances[:, 0] == 0)  # an anchor is its own nearest one
    if len(set(anchors[themselves, 0].tolist())) != len(themselves):
        raise RecordError("two nodes are the same anchor")
    places = np.argsort(anchors[themselves, 0])
    return GraphTokens(anchors, distances, columns["relation"], themselves[places])


def telling_node(tokens: GraphTokens) -> int:
    """The node that shows best what a tuple is: no anchor, of as many anchors as there is room for, none of which are
    equally far, in a tuple of its own where there is one; of several the first."""
    shared = hash_nodes(tokens)
    alone = shared.counts[shared.ids] == 1
    found = (tokens.anchors >= 0).sum(1)
    ways = np.array([len(set(row[row >= 0].tolist())) for row in tokens.distances[:_TOLD]])
    keys = (-ways, ~alone[:_TOLD], -found[:_TOLD], tokens.is_anchor[:_TOLD])
    return int(np.lexsort(keys)[0])


def hash_nodes(tokens: GraphTokens, parts: Sequence[str] = PARTS, k: int | None = None) -> Hashes:
    """Which nodes have the same tuple of those parts, of the k nearest anchors (default: all)."""
    chosen = {
        "anchor": tokens.anchors[:, :k],
        "distance": tokens.distances[:, :k],
        "relation": tokens.relations,
    }
    tuples = np.concatenate([chosen[part] for part in parts], axis=1)  # (V, ...)
    _, first, ids, counts = np.unique(tuples, axis=0, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    return Hashes(np.argsort(order)[ids.reshape(-1)], counts[order])


def coverage(tokens: GraphTokens) -> np.ndarray:
    """(farthest + 1,) share of nodes that an anchor reaches within 0, 1, 2, ... edges."""
    nearest = tokens.distances[:, 0]
    reached = np.bincount(nearest[nearest >= 0], minlength=1)
    return np.cumsum(reached) / tokens.nodes


def vocabulary(tokens: GraphTokens) -> dict[str, int]:
    """Words that the tuples of this graph need: its anchors, distances, and relations with their directions."""
    used = [np.unique(one[one >= 0]).size for one in (tokens.distances, tokens.relations)]
    return {"anchors": len(tokens.anchor_nodes), "distances": used[0], "relations": used[1]}


def relation_words(code: int, names: GraphNames | None) -> str:
    """ "in continent →", or "relation 3 ←": a type with its direction, as seen from the node."""
    kind, inwards = divmod(code, 2)
    name = names.relations[kind] if names and kind < len(names.relations) else f"relation {kind + 1}"
    return f"{name} {'←' if inwards else '→'}"


def node_words(node: int, names: GraphNames | None) -> str:
    """What a node is called."""
    return names.nodes[node] if names else f"node {node + 1}"


def code_words(record: TokenRecord, level: int, code: int) -> str:
    """What a code of a level of a graph's record says of a node."""
    book = record.levels[level].codebook
    kind = book.rule.name if book.rule else ""
    if code == book.codebook_size - 1:
        return f"No {kind}: the node has fewer of them within reach."
    if kind == "anchor":
        anchors = graph_tokens(record).anchor_nodes
        if code >= len(anchors):
            return f"This graph has {count_of(len(anchors), 'anchor')}: none has this number."
        name = node_words(int(anchors[code]), record.names)
        return f"{name}, number {code} of the anchors 0 to {len(anchors) - 1:,} in the order in which they were chosen."
    if kind == "distance":
        return f"{count_of(code, 'edge')} from the node to its anchor{', which it is itself' if code == 0 else ''}."
    return f"{relation_words(code, record.names)}: a relation {'to' if code % 2 else 'from'} the node."
