"""A graph on the Inspect page: its figures, and the ways from a node to its anchors."""

from __future__ import annotations

from typing import Any

from explorer.analysis.graphs.ways import shortest_ways
from explorer.foundation.errors import FieldError
from explorer.foundation.words import count_of
from explorer.joints.measures.tuples import coverage, graph_tokens, hash_nodes, node_words, vocabulary
from explorer.joints.record import TokenRecord
from explorer.pages.inspect.figures import times
from explorer.pages.inspect.requests import Ways
from explorer.views.inspect.reconstruction.reconstruction import figure


def graph_figures(record: TokenRecord) -> list[dict]:
    """How far the anchors of a graph reach, which of its nodes tokens tell apart, and what they cost."""
    tokens, words = graph_tokens(record), vocabulary(graph_tokens(record))
    whole, shares = hash_nodes(tokens), coverage(tokens)
    edges = int((record.media[:, 0] != record.media[:, 2]).sum())
    size, nodes = sum(words.values()), tokens.nodes
    within = 100 * float(shares[min(1, len(shares) - 1)])
    parts = " + ".join(f"{count:,} {name}" for name, count in words.items())
    return [
        figure("nodes", "Nodes", nodes, "nodes", 0, "Of the graph as it was tokenized."),
        figure("edges", "Edges", edges, "edges", 0, "Each once, without those that begin and end at one node."),
        figure("vocabulary", "Words for all nodes", size, "words", 0,
               f"What the tuples are made of: {parts}. A table with a row for each node would have {nodes:,}."),
        figure("fewer", "Nodes a word", nodes / size, "nodes", 2,
               "Nodes over the words of the tuples: below 1 a table with a row for each node would be smaller."),
        figure("sharing", "Nodes that share their tuple", 100 * whole.sharing / nodes, "%", 1,
               f"{whole.sharing:,} of {count_of(nodes, 'node')} have the whole tuple of another one: tokens do not "
               f"tell them apart. There are {count_of(len(whole.counts), 'tuple')}."),
        figure("within_one", "Nodes beside an anchor", within, "%", 1,
               f"An anchor themselves, or one edge from one, of {count_of(nodes, 'node')}."),
        figure("without", "Nodes without an anchor", nodes - round(float(shares[-1]) * nodes), "nodes", 0,
               "That no anchor reaches within the farthest distance of this tokenizer."),
        figure("bits_a_node", "Rate, uniform", record.bits_uniform / nodes, "bit/node", 1,
               "log2(K) bits for each place of the tuple, K being the codes that place can have."),
        figure("bits_a_node_empirical", "Rate, empirical", record.bits_empirical / nodes, "bit/node", 1,
               "Bits at the entropy of this graph's own codes, place by place."),
        *times(record.seconds, record.device, "graph", False),
    ]  # fmt: skip


def ways(record: TokenRecord, request: Ways) -> dict[str, Any]:
    """The shortest ways from a node to each of its anchors, in their order: {"ways": [[node, ...], ...], "names"}.

    Raises FieldError for a node that is not there.
    """
    if record.modality != "graph":
        raise FieldError("position", "Only a node of a graph has ways to its anchors.")
    tokens = graph_tokens(record)
    if not request.position < tokens.nodes:
        raise FieldError("position", f"There is no node {request.position}; there are {tokens.nodes:,}.")
    places = tokens.anchors[request.position]
    ends = tokens.anchor_nodes[places[places >= 0]]
    found = shortest_ways(record.media, request.position, ends.tolist())
    names = {node: node_words(node, record.names) for way in found for node in way}
    return {"ways": found, "names": {str(node): name for node, name in names.items()}}
