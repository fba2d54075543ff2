"""Where the nodes of a graph stand on a picture, and the picture itself.

Few nodes are laid out by forces (Fruchterman and Reingold 1991): edges pull, all nodes push. They begin where classical
scaling of their distances to a few pivots puts them (Brandes and Pich 2007), so that the first push has little to do
and the picture is the same each time. Letters of the shapes: V nodes, E edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.joints.graphs import node_count

MOST_NODES, MOST_EDGES = 1500, 6000  # that are drawn of a graph
PIVOTS, STEPS, PUSHING = 24, 120, 256  # of more nodes than PUSHING, so many push at each step, drawn by the seed
BACK, EDGE, NODE = (np.array(rgb, np.float32) for rgb in ((0.10, 0.11, 0.14), (0.34, 0.38, 0.46), (0.98, 0.80, 0.36)))
SIDE_PX = 384
MARKED = np.array((0.36, 0.66, 0.98), np.float32)
MARGIN = 0.04
GRAVITY = 6.0  # towards the middle, in spring lengths
BELOW = 0.2  # of the height, at most, where parts stand that hang together with no other
FAR = 1.5  # times the largest distance: how far what no pivot reaches is put


def drawn_nodes(edges: np.ndarray, first: np.ndarray | None = None, most: int = MOST_NODES) -> np.ndarray:
    """Nodes (n,) to draw, by number: all, or of too many those of `first` and then those with most edges."""
    nodes = node_count(edges)
    if nodes <= most:
        return np.arange(nodes)
    degrees = np.bincount(edges[:, [0, 2]].reshape(-1), minlength=nodes)
    order = np.argsort(-degrees, kind="stable")
    wanted = np.empty(0, np.int64) if first is None else np.asarray(first, np.int64)[: most // 2]
    rest = order[~np.isin(order, wanted)]
    return np.sort(np.concatenate([wanted, rest[: most - len(wanted)]]))


def drawn_edges(edges: np.ndarray, nodes: np.ndarray, most: int = MOST_EDGES) -> np.ndarray:
    """(n, 2) places within `nodes` of the ends of the edges between them, each pair once; of too many the first."""
    place = np.full(node_count(edges), -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    ends = np.sort(place[edges[:, [0, 2]]], axis=1)
    ends = np.unique(ends[(ends[:, 0] >= 0) & (ends[:, 0] != ends[:, 1])], axis=0)
    return ends[np.sort(np.random.default_rng(0).permutation(len(ends))[:most])]


def lay_out(pairs: np.ndarray, nodes: int, seed: int = 0) -> np.ndarray:
    """(nodes, 2) float32 in [0, 1], y upwards, of nodes that `pairs` (n, 2) join.

    The largest part that hangs together takes the picture; smaller ones stand in rows below it, each a ring.
    """
    from scipy.sparse import coo_array  # its modules take longer than a page takes to open
    from scipy.sparse.csgraph import connected_components

    rng = np.random.default_rng(seed)
    ones = np.ones(len(pairs))
    many, part = connected_components(coo_array((ones, pairs.T), shape=(nodes, nodes)), directed=False)
    sizes = np.bincount(part, minlength=many)
    main = np.flatnonzero(part == sizes.argmax())
    place = np.full(nodes, -1)
    place[main] = np.arange(len(main))
    inner = place[pairs]
    xy = np.empty((nodes, 2))
    xy[main] = _by_forces(inner[inner[:, 0] >= 0], len(main), rng)
    others = np.flatnonzero(np.arange(many) != sizes.argmax())
    if len(others):
        share = len(main) / nodes
        low = min(BELOW, 1 - share) if share > BELOW else 1 - share
        xy[main, 1] = low + (1 - low) * xy[main, 1]
        _stand_below(
            xy, [np.flatnonzero(part == one) for one in others[np.argsort(-sizes[others], kind="stable")]], low
        )
    return (MARGIN + (1 - 2 * MARGIN) * xy).astype(np.float32)


def _stand_below(xy: np.ndarray, parts: list[np.ndarray], height: float) -> None:
    """Put each part on a ring in a cell of its own, in rows within `height` from below."""
    columns = int(np.ceil(np.sqrt(len(parts) / max(height, 1e-3))))
    rows = -(-len(parts) // columns)
    cell = np.array([1 / columns, 0.9 * height / rows])
    for number, part in enumerate(parts):
        row, column = divmod(number, columns)
        angles = 2 * np.pi * np.arange(len(part)) / len(part)
        ring = 0.35 * cell.min() * np.stack([np.cos(angles), np.sin(angles)], axis=1) * (len(part) > 1)
        xy[part] = (np.array([column, rows - 1 - row]) + 0.5) * cell + ring


def _by_forces(pairs: np.ndarray, nodes: int, rng: np.random.Generator) -> np.ndarray:
    """(nodes, 2) in [0, 1] of nodes that hang together."""
    xy = _scaled(pairs, nodes, rng) if len(pairs) else rng.random((nodes, 2))
    spring = np.sqrt(1 / max(1, nodes))
    for step in range(STEPS):
        heat = 0.1 * (1 - step / STEPS) ** 1.5 + 1e-3
        move = _push(xy, spring, rng) - GRAVITY * (xy - xy.mean(0)) * spring
        apart = xy[pairs[:, 0]] - xy[pairs[:, 1]]
        pull = apart * (np.linalg.norm(apart, axis=1, keepdims=True) / spring)
        for axis in range(2):
            move[:, axis] -= np.bincount(pairs[:, 0], pull[:, axis], minlength=nodes)
            move[:, axis] += np.bincount(pairs[:, 1], pull[:, axis], minlength=nodes)
        length = np.maximum(np.linalg.norm(move, axis=1, keepdims=True), 1e-9)
        xy = xy + move / length * np.minimum(length, heat)
    low, span = xy.min(0), np.maximum(np.ptp(xy, axis=0), 1e-9)
    return (xy - low) / span


def _push(xy: np.ndarray, spring: float, rng: np.random.Generator) -> np.ndarray:
    """What all nodes, or a draw of them, do to each."""
    many = len(xy)
    others = xy if many <= PUSHING else xy[rng.choice(many, PUSHING, replace=False)]
    square = (xy**2).sum(1)[:, None] + (others**2).sum(1)[None, :] - 2 * xy @ others.T  # (V, n)
    weight = 1 / np.maximum(square, (0.05 * spring) ** 2)
    return (xy * weight.sum(1, keepdims=True) - weight @ others) * spring**2 * (many / len(others))


def _scaled(pairs: np.ndarray, nodes: int, rng: np.random.Generator) -> np.ndarray:
    """(nodes, 2): the first two axes of the distances to pivots, each as far as can be from those before it."""
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    pivot = int(np.bincount(ends[:, 0], minlength=nodes).argmax())
    columns, nearest = [], np.full(nodes, np.inf)
    for _ in range(min(PIVOTS, nodes)):
        far = _distances(ends, nodes, pivot)
        far[np.isinf(far)] = FAR * (far[np.isfinite(far)].max() + 1)
        columns.append(far)
        nearest = np.minimum(nearest, far)
        pivot = int(nearest.argmax())
    square = np.stack(columns, 1) ** 2
    centred = square - square.mean(0) - square.mean(1, keepdims=True) + square.mean()
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    xy = left[:, :2] * values[:2] if len(values) > 1 else np.zeros((nodes, 2))
    return xy / max(np.abs(xy).max(), 1e-9) * 0.5 + 0.5 + 0.01 * rng.standard_normal((nodes, 2))


def _distances(ends: np.ndarray, nodes: int, start: int) -> np.ndarray:
    """(nodes,) edges from `start`, inf where no way leads. ends: both directions of every edge."""
    far = np.full(nodes, np.inf)
    far[start], step = 0, 0
    while True:
        new = ends[far[ends[:, 0]] == step, 1]
        new = new[np.isinf(far[new])]
        if not len(new):
            return far
        step += 1
        far[new] = step


@dataclass(frozen=True)
class PlacedGraph:
    """nodes: (n,) numbers of those that are drawn. pairs: (p, 2) places within them of the ends of edges. xy: (n, 2)
    float32 in [0, 1], y upwards."""

    nodes: np.ndarray
    pairs: np.ndarray
    xy: np.ndarray


def place_graph(
    edges: np.ndarray, first: np.ndarray | None = None, most: int = MOST_NODES, most_edges: int = MOST_EDGES
) -> PlacedGraph:
    """What is drawn of a graph, and where. first: nodes that are drawn sooner than others, such as anchors."""
    nodes = drawn_nodes(edges, first, most)
    pairs = drawn_edges(edges, nodes, most_edges)
    return PlacedGraph(nodes, pairs, lay_out(pairs, len(nodes)))


def graph_pixels(edges: np.ndarray, side: int = SIDE_PX) -> np.ndarray:
    """(side, side, 3) float32 in [0, 1]: the nodes that are drawn, and their edges."""
    return paint_graph(place_graph(edges, None, 400, 2000), side)


def paint_graph(placed: PlacedGraph, side: int = SIDE_PX, marked: np.ndarray | None = None) -> np.ndarray:
    """(side, side, 3) float32 in [0, 1]. marked: nodes, such as anchors, that stand out by size and colour."""
    at = np.round(placed.xy * (side - 1)).astype(int)
    at[:, 1] = side - 1 - at[:, 1]
    picture = np.broadcast_to(BACK, (side, side, 3)).copy()
    for begin, end in placed.pairs:
        steps = int(np.abs(at[begin] - at[end]).max()) + 1
        column, row = np.round(np.linspace(at[begin], at[end], steps)).astype(int).T
        picture[row, column] = EDGE
    radius = 4 if len(placed.nodes) <= 120 else 2
    stands_out = np.zeros(len(placed.nodes), bool) if marked is None else np.isin(placed.nodes, marked)
    for out in (False, True):
        reach, colour = (radius + 3, MARKED) if out else (radius, NODE)
        for column, row in at[stands_out == out]:
            picture[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = colour
    return picture
