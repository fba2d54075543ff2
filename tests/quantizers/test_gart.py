"""Anchors and relations of nodes, against networkx, scipy's shortest paths and brute force."""

from collections import deque

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from explorer.quantizers import gart


def random_edges(seed, nodes=60, edges=110, kinds=5):
    """A graph with several components, self-loops and repeated edges."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, nodes, (edges, 2))
    ends[: edges // 4] %= nodes // 3  # a denser corner
    return np.stack([ends[:, 0], rng.integers(0, kinds, edges), ends[:, 1]], axis=1)


def matrix(edges, nodes):
    ones = np.ones(len(edges))
    return coo_array((ones, (edges[:, 0], edges[:, 2])), shape=(nodes, nodes)).tocsr()


def brute_nearest(edges, nodes, anchors, k, farthest):
    """Breadth first from each node by hand: anchors by (distance, place)."""
    beside = [set() for _ in range(nodes)]
    for head, _, tail in edges:
        if head != tail:
            beside[head].add(tail)
            beside[tail].add(head)
    found = []
    for start in range(nodes):
        far, line = {start: 0}, deque([start])
        while line:
            node = line.popleft()
            for other in beside[node]:
                if other not in far:
                    far[other] = far[node] + 1
                    line.append(other)
        near = sorted((far[node], place) for place, node in enumerate(anchors) if far.get(node, 10**9) <= farthest)
        found.append(near[:k])
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("many", "k", "farthest"), [(5, 3, 4), (20, 4, 8), (60, 7, 2), (1, 4, 3)])
def test_nearest_anchors_are_those_of_a_search_by_hand(seed, many, k, farthest):
    edges, nodes = random_edges(seed), 60
    around = gart.neighbourhood(edges, nodes)
    anchors = gart.choose_anchors(around, many, "random", seed)
    found, far = gart.nearest_anchors(around, anchors, k, farthest)
    for node, expected in enumerate(brute_nearest(edges, nodes, anchors.tolist(), k, farthest)):
        padded = expected + [(-1, -1)] * (k - len(expected))
        assert [tuple(pair) for pair in zip(far[node].tolist(), found[node].tolist(), strict=True)] == padded


def test_distances_to_more_anchors_than_a_word_has_bits_are_those_of_scipy():
    edges, nodes = random_edges(7, 400, 900), 400
    around = gart.neighbourhood(edges, nodes)
    anchors = gart.choose_anchors(around, 150, "degree")
    found, far = gart.nearest_anchors(around, anchors, 150, 50)
    exact = shortest_path(matrix(edges, nodes), directed=False, unweighted=True)[:, anchors]  # (V, M)
    for node in range(nodes):
        there = found[node] >= 0
        assert there.sum() == np.isfinite(exact[node]).sum()
        np.testing.assert_array_equal(far[node][there], exact[node, found[node][there]])
        assert (np.diff(far[node][there]) >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_pagerank_is_that_of_networkx(seed):
    edges, nodes = random_edges(seed), 60
    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from((int(head), int(tail)) for head, _, tail in edges if head != tail)
    expected = nx.pagerank(graph, alpha=0.85, tol=1e-12, max_iter=1000)
    around = gart.neighbourhood(edges, nodes)
    np.testing.assert_allclose(gart.pagerank(around), [expected[node] for node in range(nodes)], atol=1e-8)
    reset = np.zeros(nodes)
    reset[[3, 11]] = (1, 3)
    personal = nx.pagerank(graph, alpha=0.85, personalization={3: 1, 11: 3}, tol=1e-12, max_iter=1000)
    np.testing.assert_allclose(gart.pagerank(around, reset), [personal[node] for node in range(nodes)], atol=1e-8)


def test_anchors_by_degree_and_by_pagerank_come_in_order():
    edges, nodes = random_edges(1), 60
    around = gart.neighbourhood(edges, nodes)
    graph = nx.Graph((int(head), int(tail)) for head, _, tail in edges if head != tail)
    degrees = dict(graph.degree)
    by_degree = gart.choose_anchors(around, 60, "degree").tolist()
    assert by_degree == sorted(range(nodes), key=lambda node: (-degrees.get(node, 0), node))
    ranks = nx.pagerank(graph, tol=1e-12, max_iter=1000)
    by_rank = gart.choose_anchors(around, 8, "pagerank").tolist()
    assert set(by_rank) == set(sorted(ranks, key=lambda node: -ranks[node])[:8])


def test_mixed_anchors_are_in_their_shares_and_none_twice():
    around = gart.neighbourhood(random_edges(2, 300, 900), 300)
    chosen = gart.choose_anchors(around, 50, "mixed", seed=4)
    assert len(set(chosen.tolist())) == 50
    assert chosen[:20].tolist() == gart.choose_anchors(around, 20, "degree").tolist()
    ranked = [node for node in gart.choose_anchors(around, 300, "pagerank").tolist() if node not in chosen[:20]]
    assert chosen[20:40].tolist() == ranked[:20]
    assert chosen.tolist() == gart.choose_anchors(around, 50, "mixed", seed=4).tolist()
    assert chosen[40:].tolist() != gart.choose_anchors(around, 50, "mixed", seed=5)[40:].tolist()


def test_random_anchors_are_as_many_as_there_are_nodes_at_most():
    around = gart.neighbourhood(random_edges(3), 60)
    assert sorted(gart.choose_anchors(around, 999, "random", 1).tolist()) == list(range(60))


def test_a_neighbourhood_has_each_neighbour_once():
    edges = np.array([[0, 0, 1], [1, 2, 0], [1, 1, 1], [2, 0, 1], [0, 0, 1]])
    around = gart.neighbourhood(edges, 4)
    assert around.degrees.tolist() == [1, 2, 1, 0]
    assert [around.beside[around.first[v] : around.first[v + 1]].tolist() for v in range(4)] == [[1], [0, 2], [1], []]


@pytest.mark.parametrize("m", [1, 3, 20])
def test_relations_of_a_node_are_its_own_with_their_directions(m):
    edges, nodes = random_edges(5), 60
    found = gart.relation_types(edges, nodes, m, seed=2)
    own = [set() for _ in range(nodes)]
    for head, kind, tail in edges:
        if head != tail:
            own[head].add(2 * kind)
            own[tail].add(2 * kind + 1)
    for node in range(nodes):
        there = [code for code in found[node].tolist() if code >= 0]
        assert there == sorted(there) and len(set(there)) == len(there) == min(m, len(own[node]))
        assert set(there) <= own[node]
        assert found[node].tolist() == there + [-1] * (m - len(there))
    np.testing.assert_array_equal(found, gart.relation_types(edges, nodes, m, seed=2))


def test_the_example_by_hand():
    """A path 0-1-2-3-4 with anchors 0 and 4: the middle node has both at 2 edges, the first chosen first."""
    edges = np.array([[0, 0, 1], [1, 0, 2], [3, 1, 2], [3, 1, 4]])
    around = gart.neighbourhood(edges, 5)
    found, far = gart.nearest_anchors(around, np.array([4, 0]), 2, 8)
    assert found.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]
    assert far.tolist() == [[0, 4], [1, 3], [2, 2], [1, 3], [0, 4]]
    assert gart.relation_types(edges, 5, 2).tolist() == [[0, -1], [0, 1], [1, 3], [2, -1], [3, -1]]
