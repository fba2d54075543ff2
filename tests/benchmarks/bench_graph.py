"""A graph of 100,000 edges, from an edge list to its tokens, and what the Inspect page is sent of it."""

from __future__ import annotations

import json
import resource
import time

import numpy as np

from explorer.compare.run import Options, compare_medium
from explorer.media.graphs.graph import load_graph
from explorer.media.medium import tokenized
from explorer.tokenizers import load_tokenizer
from explorer.views.compare.drawing import drawn_payload
from explorer.views.inspect.player.graph import graph_payload

EDGES, NODES, RELATIONS = 100_000, 20_000, 40


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rng = np.random.default_rng(0)
    heads, tails = rng.zipf(1.5, EDGES) % NODES, rng.integers(0, NODES, EDGES)
    kinds = rng.integers(0, RELATIONS, EDGES)
    lines = (f"n{head}\tr{kind}\tn{tail}" for head, kind, tail in zip(heads, kinds, tails, strict=True))
    data = "\n".join(lines).encode()
    tokenizer = load_tokenizer("gart")
    begin = time.perf_counter()
    graph = load_graph(data)
    read = time.perf_counter()
    record = tokenized(graph, tokenizer, 256)
    made = time.perf_counter()
    sent = len(graph_payload(record))
    drawn = time.perf_counter()
    pair = [tokenizer, load_tokenizer("gart-random")]
    compared = len(json.dumps(drawn_payload(compare_medium("graph", graph, pair, Options(repeats=0)))))
    side = time.perf_counter()
    many = f"{len(graph.names.nodes):,} nodes, {len(graph.edges):,} edges"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        (f"graph, {many}: edge list read", f"{read - begin:.2f} s", ""),
        (f"graph, {many}: tokenized", f"{made - read:.2f} s", ""),
        (f"graph, {many}: both", f"{made - begin:.2f} s", "10 s"),
        ("graph: laid out and packed for the page", f"{drawn - made:.2f} s, {sent / 2**20:.2f} MiB", ""),
        ("graph: compared by two tokenizers, packed", f"{side - drawn:.2f} s, {compared / 2**20:.2f} MiB", ""),
        ("graph: peak memory of the process", f"{peak:.0f} MiB", ""),
    ]
