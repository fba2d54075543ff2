"""What the nodes and edges of a graph are called, beside the array of its edges: words of a file, never code.

A graph is an array of edges (E, 3) int64, each (head, relation, tail), numbered from 0. A node without an edge of its
own has the edge (v, 0, v), so that the array alone tells how many nodes there are; whoever tokenizes leaves such out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError

NOT_A_GRAPH = "a graph is an array of edges (E, 3) of integers, (head, relation, tail), from 0"


@dataclass(frozen=True)
class GraphNames:
    """nodes: the name of each. relations: of each type, () where edges have none. groups: what is known of each node
    beside its edges, such as the side it took, () where nothing is."""

    nodes: tuple[str, ...]
    relations: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.groups and len(self.groups) != len(self.nodes):
            raise RecordError(f"{len(self.groups)} groups are given for {len(self.nodes)} nodes")


def node_count(edges: np.ndarray) -> int:
    """How many nodes the edges (E, 3) are of."""
    return int(edges[:, [0, 2]].max()) + 1


def check_edges(edges: np.ndarray) -> None:
    """Raise RecordError for what is no array of edges."""
    fits = edges.ndim == 2 and edges.shape[-1] == 3 and np.issubdtype(edges.dtype, np.integer)
    if not fits or not len(edges) or edges.min() < 0:
        raise RecordError(f"{NOT_A_GRAPH}; got {edges.shape} {edges.dtype}")


def names_entry(names: GraphNames | None) -> dict[str, dict[str, list[str]]]:
    """Names as the meta of a token file has them: {"names": ...}, nothing where there are none."""
    if names is None:
        return {}
    parts = {"nodes": names.nodes, "relations": names.relations, "groups": names.groups}
    return {"names": {part: list(words) for part, words in parts.items()}}


def read_names(values: object) -> GraphNames | None:
    """Names as `names_entry` writes them, None for none. Raises RecordError for others."""
    if not values:
        return None
    if not isinstance(values, Mapping):
        raise RecordError("names of a graph need lists of nodes, relations and groups")
    return GraphNames(*(tuple(map(str, values.get(part, ()))) for part in ("nodes", "relations", "groups")))
