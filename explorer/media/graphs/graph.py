"""Graphs: an edge list as arrays, with what was left out of it said in words.

Letters of the shapes: V nodes, E edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.foundation.words import count_of, is_are, verb
from explorer.joints.graphs import GraphNames, check_edges, node_count
from explorer.media.caps import twice
from explorer.media.graphs.text import read_edges
from explorer.media.pictures.opening import bytes_of

DEFAULT_LIMITS = Limits()
INTEGER_DIGITS = 19  # of names that are numbers which numpy holds
GRAPH_SUFFIXES = (".edgelist", ".edges")  # of files whose integers are nodes, not numbers of a series


@dataclass(frozen=True)
class LoadedGraph:
    """edges: (E, 3) int64, (head, relation, tail); a node that has no edge has the edge (v, 0, v).

    notes: what was done on the way in, in plain words.
    """

    edges: np.ndarray
    names: GraphNames
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_edges(self.edges)
        if node_count(self.edges) != len(self.names.nodes):
            named = len(self.names.nodes)
            given = f"{count_of(named, 'name')} {is_are(named)} given"
            raise MediaError(f"{given} for {count_of(node_count(self.edges), 'node')}.")

    @property
    def between(self) -> np.ndarray:
        """(E',) which edges join two nodes."""
        return self.edges[:, 0] != self.edges[:, 2]


def load_graph(source: Path | str | bytes, limits: Limits = DEFAULT_LIMITS) -> LoadedGraph:
    """An edge list, or its bytes -> LoadedGraph. Edges over `limits.graph_edges` are left out, which a note says.

    Raises MediaError with what was wrong, in which line, and what to do.
    """
    read = read_edges(bytes_of(source, limits, "edge list"), limits.graph_edges)
    edges, nodes = np.array(read.edges, np.int64), tuple(read.nodes)
    if all(name.isdecimal() and len(name) < INTEGER_DIGITS for name in nodes):  # numbered as the file numbers them
        order = np.argsort([int(name) for name in nodes], kind="stable")
        place = np.argsort(order, kind="stable")
        edges[:, [0, 2]], nodes = place[edges[:, [0, 2]]], tuple(nodes[node] for node in order)
    graph = make_graph(edges, nodes, tuple(read.relations))
    notes = list(read.notes)
    if read.more:
        notes.append(
            f"Only the first {count_of(len(edges), 'edge')} are read, so the graph is a part of the file's. "
            f"{twice('edges', limits.graph_edges)}"
        )
    return LoadedGraph(graph.edges, graph.names, (*notes, *graph.notes))


def number_graph(edges: np.ndarray, limits: Limits = DEFAULT_LIMITS) -> LoadedGraph:
    """(E, 2) pairs or (E, 3) triples of integers as a graph whose names are their numbers. Raises MediaError."""
    edges = np.asarray(edges)
    fits = edges.ndim == 2 and edges.shape[1] in (2, 3) and len(edges) and np.issubdtype(edges.dtype, np.integer)
    if not fits or edges.min() < 0:
        raise MediaError(
            f"An array of {edges.shape} {edges.dtype} is no list of edges. Give integers from 0: (edges, 2) of head "
            "and tail, or (edges, 3) of head, relation and tail."
        )
    if max(len(edges), int(edges.max())) > limits.graph_edges:
        raise MediaError(f"The edges, or the numbers of their nodes, reach over the cap of {limits.graph_edges:,}.")
    if edges.shape[1] == 2:
        edges, kinds = np.insert(edges, 1, 0, axis=1), np.empty(0, np.int64)
    else:
        kinds, edges = np.unique(edges[:, 1]), edges.copy()
        edges[:, 1] = np.searchsorted(kinds, edges[:, 1])
    nodes = tuple(map(str, range(node_count(edges))))
    return make_graph(edges.astype(np.int64), nodes, tuple(map(str, kinds)))


def make_graph(
    edges: np.ndarray, nodes: tuple[str, ...], relations: tuple[str, ...] = (), groups: tuple[str, ...] = ()
) -> LoadedGraph:
    """Edges (E, 3) as a graph: each once, self-loops left out, and nodes without edges kept; relations are numbered
    anew, the most frequent first, so that a small vocabulary leaves out the rarest. Raises MediaError.
    """
    loops = edges[:, 0] == edges[:, 2]
    kept, notes = edges[~loops], []
    if not len(kept):
        raise MediaError(
            f"No edge joins two nodes: {count_of(len(edges), 'line')} of this file name "
            f"{count_of(len(nodes), 'node')}, each beside itself. A graph needs an edge between two nodes."
        )
    _, first = np.unique(kept, axis=0, return_index=True)
    unique = kept[np.sort(first)]
    alone = np.setdiff1d(np.arange(len(nodes)), unique[:, [0, 2]])
    if loops.any():
        many = int(loops.sum())
        notes.append(
            f"{count_of(many, 'edge')} {verb(many, 'begin')} and {verb(many, 'end')} at one node, and {is_are(many)} "
            "left out."
        )
    if len(unique) < len(kept):
        again = len(kept) - len(unique)
        notes.append(f"{count_of(again, 'edge')} {is_are(again)} there once more; each counts once.")
    if len(alone):
        notes.append(
            f"{count_of(len(alone), 'node')} {verb(len(alone), 'stand')} without an edge, so no anchor but itself is "
            "near."
        )
    order = np.argsort(-np.bincount(unique[:, 1], minlength=len(relations)), kind="stable")
    unique[:, 1] = np.argsort(order, kind="stable")[unique[:, 1]]
    marks = np.stack([alone, np.zeros_like(alone), alone], axis=1)
    ordered = tuple(relations[kind] for kind in order[: len(relations)])
    return LoadedGraph(np.concatenate([unique, marks]), GraphNames(nodes, ordered, groups), tuple(notes))


def is_edge_file(path: object) -> bool:
    """Whether a file's name says that it is a list of edges, whatever its lines look like."""
    return isinstance(path, (str, Path)) and Path(path).suffix.casefold() in GRAPH_SUFFIXES
