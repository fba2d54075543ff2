"""Damaged and hostile edge lists: a graph or one line of words, never a trace, and never a node that is not named."""

import numpy as np
import pytest

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.graphs.graph import load_graph
from explorer.media.medium import tokenized
from explorer.tokenizers import load_tokenizer

GOOD = b"# made\nhead\trelation\ttail\na\tknows\tb\nb\tlikes\tc\nc\tknows\ta\nd\tlikes\td\n"
LIMITS = Limits(graph_edges=50)
PARTS = [
    b"\t",
    b",",
    b'"',
    b"\n",
    b"\r",
    b" ",
    b"#",
    b"{",
    b"}",
    b"\xff",
    b"\xc3\xa9",
    b"1",
    b"0.5",
    b"x",
    b"\0",
    b";",
    b"|",
]


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_file_is_a_graph_or_a_sentence(seed):
    rng = np.random.default_rng(seed)
    data = bytearray(GOOD)
    for _ in range(int(rng.integers(1, 12))):
        at = int(rng.integers(0, len(data) + 1))
        data[at : at + int(rng.integers(0, 4))] = PARTS[int(rng.integers(len(PARTS)))]
    try:
        graph = load_graph(bytes(data), LIMITS)
    except MediaError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return
    assert len(graph.names.nodes) == graph.edges[:, [0, 2]].max() + 1 and all(graph.names.nodes)
    assert set(graph.edges[:, [0, 2]].reshape(-1).tolist()) == set(range(len(graph.names.nodes)))
    record = tokenized(graph, load_tokenizer("gart"), 256)
    assert all(level.layout.num_tokens == len(graph.names.nodes) for level in record.levels)


@pytest.mark.parametrize("seed", range(30))
def test_noise_is_refused_or_read(seed):
    rng = np.random.default_rng(seed)
    letters = np.frombuffer(b'ab \t\n,;|"0.#{}', np.uint8)
    noise = rng.choice(letters, 400).tobytes() if seed % 2 else rng.integers(0, 256, 400, np.uint8).tobytes()
    try:
        load_graph(noise, LIMITS)
    except MediaError as error:
        assert "\n" not in str(error)
