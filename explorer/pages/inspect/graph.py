"""A graph on the Inspect page: its figures, and the ways from a node to its anchors."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.analysis.graphs.ways import shortest_ways
from explorer.foundation.errors import FieldError
from explorer.foundation.words import count_of, is_are
from explorer.joints.measures.tuples import GraphTokens, coverage, graph_tokens, hash_nodes, node_words, vocabulary
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.pages.inspect.figures import times
from explorer.pages.inspect.requests import Anchors, Ways
from explorer.pages.shared.fields import at_field
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


def anchors(record: TokenRecord, tokenizer: Tokenizer, request: Anchors) -> dict[str, Any]:
    """Anchors by personalized PageRank, held against those of the record: {"nodes": of the anchors, "words"}.

    Raises FieldError where tokens are no tuples of this graph, or a start is not there.
    """
    walk = getattr(tokenizer, "tokenize_from", None)  # only `tokenizers.graphs` has anchors
    if record.modality != "graph" or walk is None:
        raise FieldError("starts", "Only a graph has anchors that a walk could choose.")
    with at_field("starts"):
        other = walk(record.media, request.starts, request.damping)
    before, after = graph_tokens(record), graph_tokens(other)
    names = [node_words(node, record.names) for node in request.starts]
    begins = "anywhere" if not names else " or ".join(names[:4]) + (f" or {len(names) - 4} more" if names[4:] else "")
    kept = len(np.intersect1d(before.anchor_nodes, after.anchor_nodes))
    words = (
        f"A walker that begins again at {begins}, and walks on with chance {request.damping:g}, chooses "
        f"{count_of(len(after.anchor_nodes), 'anchor')}, {kept:,} of which this tokenizer has, too. "
        f"{_held(before, after)}"
    )
    return {"nodes": after.anchor_nodes.tolist(), "words": words}


def _held(before: GraphTokens, after: GraphTokens) -> str:
    """What tokens of two choices of anchors tell apart, in a sentence."""
    sharing = [100 * hash_nodes(one).sharing / one.nodes for one in (after, before)]
    reach = [coverage(one) for one in (after, before)]
    beside = [100 * float(one[min(1, len(one) - 1)]) for one in reach]
    without = [
        one.nodes - round(float(shares[-1]) * one.nodes) for one, shares in zip((after, before), reach, strict=True)
    ]
    return (
        f"With them {sharing[0]:.1f}% of nodes share their tuple (now {sharing[1]:.1f}%), {beside[0]:.1f}% are beside "
        f"an anchor (now {beside[1]:.1f}%), and {count_of(without[0], 'node')} {is_are(without[0])} without one (now "
        f"{without[1]:,})."
    )


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
