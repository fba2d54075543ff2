"""Edge lists as people keep them: what is read, what is left out and said, and the line of a mistake."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from explorer.foundation.config import Limits, limits_of
from explorer.foundation.errors import MediaError
from explorer.media.graphs.graph import load_graph
from explorer.media.medium import load_medium, modality_of
from explorer.media.samples import SAMPLES


def triples(graph):
    """The edges in words."""
    names, kinds = graph.names.nodes, graph.names.relations
    return [(names[h], kinds[r] if kinds else None, names[t]) for h, r, t in graph.edges if h != t]


@pytest.mark.parametrize(
    "text",
    [
        "a\tknows\tb\nb\tlikes\tc\n",
        "head,relation,tail\na,knows,b\nb,likes,c\n",
        "# made by hand\n\na knows b\n\nb likes c",
        "% another\r\na;knows;b\r\nb;likes;c\r\n",
        "tail,weight,relation,head\nb,1,knows,a\nc,2,likes,b\n",
        '"a","knows","b"\n"b","likes","c"\n',
        "\ufeffa knows b\nb likes c\n",
    ],
)
def test_triples_are_read_whatever_parts_them(text):
    graph = load_graph(text.encode())
    assert triples(graph) == [("a", "knows", "b"), ("b", "likes", "c")]
    assert graph.names.nodes == ("a", "b", "c") and graph.names.relations == ("knows", "likes")


@pytest.mark.parametrize(
    "text", ["0 1\n1 2\n", "0 1 {}\n1 2 {'weight': 3}\n", "0 1 0.5\n1 2 1.5e-3\n", "source target\n0 1\n1 2\n"]
)
def test_pairs_have_no_relation(text):
    graph = load_graph(text.encode())
    assert triples(graph) == [("0", None, "1"), ("1", None, "2")] and graph.names.relations == ()


def test_an_edge_list_of_networkx_is_read(tmp_path):
    made = nx.gnm_random_graph(40, 90, seed=1)
    nx.write_edgelist(made, tmp_path / "own.edgelist")
    graph = load_medium(tmp_path / "own.edgelist")
    assert modality_of(graph) == "graph"
    found = {frozenset((int(head), int(tail))) for head, _, tail in triples(graph)}
    assert found == {frozenset(edge) for edge in made.edges}


def test_nodes_that_are_numbers_come_in_their_order():
    graph = load_graph(b"10 2\n3 10\n")
    assert graph.names.nodes == ("2", "3", "10") and graph.edges[:, [0, 2]].tolist() == [[2, 0], [1, 2]]
    assert load_graph(b"b a\n2 b\n").names.nodes == ("b", "a", "2"), "else in the order in which they come"


def test_relations_are_numbered_by_how_often_they_are():
    graph = load_graph(b"a rare b\na often c\nc often d\n")
    assert graph.names.relations == ("often", "rare") and graph.edges[:, 1].tolist() == [1, 0, 0]
    counts = {"x": 1, "y": 3, "z": 2}
    lines = [f"{kind}{i} {kind} b{i}" for kind, many in counts.items() for i in range(many)]
    graph = load_graph("\n".join(lines).encode())
    assert graph.names.relations == ("y", "z", "x")
    assert [graph.names.relations[kind] for kind in graph.edges[:, 1]] == ["x", "y", "y", "y", "z", "z"]


def test_what_is_left_out_is_said():
    graph = load_graph(b"a b\nb b\nc c\na b\nb a\n")
    assert triples(graph) == [("a", None, "b"), ("b", None, "a")]
    assert graph.edges.tolist() == [[0, 0, 1], [1, 0, 0], [2, 0, 2]], "a node without an edge is kept as a mark"
    assert graph.notes == (
        "2 edges begin and end at one node, and are left out.",
        "1 edge is there once more; each counts once.",
        "1 node stands without an edge, so no anchor but itself is near.",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b\nb c\nc d e\nd e\n", "Line 3 has 3 columns where line 1 has 2"),
        ("# x\na b c\nb c\nc d e\nc d f\n", "Line 3 has 2 columns where line 2 has 3"),
        ("\n".join(["a b"] * 40 + ["a b c"]), "Line 41 has 3 columns where line 1 has 2"),
        ("a,b\n,c\na,c\n", "Line 2 has no head"),
        ("a\tx\tb\nc\t\td\na\tx\td\n", "Line 2 has no relation"),
        ("head,tail\na,b\nb,\n", "Line 3 has no tail"),
        ("a b c d\ne f g h\n", "no edge list"),
        ("It was a dark and stormy night.\nThe rain fell in torrents.\nAnd so on and on it went.\n", "no edge list"),
        ("head,tail\n", "no edges in it"),
        ("# nothing\n", "no edge list"),
        ("0.5 1.25\n0.75 1.5\n", "this is a table of numbers"),
        ('a,"b' + "x" * 140_000 + '"\nc,d\n', "Line 1 cannot be read"),
        ("a a\nb b\n", "No edge joins two nodes: 2 lines of this file name 2 nodes"),
        ("a a\n", "No edge joins two nodes: 1 line of this file name 1 node"),
        ("a " + "b" * 300 + "\nc d\n", "A name in line 1 has more than 200 characters"),
    ],
)
def test_mistakes_are_said_at_their_line(text, words):
    with pytest.raises(MediaError, match=words.replace("(", r"\(")):
        load_graph(text.encode())


@pytest.mark.parametrize("data", [b"", b"\0\1\2\0" * 20, b"\x89PNG\r\n\x1a\n" + bytes(range(256))])
def test_what_is_no_text_is_refused(data):
    with pytest.raises(MediaError):
        load_graph(data)


def test_of_too_many_edges_the_first_are_read():
    lines = "\n".join(f"{i} {i + 1}" for i in range(500))
    graph = load_graph(lines.encode(), replace(Limits(), graph_edges=120))
    assert len(graph.edges) == 120 and len(graph.names.nodes) == 121
    assert "Only the first 120 edges are read" in graph.notes[0] and "--limit edges=" in graph.notes[0]
    assert limits_of("edges=2K").graph_edges == 2000


def test_three_whole_numbers_may_end_in_a_weight_which_is_said():
    assert "name the columns in the first line: source, target, weight" in load_graph(b"1 2 5\n2 3 7\n").notes[0]
    named = load_graph(b"source target weight\n1 2 5\n2 3 7\n")
    assert named.names.nodes == ("1", "2", "3") and not named.names.relations
    assert not load_graph(b"a 2 b\nb 2 c\n").notes


def test_a_table_of_decimals_under_names_is_no_graph():
    with pytest.raises(MediaError, match="hold numbers with a decimal point"):
        load_graph(b"a,b,c\n0.5,1.5,2.5\n1.5,2.5,3.5\n")


def test_a_table_of_numbers_stays_a_series_unless_a_graph_is_wanted():
    numbers = b"1,2\n2,3\n3,1\n"
    assert modality_of(load_medium(numbers)) == "series"
    assert modality_of(load_medium(numbers, wanted="graph")) == "graph"
    assert modality_of(load_medium(b"a\tknows\tb\nb\tlikes\tc\n")) == "graph"


def test_the_samples_are_what_they_say():
    karate, world = SAMPLES["karate"].load(), SAMPLES["world"].load()
    known = nx.karate_club_graph()
    assert karate.edges[:, [0, 2]].tolist() == sorted([a, b] for a, b in known.edges)
    sides = ["with the instructor" if known.nodes[n]["club"] == "Mr. Hi" else "with the officer" for n in known]
    by_name = dict(zip(karate.names.nodes, karate.names.groups, strict=True))
    assert [by_name[f"member {n + 1}"] for n in known] == sides
    assert len(world.edges) >= 150 and len(world.names.relations) == 11 and not world.notes
    joined = nx.Graph((int(head), int(tail)) for head, _, tail in world.edges)
    assert nx.is_connected(joined) and joined.number_of_nodes() == len(world.names.nodes)


def test_edges_are_checked():
    with pytest.raises(MediaError, match="1 name is given for 34 nodes"):
        graph = SAMPLES["karate"].load()
        replace(graph, names=replace(graph.names, nodes=("a",), groups=()))
    assert np.issubdtype(SAMPLES["world"].load().edges.dtype, np.integer)
