"""`python -m explorer train gart`: write a tokenizer of graphs, measure it on graphs, and write its card.

Nothing in it is fitted: the settings are chosen, and what they do is measured. The graphs of its card are those of the
app, and any edge lists that are named, such as the training split of CoDEx-S (Safavi and Koutra 2020).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Mapping
from pathlib import Path

from explorer.foundation.config import settings
from explorer.foundation.errors import SettingsError
from explorer.foundation.files import make_folder, write_atomically
from explorer.joints.measures.tuples import coverage, graph_tokens, hash_nodes, vocabulary
from explorer.joints.record import TokenRecord
from explorer.media.graphs.graph import LoadedGraph, load_graph
from explorer.media.medium import tokenized
from explorer.media.samples import samples_of
from explorer.tokenizers.graph_specs import MODALITY, QUANTIZER, GartConfig
from explorer.tokenizers.graphs.tokenizer import GraphTokenizer, load_graphs

LICENCE = "MIT, as this project: nothing in it was fitted"
USUAL = GartConfig(
    anchors=256, share=0.2, strategy="mixed", neighbours=4, farthest=8, relations=4, relation_types=64, seed=0
)


@dataclasses.dataclass(frozen=True)
class GraphRecipe:
    """title, summary: for people. config: of the quantizer."""

    title: str
    summary: str
    config: GartConfig


def _recipe(title: str, how: str, strategy: str) -> GraphRecipe:
    return GraphRecipe(
        title,
        f"Each node as its 4 nearest anchors, how far they are, and 4 of its relations; anchors {how}; nothing is "
        "learned (NodePiece, 2022).",
        dataclasses.replace(USUAL, strategy=strategy),
    )


GRAPH_ZOO: dict[str, GraphRecipe] = {
    "gart": _recipe("GART, mixed anchors", "by degree, by PageRank and at random", "mixed"),
    "gart-degree": _recipe("GART, anchors by degree", "with most neighbours", "degree"),
    "gart-pagerank": _recipe("GART, anchors by PageRank", "by PageRank", "pagerank"),
    "gart-random": _recipe("GART, random anchors", "at random", "random"),
}


def config_of(name: str, recipe: GraphRecipe) -> dict:
    """config.json before the measurements."""
    config = recipe.config
    return {
        "format": 1,
        "id": name,
        "title": recipe.title,
        "summary": recipe.summary,
        "modality": MODALITY,
        "healthy": True,
        "quantizer": {"id": QUANTIZER, "config": dataclasses.asdict(config)},
        "architecture": {"kind": "graph"},
        "codebook_size": max(config.sizes.values()),
        "codebook_dim": 1,
        "num_quantizers": len(config.slots),
        "combination": "concatenate",
        "downsampling": 1,
        "parameters": 0,
        "licence": LICENCE,
    }


def measure_graph(record: TokenRecord) -> dict[str, float]:
    """How large the vocabulary of a graph is, which of its nodes tokens tell apart, and how far anchors reach."""
    tokens = graph_tokens(record)
    whole, anchors, shares = hash_nodes(tokens), hash_nodes(tokens, ("anchor",)), coverage(tokens)
    return {
        "nodes": tokens.nodes,
        "edges": int((record.media[:, 0] != record.media[:, 2]).sum()),
        "anchors": len(tokens.anchor_nodes),
        "words": sum(vocabulary(tokens).values()),
        "sharing": round(whole.sharing / tokens.nodes, 4),
        "sharing_anchors": round(anchors.sharing / tokens.nodes, 4),
        "within_one": round(float(shares[min(1, len(shares) - 1)]), 4),
        "without": tokens.nodes - round(float(shares[-1]) * tokens.nodes),
        "bits_a_node": round(record.bits_uniform / tokens.nodes, 2),
        "bits_a_node_empirical": round(record.bits_empirical / tokens.nodes, 2),
    }


def measured_values(tokenizer: GraphTokenizer, graphs: Mapping[str, LoadedGraph]) -> dict[str, float]:
    """The figures of the card: those of `measure_graph`, with the name of the graph behind an underscore."""
    found: dict[str, float] = {}
    for name, graph in graphs.items():
        values = measure_graph(tokenized(graph, tokenizer, settings().limits.image_side_px))
        found |= {f"{key}_{name}": value for key, value in values.items()}
    return found


def card_text(config: Mapping) -> str:
    """card.md from a checkpoint's config."""
    measured, quantizer = config["measured"], config["quantizer"]["config"]
    graphs = [name.removeprefix("nodes_") for name in measured if name.startswith("nodes_")]
    rows = "\n".join(_row(measured, name) for name in graphs)
    return f"""# {config["title"]}

{config["summary"]}

| | |
| --- | --- |
| id | `{config["id"]}` |
| method | GART, NodePiece (Galkin et al. 2022, arXiv 2106.12144) |
| settings | `{json.dumps(quantizer)}` |
| a token | one node: {quantizer["neighbours"]} anchors, their distances, {quantizer["relations"]} relations |
| network | none, and no decoder: a tuple tells where a node stands, not which edges it has |
| licence | {config["licence"]} |

Measured on whole graphs. Nodes have the same tuple as another one where tokens do not tell them apart.

| graph | nodes | edges | anchors | words | same anchors | same tuple | beside an anchor | none near | bits a node |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

Words are the anchors, distances and directed relation types that the tuples of a graph need. Bits are at log2(K) for
each place, and at the entropy of the graph's own codes.

Made by `python -m explorer train {config["id"]} --graph codex-s=FILE --graph codex-m=FILE` (the training splits
of CoDEx, Safavi and Koutra 2020, MIT; they are not part of this project).
"""


def _row(measured: Mapping, name: str) -> str:
    def at(key: str, form: str = ",") -> str:
        return format(measured[f"{key}_{name}"], form)

    shares = (at(key, ".1%") for key in ("sharing_anchors", "sharing", "within_one"))
    counts = (at(key) for key in ("nodes", "edges", "anchors", "words"))
    bits = f"{at('bits_a_node', '.1f')}, {at('bits_a_node_empirical', '.1f')}"
    return f"| {' | '.join([name, *counts, *shares, at('without'), bits])} |"


def read_named(options: list[str]) -> dict[str, LoadedGraph]:
    """ "name=file" each -> graphs by name. Raises SettingsError for another form, MediaError for what is no graph."""
    found = {}
    for one in options:
        name, _, path = one.partition("=")
        if not name.replace("-", "").isalnum() or not path:
            raise SettingsError(f"--graph {one[:60]!r} is not understood. Give NAME=FILE, such as codex-s=train.txt.")
        found[name] = load_graph(Path(path), settings().limits)
    return found


def main(argv: list[str]) -> int:
    """Write a tokenizer of graphs, measure what was written, and write its card."""
    parser = argparse.ArgumentParser(prog="python -m explorer train", description="Write a tokenizer of graphs.")
    parser.add_argument("name", choices=list(GRAPH_ZOO))
    parser.add_argument("--graph", action="append", default=[], metavar="NAME=FILE", help="an edge list to measure on")
    parser.add_argument("--out", type=Path, help="folder of checkpoints (default: the app's)")
    options = parser.parse_args(argv)
    graphs = {name: sample.load() for name, sample in samples_of(MODALITY).items()} | read_named(options.graph)
    config = config_of(options.name, GRAPH_ZOO[options.name])
    folder = (options.out or settings().checkpoints) / options.name
    make_folder(folder)
    write_atomically(folder / "config.json", _json(config).encode())
    begin = time.perf_counter()
    config["measured"] = measured_values(load_graphs(folder), graphs)
    write_atomically(folder / "config.json", _json(config).encode())
    write_atomically(folder / "card.md", card_text(config).encode())
    print(f"wrote {folder}: {len(graphs)} graphs in {time.perf_counter() - begin:.1f} s", flush=True)
    return 0


def _json(config: Mapping) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"
