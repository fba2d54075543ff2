"""The graphs that ship: Zachary's karate club, and facts of common knowledge that were typed for this project."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from explorer.foundation.config import settings
from explorer.joints.graphs import GraphNames
from explorer.media.graphs.graph import LoadedGraph, load_graph

# Which side each member took when the club broke apart (Zachary 1977); the others went with the officer.
WITH_INSTRUCTOR = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22)
SIDES = ("with the instructor", "with the officer")


@cache
def karate() -> LoadedGraph:
    """34 members of a karate club and 78 friendships (Zachary 1977), with the side that each member took."""
    graph = load_graph(settings().assets / "graphs" / "karate.tsv")
    sides = tuple(SIDES[int(name) not in WITH_INSTRUCTOR] for name in graph.names.nodes)
    members = tuple(f"member {name}" for name in graph.names.nodes)
    return replace(graph, names=GraphNames(members, (), sides))


@cache
def world() -> LoadedGraph:
    """Countries, rivers, languages and planets, and what joins them."""
    return load_graph(settings().assets / "graphs" / "world.tsv")
