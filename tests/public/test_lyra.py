"""Lyra v2: its published graphs open, and codes, codebooks and sound are those that the graphs give by themselves.

What is held against is the graphs' own `encode` and `decode`, called as google/lyra calls them, and not our search.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from explorer.foundation.errors import CheckpointError
from explorer.foundation.owners import acting_for
from explorer.loading.planning import load, plan
from explorer.public.lyra.format import CODES, GRAPHS, LEVELS, PUBLISHED
from explorer.tokenizers import forget, load_tokenizer

PLACE = Path(__file__).resolve().parents[3] / "shared" / "data" / "real" / "lyra"
needs_graphs = pytest.mark.skipif(not PLACE.is_dir(), reason="the published graphs are not beside the project")


@pytest.fixture(scope="module")
def lyra():
    pytest.importorskip("ai_edge_litert")
    spec = load(plan(str(PLACE)))
    yield load_tokenizer(spec.id)
    forget(spec.id)


@pytest.fixture(scope="module")
def speech():
    """One second, (16,000, 1)."""
    samples, rate = soundfile.read(PLACE / "lyra_sample1_16kHz.wav", dtype="float32")
    assert rate == 16_000
    return samples[16_000:32_000, None]


@pytest.fixture(scope="module")
def record(lyra, speech):
    return lyra.tokenize(speech)


def own(stem):
    from ai_edge_litert.interpreter import Interpreter

    graph = Interpreter(model_path=str(PLACE / f"{stem}.tflite"))
    graph.allocate_tensors()
    return graph


@needs_graphs
def test_codes_are_those_of_the_quantizers_own_graph(lyra, speech, record):
    """Frame by frame through fresh graphs: 50 frames of 46 levels."""
    encoder, quantizer = own("soundstream_encoder").get_signature_runner(), own("quantizer")
    encode, decode = (quantizer.get_signature_runner(name) for name in ("encode", "decode"))
    mine = np.stack([level.indices for level in record.levels])  # (Q, T)
    assert mine.shape == (LEVELS, 50)
    for at, frame in enumerate(speech.reshape(-1, 1, 320)):
        latent = encoder(input_audio=frame)["output_0"]
        np.testing.assert_allclose(record.levels[0].z_e[at], latent.reshape(-1), atol=1e-4)
        answer = encode(input_frames=latent, num_quantizers=np.array(LEVELS, np.int32))
        codes = next(value for value in answer.values() if value.dtype == np.int32).reshape(-1)
        np.testing.assert_array_equal(mine[:, at], codes)
        whole = decode(encoding_indices=codes.reshape(LEVELS, 1, 1))["output_0"].reshape(-1)
        np.testing.assert_allclose(sum(level.z_q[at] for level in record.levels), whole, atol=1e-4)


def si_sdr(original, other):
    """Scale-invariant, in dB, by its definition (Le Roux et al. 2019)."""
    a, b = (x.reshape(-1).astype(np.float64) for x in (original, other))
    part = (a @ b) / (a @ a) * a
    return 10 * np.log10((part**2).sum() / ((b - part) ** 2).sum())


@needs_graphs
def test_each_of_its_published_rates_is_better_than_the_one_below(lyra, speech, record):
    """16, 30 and 46 levels: 3.2, 6 and 9.2 kbit/s."""
    few, more, all_ = (si_sdr(speech, lyra.decode_levels(record, range(count))) for count in (16, 30, 46))
    assert 3 < few < more < all_ and all_ > 7.5
    np.testing.assert_array_equal(record.reconstruction, lyra.decode_levels(record, range(46)))


@needs_graphs
def test_a_medium_never_hears_of_the_one_before_nor_of_one_at_the_same_time(lyra, speech, record):
    """The graphs keep their state; what is left of it changes the first frames of the next medium."""
    media = [speech[:8_000], speech, speech[8_000:], speech] * 2
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lyra.tokenize, media))
    for one in (1, 3, 5, 7):
        for mine, again in zip(record.levels, found[one].levels, strict=True):
            np.testing.assert_array_equal(again.indices, mine.indices)
        np.testing.assert_array_equal(found[one].reconstruction, record.reconstruction)


@needs_graphs
def test_codebooks_are_listed_and_a_code_can_be_heard_alone(lyra):
    books = lyra.codebooks()
    assert len(books) == LEVELS and all(book.vectors.shape == (CODES, 64) for book in books)
    assert len(np.unique(books[0].vectors, axis=0)) == CODES
    alone = lyra.decode_alone(0, [3, 10], tokens=5)
    assert alone.shape == (2, 1600, 1) and not np.allclose(alone[0], alone[1])


@needs_graphs
def test_graphs_of_strangers_run_for_the_person_at_the_machine_alone(tmp_path, lyra):
    """Bytes behind the end of the graph change its hash, and nothing of what it computes."""
    for stem in GRAPHS:
        shutil.copy(PLACE / f"{stem}.tflite", tmp_path)
    with (tmp_path / "lyragan.tflite").open("ab") as file:
        file.write(b"\0" * 16)
    with acting_for("a visitor"), pytest.raises(CheckpointError, match=r"lyragan\.tflite is not the published file"):
        load(plan(str(tmp_path)), of="a visitor")
    spec = load(plan(str(tmp_path)))
    assert spec.num_quantizers == LEVELS
    forget(spec.id)


@needs_graphs
def test_a_graph_without_the_others_is_named(tmp_path):
    shutil.copy(PLACE / "lyragan.tflite", tmp_path)
    with pytest.raises(CheckpointError, match=r"soundstream_encoder\.tflite and quantizer\.tflite are missing"):
        plan(str(tmp_path))


def test_what_only_looks_like_a_graph_is_no_codec(tmp_path):
    """Told before anything is run: by hash for a visitor, by the interpreter for the person at the machine."""
    pytest.importorskip("ai_edge_litert")
    for stem in GRAPHS:
        (tmp_path / f"{stem}.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(range(64)))
    found = plan(str(tmp_path))
    assert found.spec.sample_rate_hz == 16_000 and set(PUBLISHED) == set(GRAPHS)
    with pytest.raises(CheckpointError, match=r"quantizer\.tflite is no graph that can be run"):
        load(found)


def test_without_the_package_it_says_which(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ai_edge_litert.interpreter", None)
    for stem in GRAPHS:
        (tmp_path / f"{stem}.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(range(64)))
    with pytest.raises(CheckpointError, match="pip install ai-edge-litert"):
        load(plan(str(tmp_path)))
