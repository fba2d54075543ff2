"""What the Inspect page shows of a graph, recomputed; the ways to anchors; what other pages say of graphs."""

import json
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from explorer import notebook
from explorer.analysis.graphs.ways import shortest_ways
from explorer.audit.run import run_audit
from explorer.audit.sources import samples_source
from explorer.foundation.errors import MediaError, SettingsError
from explorer.foundation.words import ordinal
from explorer.joints.measures.tuples import graph_tokens, hash_nodes
from explorer.media.graphs.drawing import MOST_NODES
from explorer.pages.codebook.audits import open_audit
from explorer.pages.edit.events import opening
from explorer.pages.inspect import answers, events, media
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.inspect.facts import payload as facts_payload
from explorer.views.inspect.player.graph import graph_payload
from explorer.views.kit.wire.encoding import unpack


def visit_of(picture="world", name="gart", **changes):
    return Visit(tokenizer=name, picture=picture, modality="graph", **changes)


@pytest.fixture
def asking():
    """Ask as the browser does, of what is shown."""
    visitor = visitors.enter("graph-tests")

    def ask(visit, what, **more):
        visitor.part(Wish).shown = visit
        return json.loads(answers.ask({"what": what, "token": visitor.token, "turn": visit.turn, **more}))

    yield ask
    visitors.leave("graph-tests")


@pytest.mark.parametrize("picture", ["karate", "world"])
def test_everything_is_there_of_a_graph(picture):
    visit = visit_of(picture, token=3)
    record, parts = runtime.record_of(visit), events.everything(visit)
    view, player, card = (json.loads(parts[part]) for part in ("view", "player", "card"))
    assert json.loads(parts["exports"])["missing"] == {"decoded": events.NO_DECODER}
    assert view["place"]["kind"] == "graph" and not view["placed"] and view["maps"] == []
    assert view["place"]["places"][:5] == ["1st anchor", "2nd anchor", "3rd anchor", "4th anchor", "1st distance"]
    for sent, level in zip(view["levels"], record.levels, strict=True):
        assert sent["rows"] * sent["cols"] >= level.indices.size and sent["K"] == level.codebook.codebook_size
        np.testing.assert_array_equal(unpack(sent["indices"]), level.indices)
    tokens = graph_tokens(record)
    assert player["anchors"] == tokens.anchor_nodes.tolist() and player["names"] == list(record.names.nodes)
    assert unpack(player["xy"]).shape == (tokens.nodes, 2) and player["caption"] == ""
    np.testing.assert_array_equal(unpack(player["hash"]), hash_nodes(tokens).ids)
    joined = {frozenset(map(int, pair)) for pair in unpack(player["pairs"])}
    assert joined == {frozenset((int(h), int(t))) for h, _, t in record.media}
    code = int(record.levels[0].indices[3])
    assert card["code"] == code and card["nearest"] == [] and card["vector"] is None and card["digits"] is None
    assert card["words"].startswith(record.names.nodes[tokens.anchor_nodes[code]])
    assert (player["groups"] is None) == (picture == "world")


def test_figures_are_those_of_the_tuples():
    record = runtime.record_of(visit_of())
    found = {one["id"]: one["value"] for one in json.loads(events.decoded_values(visit_of())[1])["figures"]}
    tokens = graph_tokens(record)
    assert found["nodes"] == 107 and found["edges"] == 181 and found["without"] == 0
    assert found["sharing"] == pytest.approx(100 * hash_nodes(tokens).sharing / 107)
    beside = (tokens.distances[:, 0] <= 1).mean()
    assert found["within_one"] == pytest.approx(100 * beside)
    assert found["bits_a_node"] == pytest.approx(4 * np.log2(257) + 4 * np.log2(10) + 4 * np.log2(129))
    facts = {
        one["label"]: one["value"] for one in json.loads(facts_payload(load_tokenizer("gart").spec, record))["facts"]
    }
    assert facts["codes"] == "4 x 257 + 4 x 10 + 4 x 129" and facts["bits a token"] == f"{found['bits_a_node']:.1f}"
    assert facts["decoder"] == "none" and facts["takes"].startswith("graphs")


def test_ways_are_shortest_ones(asking):
    visit = visit_of()
    record = runtime.record_of(visit)
    graph = nx.Graph((int(head), int(tail)) for head, _, tail in record.media)
    tokens = graph_tokens(record)
    for node in (0, 50, 106):
        answer = asking(visit, "ways", position=node)
        ends = tokens.anchor_nodes[tokens.anchors[node]]
        for way, end, far in zip(answer["ways"], ends, tokens.distances[node], strict=True):
            assert way[0] == node and way[-1] == end and len(way) - 1 == far
            assert far == nx.shortest_path_length(graph, node, end)
            assert all(graph.has_edge(a, b) for a, b in pairwise(way))
        assert answer["names"][str(node)] == record.names.nodes[node]
    refused = asking(visit, "ways", position=107)
    assert not refused["ok"] and "There is no node 107" in refused["error"]["message"]
    refused = asking(Visit(tokenizer="kmeans", picture="astronaut"), "ways", position=0)
    assert not refused["ok"] and "Only a node of a graph" in refused["error"]["message"]


def test_anchors_of_a_walk_are_those_of_personalized_pagerank(asking):
    """networkx walks the same graph, to far below the rounding by which ties are told."""
    record = runtime.record_of(visit_of())
    graph = nx.Graph()
    graph.add_nodes_from(range(107))
    graph.add_edges_from((head, tail) for head, _, tail in record.media.tolist() if head != tail)
    plain, names = asking(visit_of(), "anchors"), record.names.nodes
    for starts, damping in (((), 0.85), ((names.index("Sun"),), 0.85), ((3, 90), 0.3)):
        personal = {node: float(node in starts) for node in graph} if starts else None
        rank = nx.pagerank(graph, damping, personal, max_iter=1000, tol=1e-14)
        answer = asking(visit_of(), "anchors", starts=list(starts), damping=damping)
        chosen = answer["nodes"]
        assert len(chosen) == len(set(chosen)) == 21
        assert min(rank[node] for node in chosen) >= max(rank[node] for node in graph if node not in chosen) - 2e-9
        shared = hash_nodes(graph_tokens(load_tokenizer("gart").tokenize_from(record.media, starts, damping))).sharing
        assert f"{100 * shared / 107:.1f}% of nodes share" in answer["words"]
    assert "anywhere" in plain["words"]
    sun = asking(visit_of(), "anchors", starts=[names.index("Sun")])
    assert "begins again at Sun" in sun["words"] and names.index("Sun") in sun["nodes"]
    refused = asking(visit_of(), "anchors", starts=[107])["error"]
    assert refused["field"] == "starts" and "nodes 0 to 106, not at 107" in refused["message"]
    assert asking(visit_of(), "anchors", damping=1.5)["error"]["field"] == "damping"
    refused = asking(Visit(tokenizer="kmeans", picture="astronaut"), "anchors")["error"]
    assert "Only a graph has anchors" in refused["message"]


@pytest.mark.parametrize("picture", ["karate", "world"])
def test_it_opens_with_a_node_that_shows_what_a_tuple_is(picture):
    visit = visit_of(picture)
    view, card = json.loads(events.view_value(visit)), json.loads(events.card_value(visit))
    node = view["opened"]["token"]
    tokens = graph_tokens(runtime.record_of(visit))
    assert not tokens.is_anchor[node] and (tokens.anchors[node] >= 0).all() and card["token"] == node
    assert view["opened"]["code"] == card["code"] == tokens.anchors[node, 0]
    if picture == "world":
        assert len(hash_nodes(tokens).with_(node)) == 0 and len(set(tokens.distances[node])) > 1


def test_where_no_way_leads_there_is_none():
    edges = np.array([[0, 0, 1], [2, 0, 3]])
    assert shortest_ways(edges, 0, [1, 3, 0]) == [[0, 1], [], [0]]


@pytest.mark.parametrize("figure", ["tuple_collisions", "anchor_coverage"])
def test_figures_are_drawn_and_refused_for_others(asking, figure):
    drawn = asking(visit_of(), "tokens", figure=figure, theme="dark")
    assert drawn["ok"] and drawn["figure"]["layout"]["meta"]["figure"] == figure
    assert notebook.figures.draw(figure, runtime.record_of(visit_of())).data
    refused = asking(Visit(tokenizer="kmeans", picture="astronaut"), "tokens", figure=figure, theme="dark")
    assert not refused["ok"] and "of a graph" in refused["error"]["message"]


def test_of_a_large_graph_a_part_is_drawn_and_that_is_said(tmp_path):
    made = nx.barabasi_albert_graph(3 * MOST_NODES, 2, seed=0)
    (tmp_path / "large.edgelist").write_text("\n".join(f"{a} {b}" for a, b in made.edges))
    visit = visit_of(UPLOADED, upload=str(tmp_path / "large.edgelist"))
    record = runtime.record_of(visit)
    value = json.loads(graph_payload(record))
    drawn = unpack(value["drawn"])
    assert len(drawn) == MOST_NODES and set(value["anchors"]) <= set(drawn.tolist())
    assert f"Drawn are {MOST_NODES:,} of {3 * MOST_NODES:,} nodes" in value["caption"]
    assert json.loads(events.everything(visit)["view"])["place"]["kind"] == "graph"


def test_an_uploaded_edge_list_brings_a_tokenizer(tmp_path):
    (tmp_path / "own.tsv").write_text("a\tknows\tb\nb\tlikes\tc\nc\tknows\ta\n")
    visit = Visit(tokenizer="kmeans", picture=UPLOADED, upload=str(tmp_path / "own.tsv"), modality="")
    settled, words = media.settle(visit)
    assert settled.modality == "graph" and load_tokenizer(settled.tokenizer).spec.modality == "graph"
    assert "This file is a graph" in words and runtime.record_of(settled).media.shape == (3, 3)
    (tmp_path / "bad.tsv").write_text("a\tknows\tb\nb\tlikes\nc\tknows\ta\nd\tknows\ta\n")
    bad = visit_of(UPLOADED, upload=str(tmp_path / "bad.tsv"))
    with pytest.raises(MediaError, match="Line 2 has 2 columns"):
        runtime.record_of(bad)


def test_exports():
    names = {kind: events.export(visit_of("karate"), kind, 0).name for kind in ("npz", "csv", "counts")}
    assert names["csv"] == "gart_karate_tokens.csv"
    lines = events.export(visit_of("karate"), "counts", 0).data.decode().splitlines()
    assert len(lines) == 258
    with pytest.raises(Exception, match="no decoder"):
        events.export(visit_of("karate"), "decoded", 0)


def test_other_pages_say_why_not():
    visitor = visitors.enter("graph-pages")
    try:
        assert opening(visit_of("karate"), visitor) == "", "there is nothing to edit without a decoder"
        with pytest.raises(SettingsError, match="every graph has anchors of its own"):
            open_audit(visitor, "gart", None)
    finally:
        visitors.leave("graph-pages")
    with pytest.raises(SettingsError, match="every graph has anchors of its own"):
        run_audit(load_tokenizer("gart"), samples_source("graph"), title="graphs")


def test_a_notebook_takes_a_graph():
    record = notebook.tokenize("gart", "sample:karate")
    assert record.modality == "graph" and record.names.nodes[0] == "member 1"
    array = notebook.tokenize("gart", np.array([[0, 1], [1, 2], [2, 2], [4, 1]]))
    assert array.names.nodes == ("0", "1", "2", "3", "4") and array.media.tolist()[3] == [3, 0, 3]
    triples = notebook.tokenize("gart", np.array([[0, 5, 1], [1, 9, 2]]))
    assert triples.names.relations == ("5", "9")
    for wrong in (np.zeros((3, 4), int), np.zeros((0, 2), int), np.array([[0.5, 1]]), np.array([[-1, 2]])):
        with pytest.raises(MediaError, match="edges"):
            notebook.tokenize("gart", wrong)


def test_thumbnails_and_words():
    assert [one["id"] for one in media.thumbnails("graph")] == ["karate", "world"]
    words = [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)]
    assert words == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th"]
