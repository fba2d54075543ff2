"""The tokenizers of graphs that ship: tokens, collisions and coverage against brute force, files, figures of cards."""

from collections import Counter, deque
from dataclasses import replace

import numpy as np
import pytest

from explorer.cli.tokens import summary
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, MediaError, RecordError, SettingsError
from explorer.joints.files.tokens import load_tokens, save_tokens
from explorer.joints.graphs import GraphNames
from explorer.joints.measures.tuples import code_words, coverage, graph_tokens, hash_nodes, vocabulary
from explorer.media.graphs.graph import load_graph
from explorer.media.medium import tokenized
from explorer.media.samples import SAMPLES
from explorer.quantizers import gart
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.graph_specs import read_gart
from explorer.tokenizers.native.specs import read_config
from explorer.training.graphs import GRAPH_ZOO, config_of, main, measure_graph

NAMES = tuple(GRAPH_ZOO)


def record_of(name="gart", sample="world"):
    return tokenized(SAMPLES[sample].load(), load_tokenizer(name), 256)


def tuples_of(record, levels=slice(None)):
    return list(zip(*(level.indices.tolist() for level in record.levels[levels]), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_levels_are_anchors_distances_and_relations(name):
    record, config = record_of(name), load_tokenizer(name).config
    nodes = len(record.names.nodes)
    around = gart.neighbourhood(record.media, nodes)
    anchors = gart.choose_anchors(around, config.many(nodes), config.strategy, config.seed)
    found, far = gart.nearest_anchors(around, anchors, 4, 8)
    relations = gart.relation_types(record.media, nodes, 4, 0)
    kinds = [level.codebook.rule.name for level in record.levels]
    assert kinds == ["anchor"] * 4 + ["distance"] * 4 + ["relation"] * 4
    sizes = {"anchor": 257, "distance": 10, "relation": 129}
    for level, kind, expected in zip(record.levels, kinds, [*found.T, *far.T, *relations.T], strict=True):
        assert level.codebook.codebook_size == sizes[kind] and level.layout.shape == (nodes,)
        np.testing.assert_array_equal(level.indices, np.where(expected < 0, sizes[kind] - 1, expected))
        np.testing.assert_array_equal(level.z_q[:, 0], level.indices)
    tokens = graph_tokens(record)
    np.testing.assert_array_equal(tokens.anchor_nodes, anchors)
    np.testing.assert_array_equal(tokens.anchors, found)
    np.testing.assert_array_equal(tokens.distances, far)
    np.testing.assert_array_equal(tokens.relations, relations)
    bits = nodes * (4 * np.log2(257) + 4 * np.log2(10) + 4 * np.log2(129))
    assert record.bits_uniform == pytest.approx(bits) and "a node" in summary(record)


def test_edges_of_one_kind_give_no_relations():
    tokens = graph_tokens(record_of(sample="karate"))
    assert (tokens.relations == -1).all() and len(tokens.anchor_nodes) == 7


@pytest.mark.parametrize("sample", ["karate", "world"])
def test_collisions_are_those_of_counted_tuples(sample):
    record = record_of(sample=sample)
    tokens, counted = graph_tokens(record), Counter(tuples_of(record))
    found = hash_nodes(tokens)
    assert found.sharing == sum(count for count in counted.values() if count > 1) > 0
    assert len(found.counts) == len(counted)
    every = tuples_of(record)
    for node in range(tokens.nodes):
        same = [other for other in range(tokens.nodes) if every[other] == every[node] and other != node]
        assert found.with_(node).tolist() == same and found.counts[found.ids[node]] == len(same) + 1
    two = Counter(zip(*(tokens.anchors[:, place].tolist() for place in range(2)), strict=True))
    assert hash_nodes(tokens, ("anchor",), 2).sharing == sum(count for count in two.values() if count > 1)
    fewer = [hash_nodes(tokens, ("anchor", "distance", "relation")[:parts]).sharing for parts in (1, 2, 3)]
    assert fewer == sorted(fewer, reverse=True), "what a tuple says more, it tells apart"


def test_coverage_is_that_of_a_search_from_all_anchors():
    record = record_of()
    tokens = graph_tokens(record)
    far, line = dict.fromkeys(tokens.anchor_nodes.tolist(), 0), deque(tokens.anchor_nodes.tolist())
    beside = {node: set() for node in range(tokens.nodes)}
    for head, _, tail in record.media.tolist():
        beside[head].add(tail)
        beside[tail].add(head)
    while line:
        node = line.popleft()
        for other in beside[node] - far.keys():
            far[other] = far[node] + 1
            line.append(other)
    shares = coverage(tokens)
    for hops, share in enumerate(shares):
        assert share == pytest.approx(sum(one <= hops for one in far.values()) / tokens.nodes)
    words = {code for row in tokens.relations.tolist() for code in row if code >= 0}
    assert vocabulary(tokens)["relations"] == len(words) and vocabulary(tokens)["anchors"] == 21


def test_nodes_apart_from_the_rest_have_no_anchor():
    graph = load_graph(("\n".join(f"hub n{i}" for i in range(40)) + "\nx y\nlone lone\n").encode())
    record = tokenized(graph, load_tokenizer("gart-degree"), 256)
    tokens, names = graph_tokens(record), graph.names.nodes
    config = load_tokenizer("gart-degree").config
    for name in ("x", "lone"):
        node = names.index(name)
        assert node not in tokens.anchor_nodes or tokens.distances[node, 0] == 0
    reached = coverage(tokens)[-1]
    near = {names[node] for node in range(tokens.nodes) if tokens.distances[node, 0] >= 0}
    assert reached == pytest.approx(len(near) / tokens.nodes) and len(tokens.anchor_nodes) == config.many(44)
    assert "lone" not in near or names.index("lone") in tokens.anchor_nodes
    assert "1 node stands without an edge" in " ".join(record.notes)


def test_relations_over_the_vocabulary_are_left_out_and_said(tmp_path):
    lines = [f"a{i} r{i} b{i}" for i in range(70)] + [f"a{i} r{i} c{i}" for i in range(60)]
    record = tokenized(load_graph("\n".join(lines).encode()), load_tokenizer("gart"), 256)
    assert "6 relation types are left out of the tokens, the rarest: there is room for 64." in record.notes
    assert max(level.indices.max() for level in record.levels[8:]) <= 128


def test_token_files_hold_the_names(tmp_path):
    record = record_of(sample="karate")
    file = load_tokens(save_tokens(tmp_path / "karate.npz", record))
    assert file.names == record.names and file.modality == "graph" and file.media_shape == (78, 3)
    for ours, theirs in zip(record.levels, file.indices, strict=True):
        np.testing.assert_array_equal(ours.indices, theirs)
    lines = (save_tokens(tmp_path / "karate.csv", record)).read_text().splitlines()
    assert lines[0] == "level,token,code,quantization_error" and len(lines) == 1 + 12 * 34


def test_codes_are_said_in_words():
    record = record_of()
    tokens, names = graph_tokens(record), record.names
    second = names.nodes[tokens.anchor_nodes[2]]
    words = f"{second}, number 2 of the anchors 0 to 20 in the order in which they were chosen."
    assert code_words(record, 0, 2) == words
    assert "none has this number" in code_words(record, 1, 200) and code_words(record, 3, 256).startswith("No anchor")
    assert code_words(record, 4, 0) == "0 edges from the node to its anchor, which it is itself."
    assert code_words(record, 8, 1) == f"{names.relations[0]} ←: a relation to the node."


def test_there_is_no_decoder_and_it_is_said():
    tokenizer, record = load_tokenizer("gart"), record_of(sample="karate")
    assert not tokenizer.spec.decodes and "no decoder" in record.notes[-1]
    for decode in (
        lambda: tokenizer.detokenize([level.indices for level in record.levels]),
        lambda: tokenizer.decode_levels(record, [0]),
        lambda: tokenizer.decode_alone(0, [1]),
        lambda: tokenizer.decode_fields(0, np.zeros((1, 3), int)),
    ):
        with pytest.raises(RecordError, match="no decoder"):
            decode()
    with pytest.raises(RecordError, match="told by its nodes"):
        tokenizer.layouts((78,))


@pytest.mark.parametrize(
    "media", [np.zeros((0, 3), int), np.zeros((4, 2), int), np.ones((4, 3)), -np.ones((4, 3), int)]
)
def test_what_is_no_array_of_edges_is_refused(media):
    with pytest.raises(MediaError, match="array of edges"):
        load_tokenizer("gart").tokenize(media)


def test_a_record_of_something_else_has_no_tuples():
    record = record_of(sample="karate")
    with pytest.raises(RecordError, match="not of image"):
        graph_tokens(replace(record, modality="image"))
    with pytest.raises(RecordError, match="as many distances"):
        graph_tokens(record.of_levels([0, 1]))
    with pytest.raises(RecordError, match="groups are given"):
        GraphNames(("a", "b"), (), ("x",))


def test_cards_say_what_is_measured():
    for spec in (spec for spec in list_tokenizers() if spec.modality == "graph"):
        found = measure_graph(record_of(spec.id, "karate"))
        assert {f"{key}_karate": value for key, value in found.items()}.items() <= dict(spec.measured).items()
        assert spec.id in GRAPH_ZOO and spec.measured["nodes_codex-s"] == 2034


def test_one_command_makes_it_again(tmp_path):
    edges = tmp_path / "own.tsv"
    edges.write_text("a\tr\tb\nb\ts\tc\nc\tr\ta\nd\tr\ta\n")
    assert main(["gart", "--out", str(tmp_path), "--graph", f"own={edges}"]) == 0
    config = read_config(tmp_path / "gart")
    ours = settings().checkpoints / "gart"
    same = {key: value for key, value in read_config(ours).items() if key != "measured"}
    assert same == {key: value for key, value in config.items() if key != "measured"}
    assert config["measured"]["nodes_own"] == 4
    assert config["measured"]["sharing_karate"] == read_config(ours)["measured"]["sharing_karate"]
    assert "| own | 4 | 4 |" in (tmp_path / "gart" / "card.md").read_text()
    with pytest.raises(SettingsError, match="--graph"):
        main(["gart", "--out", str(tmp_path), "--graph", "nothing"])


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("anchors", 0, "anchors"),
        ("neighbours", True, "neighbours"),
        ("share", 1.5, "share"),
        ("strategy", "best", "strategy"),
        ("farthest", 10**6, "farthest"),
        ("anchors", 100, "says codebook_size"),
    ],
)
def test_settings_that_are_not_sound_are_refused(key, value, words):
    config = config_of("gart", GRAPH_ZOO["gart"])
    config["quantizer"]["config"][key] = value
    with pytest.raises(CheckpointError, match=words):
        read_gart(config)
    del config["quantizer"]["config"][key]
    with pytest.raises(CheckpointError, match="lacks"):
        read_gart(config)
