"""The shortest ways from a node to its anchors, over edges of either direction."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from explorer.joints.graphs import node_count
from explorer.quantizers.gart import Neighbourhood, neighbourhood


def shortest_ways(edges: np.ndarray, start: int, ends: Iterable[int]) -> list[list[int]]:
    """For each end the nodes of one shortest way, from `start` to it, both included; [] where there is none.

    edges: (E, 3). Of equally short ways the one over lower numbers, seen from the start.
    """
    around = neighbourhood(edges, node_count(edges))
    wanted = [int(end) for end in ends]
    before = _search(around, start, set(wanted))
    return [_way(before, start, end) for end in wanted]


def _search(around: Neighbourhood, start: int, wanted: set[int]) -> np.ndarray:
    """(V,) which node each was reached from, breadth first; -1 where nothing led to it. Ends when all are reached."""
    before = np.full(around.nodes, -1, np.int64)
    before[start] = start
    edge = np.array([start])
    while len(edge) and any(before[end] < 0 for end in wanted):
        many = around.first[edge + 1] - around.first[edge]
        of = np.repeat(edge, many)
        place = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        beside = around.beside[np.repeat(around.first[edge], many) + place]
        new = before[beside] < 0
        reached, first = np.unique(beside[new], return_index=True)
        before[reached] = of[new][first]
        edge = reached
    return before


def _way(before: np.ndarray, start: int, end: int) -> list[int]:
    if before[end] < 0:
        return []
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return way[::-1]
