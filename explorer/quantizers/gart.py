"""Graph anchor-relation tokenization: a node as its nearest anchors, how far they are, and its relations.

NodePiece (Galkin et al. 2022, arXiv 2106.12144), the method that Li et al. 2025 (arXiv 2507.22920, section 2.8) call
GART. Nothing is learned and no vector is compared: a few nodes are chosen as anchors, every node is described by the k
that are nearest to it over edges of either direction, by their distances, and by types of its relations. That tuple is
its `hash`; nodes of one hash cannot be told apart from tokens.

Letters of the shapes: V nodes, E edges, M anchors, k anchors of a node, m relations of a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DAMPING, TOLERANCE, STEPS = 0.85, 1e-10, 200  # of PageRank: the usual jump, and when it stands still
STRATEGIES = ("degree", "pagerank", "random", "mixed")
MIXED = {"degree": 0.4, "pagerank": 0.4, "random": 0.2}  # shares of "mixed"
WORD = 64  # anchors in one word of the sets that are handed on


@dataclass(frozen=True)
class Neighbourhood:
    """Who stands beside whom, in either direction: nodes `beside[first[v]:first[v + 1]]` beside v, each once."""

    first: np.ndarray  # (V + 1,) int64
    beside: np.ndarray  # (2 E' or fewer,) int64

    @property
    def nodes(self) -> int:
        return len(self.first) - 1

    @property
    def degrees(self) -> np.ndarray:
        """(V,) neighbours of each node."""
        return np.diff(self.first)


def neighbourhood(edges: np.ndarray, nodes: int) -> Neighbourhood:
    """edges: (E, 3). Self-loops are left out, and edges that repeat, in whichever direction, count once."""
    heads, tails = edges[:, 0].astype(np.int64), edges[:, 2].astype(np.int64)
    apart = heads != tails
    ways = np.concatenate([heads[apart] * nodes + tails[apart], tails[apart] * nodes + heads[apart]])
    begins, ends = np.divmod(np.unique(ways), nodes)
    first = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(begins, minlength=nodes), out=first[1:])
    return Neighbourhood(first, ends)


def pagerank(around: Neighbourhood, reset: np.ndarray | None = None, damping: float = DAMPING) -> np.ndarray:
    """PageRank (V,) float64 of sum 1 over undirected edges (Page et al. 1999), personalized by `reset`.

    reset: (V,) where a walker begins again, of any positive sum; None for everywhere alike. A node without neighbours
    sends its walkers there, too.
    """
    degrees, nodes = around.degrees, around.nodes
    jump = np.full(nodes, 1 / nodes) if reset is None else np.asarray(reset, np.float64) / np.sum(reset)
    ends = np.repeat(np.arange(nodes), degrees)
    rank, alone = jump.copy(), degrees == 0
    for _ in range(STEPS):
        sent = np.divide(rank, degrees, out=np.zeros(nodes), where=~alone)
        come = np.bincount(ends, sent[around.beside], minlength=nodes)
        after = damping * (come + rank[alone].sum() * jump) + (1 - damping) * jump
        moved, rank = np.abs(after - rank).sum(), after
        if moved < TOLERANCE:
            break
    return rank / rank.sum()


def walk_anchors(around: Neighbourhood, many: int, starts: Sequence[int] = (), damping: float = DAMPING) -> np.ndarray:
    """(min(many, V),) nodes of the highest PageRank of a walker that begins again at one of `starts`, alike at each;
    anywhere without any. damping: with which chance it walks on instead. Nodes that it never reaches come last.
    """
    reset = None
    if len(starts):
        reset = np.zeros(around.nodes)
        reset[list(starts)] = 1
    rank = np.round(pagerank(around, reset, damping), 9)  # rounded, as in `choose_anchors`
    return np.argsort(-rank, kind="stable")[:many]


def choose_anchors(around: Neighbourhood, many: int, strategy: str, seed: int = 0) -> np.ndarray:
    """(min(many, V),) nodes in the order in which they are chosen.

    strategy: by "degree" or "pagerank", the highest first and of equal ones the lower number; at "random"; or "mixed",
    40% by degree, then 40% by PageRank, then 20% at random, of what is left each time.
    """
    many, rng = min(many, around.nodes), np.random.default_rng(seed)
    orders = {
        "degree": lambda: np.argsort(-around.degrees, kind="stable"),
        # Rounded, so that nodes that stand alike are alike whatever order their sums were taken in.
        "pagerank": lambda: np.argsort(-np.round(pagerank(around), 9), kind="stable"),
        "random": lambda: rng.permutation(around.nodes),
    }
    if strategy != "mixed":
        return orders[strategy]()[:many]
    chosen: list[int] = []
    ends = np.round(np.cumsum(list(MIXED.values())) * many).astype(int)
    for name, end in zip(MIXED, ends, strict=True):
        order = orders[name]()
        chosen += order[~np.isin(order, chosen)][: end - len(chosen)].tolist()
    return np.array(chosen, np.int64)


def nearest_anchors(around: Neighbourhood, anchors: np.ndarray, k: int, farthest: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest anchors of every node and their distances, (V, k) int64 each; -1 beyond `farthest` edges, or none.

    Breadth first from all anchors at once: what a node has met is a set of bits, handed on to its neighbours edge by
    edge, which is exact since every distance is a whole number of edges.
    """
    nodes, words = around.nodes, -(-len(anchors) // WORD)
    met = np.zeros((nodes, words), np.uint64)
    places = np.arange(len(anchors))
    np.bitwise_or.at(met, (anchors, places // WORD), np.uint64(1) << (places % WORD).astype(np.uint64))
    found, far = (np.full((nodes, k), -1, np.int64) for _ in range(2))
    filled = np.zeros(nodes, np.int64)
    known, new = np.zeros_like(met), met
    with_others = np.flatnonzero(around.degrees)
    for distance in range(farthest + 1):
        _take_new(new, filled, found, far, distance)
        if (filled >= k).all() or not new.any() or distance == farthest:
            break
        known |= new
        handed = np.zeros_like(known)
        if len(with_others):
            handed[with_others] = np.bitwise_or.reduceat(new[around.beside], around.first[with_others], axis=0)
        new = handed & ~known
    return found, far


def _take_new(new: np.ndarray, filled: np.ndarray, found: np.ndarray, far: np.ndarray, distance: int) -> None:
    """Write the anchors that were met at this distance into the places that are left, in the order of anchors."""
    k = found.shape[1]
    nodes = np.flatnonzero(new.any(axis=1) & (filled < k))
    for some in np.array_split(nodes, max(1, len(nodes) // 8192)):  # bits of all nodes at once would take gigabytes
        bits = np.unpackbits(new[some].view(np.uint8), axis=1, bitorder="little").astype(bool)  # (n, M)
        rows, anchors = np.nonzero(bits)
        many = bits.sum(1)
        place = filled[some][rows] + np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        fits = place < k
        found[some[rows[fits]], place[fits]] = anchors[fits]
        far[some[rows[fits]], place[fits]] = distance
        filled[some] = np.minimum(k, filled[some] + many)


def relation_types(edges: np.ndarray, nodes: int, m: int, seed: int = 0) -> np.ndarray:
    """(V, m) types of the relations of each node: 2 r outwards, 2 r + 1 inwards, by number, -1 for none.

    Of a node that has more than m, m of them by a draw of `seed`, as NodePiece takes a sample.
    """
    heads, kinds, tails = (edges[:, place].astype(np.int64) for place in range(3))
    apart = heads != tails
    types = 2 * (int(kinds.max()) + 1)
    owned = np.concatenate([heads[apart] * types + 2 * kinds[apart], tails[apart] * types + 2 * kinds[apart] + 1])
    owners, owned = np.divmod(np.unique(owned), types)
    drawn = np.lexsort((np.random.default_rng(seed).random(len(owners)), owners))
    owners, owned = owners[drawn], owned[drawn]
    many = np.bincount(owners, minlength=nodes)
    place = np.arange(len(owners)) - np.repeat(np.cumsum(many) - many, many)
    kept = place < m
    found = np.full((nodes, m), np.iinfo(np.int64).max)
    found[owners[kept], place[kept]] = owned[kept]
    found.sort(axis=1)
    return np.where(found == np.iinfo(np.int64).max, -1, found)
