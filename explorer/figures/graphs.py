"""How many nodes of a graph share their tuple, and how far its anchors reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.figures.frame import frame_traces, named_axis
from explorer.figures.theme import Theme, ink
from explorer.figures.traces import TEXTS, bars, dots, line
from explorer.foundation.colormaps import CATEGORIES
from explorer.foundation.words import count_of
from explorer.joints.measures.tuples import PARTS, coverage, graph_tokens, hash_nodes
from explorer.joints.record import TokenRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAMED = {1: "anchors", 2: "anchors, distances", 3: "anchors, distances, relations"}  # parts of the tuple -> words


def tuple_collisions(record: TokenRecord, *, theme: Theme = "light") -> go.Figure:
    """Nodes that share their tuple with another one, by how many anchors it names and by what else it says.

    Raises RecordError for a record that is not of a graph.
    """
    tokens = graph_tokens(record)
    ks = np.arange(1, tokens.anchors.shape[1] + 1)
    drawn = []
    for place, parts in enumerate(range(1, 1 + len(PARTS))):
        sharing = [hash_nodes(tokens, PARTS[:parts], int(k)).sharing for k in ks]
        texts = [
            f"{many:,} of {count_of(tokens.nodes, 'node')} share their tuple of {NAMED[parts]} "
            f"({100 * many / tokens.nodes:.1f}%), {count_of(int(k), 'anchor')} a node"
            for k, many in zip(ks, sharing, strict=True)
        ]
        values, colour = 100 * np.array(sharing) / tokens.nodes, CATEGORIES[place]
        drawn.append(line(ks, values, colour, NAMED[parts], showlegend=False))
        symbol = ("circle", "square", "diamond")[place]
        drawn.append(dots(ks, values, colour, NAMED[parts], hover=TEXTS, hovertext=texts, size=9, symbol=symbol))
    whole = hash_nodes(tokens)
    words = (
        f"{whole.sharing:,} of {count_of(tokens.nodes, 'node')} share their whole tuple with another one, so that "
        f"tokens do not tell them apart; there are {count_of(len(whole.counts), 'tuple')}."
    )
    x = named_axis("anchors of a node (count)", tickvals=ks.tolist())
    y = named_axis("sharing a tuple (% of nodes)", rangemode="tozero")
    return frame_traces("tuple_collisions", drawn, x, y, theme=theme, title="Nodes of the same tuple", words=words)


def anchor_coverage(record: TokenRecord, *, theme: Theme = "light") -> go.Figure:
    """The share of nodes that an anchor reaches within so many edges.

    Raises RecordError for a record that is not of a graph.
    """
    tokens = graph_tokens(record)
    shares = coverage(tokens)
    hops = np.arange(len(shares))
    texts = [
        f"{round(share * tokens.nodes):,} of {count_of(tokens.nodes, 'node')} have an anchor within "
        f"{count_of(int(hop), 'edge')}"
        for hop, share in zip(hops, shares, strict=True)
    ]
    drawn = [bars(hops, 100 * shares, ink(theme)["accent"], "nodes", hovertext=texts)]
    without = tokens.nodes - round(float(shares[-1]) * tokens.nodes)
    words = (
        f"{count_of(len(tokens.anchor_nodes), 'anchor')} of {count_of(tokens.nodes, 'node')}; "
        f"{count_of(without, 'node')} {'has' if without == 1 else 'have'} none within reach."
    )
    x = named_axis("edges to the nearest anchor (count, at most)", tickvals=hops.tolist())
    y = named_axis("reached (% of nodes)", range=[0, 102])
    return frame_traces("anchor_coverage", drawn, x, y, theme=theme, title="How far anchors reach", words=words)
