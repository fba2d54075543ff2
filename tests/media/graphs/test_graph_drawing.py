"""Where nodes stand: neighbours are near, the picture is the same each time, and large graphs are drawn in part."""

import networkx as nx
import numpy as np

from explorer.media.graphs.drawing import drawn_edges, drawn_nodes, graph_pixels, lay_out


def edges_of(graph):
    return np.array([[a, 0, b] for a, b in graph.edges])


def test_neighbours_stand_nearer_than_others():
    edges = edges_of(nx.connected_caveman_graph(6, 8))
    pairs = drawn_edges(edges, drawn_nodes(edges))
    xy = lay_out(pairs, 48)
    far = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    joined = far[pairs[:, 0], pairs[:, 1]].mean()
    assert joined < 0.5 * far.mean() and xy.min() >= 0 and xy.max() <= 1
    np.testing.assert_array_equal(xy, lay_out(pairs, 48))
    assert np.ptp(xy, axis=0).min() > 0.5, "both axes are used"


def test_what_hangs_together_with_no_other_stands_below_the_rest():
    graph = nx.disjoint_union_all([nx.cycle_graph(20), nx.path_graph(3), nx.path_graph(2), nx.empty_graph(2)])
    pairs = np.array(graph.edges)
    xy = lay_out(pairs, 27)
    assert xy[:20, 1].min() > xy[20:, 1].max() and xy.min() >= 0 and xy.max() <= 1
    parts = [xy[20:23], xy[23:25], xy[25:26], xy[26:27]]
    middles = np.array([part.mean(0) for part in parts])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=-1)[np.triu_indices(4, 1)].min()
    assert max(np.ptp(part, axis=0).max() for part in parts) < apart, "each has a cell of its own"


def test_a_graph_without_drawn_edges_is_laid_out():
    assert lay_out(np.empty((0, 2), int), 3).shape == (3, 2)


def test_of_a_large_graph_the_wanted_nodes_and_the_largest_are_drawn():
    edges = edges_of(nx.barabasi_albert_graph(500, 2, seed=0))
    degrees = np.bincount(edges[:, [0, 2]].reshape(-1), minlength=500)
    drawn = drawn_nodes(edges, np.array([499, 498]), most=50)
    assert len(drawn) == 50 and {498, 499} <= set(drawn.tolist())
    rest = degrees[np.setdiff1d(drawn, [498, 499])]
    assert rest.min() >= np.sort(degrees)[-48], "the others are those with most edges"
    pairs = drawn_edges(edges, drawn)
    inside = {frozenset((int(a), int(b))) for a, _, b in edges if a in drawn and b in drawn}
    assert {frozenset(drawn[pair].tolist()) for pair in pairs} == inside
    assert len(drawn_edges(edges, drawn, most=7)) == 7


def test_a_picture_shows_as_many_nodes():
    pixels = graph_pixels(edges_of(nx.path_graph(3)), 64)
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.float32
    assert (pixels[..., 0] > 0.9).sum() >= 3 * 25
