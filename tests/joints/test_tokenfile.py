"""Token files come back exactly, appear whole or not at all, and never run or believe what a stranger put in them."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace

import numpy as np
import pytest
from made_codecs import made, medium_for

from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.files.tokens import FORMAT, load_tokens, save_tokens
from explorer.joints.record import TokenLayout, TokenRecord
from tests.joints.token_records import RECORDS, N, explicit_level


def same(a, b) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and np.array_equal(a, b)


@pytest.mark.parametrize("name", RECORDS)
def test_npz_comes_back_exactly(name, tmp_path):
    record = RECORDS[name]
    tokens = load_tokens(save_tokens(tmp_path / "tokens.npz", record))
    assert tokens.tokenizer_id == "fake" and tokens.combination == record.combination
    assert tokens.modality == "image" and tokens.media_shape == (24, 32, 3) and tokens.sample_rate_hz is None
    assert tokens.notes == record.notes
    assert tokens.bits_uniform == record.bits_uniform and tokens.bits_empirical == record.bits_empirical
    assert tokens.num_tokens == record.num_tokens and len(tokens.indices) == len(record.levels)
    for got, wanted in zip(tokens.levels, record.levels, strict=True):
        assert got.layout == wanted.layout and got.codebook.rule == wanted.codebook.rule
        assert got.codebook.metric == wanted.codebook.metric
        assert same(got.indices, wanted.indices) and same(got.z_e, wanted.z_e) and same(got.z_q, wanted.z_q)
        assert same(got.codebook.vectors, wanted.codebook.vectors) and same(got.codebook.counts, wanted.codebook.counts)


def test_npz_can_be_read_by_numpy_alone(tmp_path):
    record = RECORDS["mixed"]
    with np.load(save_tokens(tmp_path / "tokens.NPZ", record), allow_pickle=False) as archive:
        assert set(archive.files) == {"meta", "indices_0", "z_e_0", "indices_1", "z_e_1", "codebook_1"}
        meta = json.loads(str(archive["meta"]))
        assert archive["meta"].shape == () and archive["meta"].dtype.kind == "U"
        np.testing.assert_array_equal(archive["codebook_1"], record.levels[1].codebook.vectors)
    assert meta["format"] == FORMAT and meta["version"] == 1 and meta["tokenizer"] == "fake"
    assert meta["bits_uniform"] == pytest.approx(12 * np.log2(12) + 12 * np.log2(7))
    assert meta["levels"][0]["rule"]["axis_values"][1] == [-0.7, 0.1, 0.7]
    assert meta["levels"][1]["layout"] == {"kind": "grid2d", "shape": [3, 4], "media_shape": [24, 32]}


def test_other_layouts_come_back(tmp_path):
    base = explicit_level(8)
    level = replace(base, indices=base.indices.reshape(-1), layout=TokenLayout("sequence", (N,), (800,)))
    sound = np.zeros((800, 1), np.float32)
    record = TokenRecord(sound, "sound", (level,), sound, {}, modality="audio", sample_rate_hz=16_000.0)
    tokens = load_tokens(save_tokens(tmp_path / "tokens.npz", record))
    assert tokens.sample_rate_hz == 16_000.0 and tokens.levels[0].layout == level.layout
    header = save_tokens(tmp_path / "tokens.csv", record).read_text().splitlines()[0]
    assert header == "level,time,token,code,quantization_error"


def test_clips_keep_their_rate_and_a_first_frame_alone(tmp_path):
    base = explicit_level(9)
    layout = TokenLayout("grid3d", (3, 2, 2), (9, 16, 16), first_alone=True)
    level = replace(base, indices=base.indices.reshape(3, 2, 2), layout=layout)
    clip = np.zeros((9, 16, 16, 3), np.float32)
    record = TokenRecord(clip, "clip", (level,), clip, {}, modality="video", frames_per_second=12.5)
    tokens = load_tokens(save_tokens(tmp_path / "tokens.npz", record))
    assert (tokens.rate, tokens.frames_per_second, tokens.media_shape) == (12.5, 12.5, clip.shape)
    assert tokens.levels[0].layout == layout and tokens.levels[0].layout.region(4)[0] == slice(1, 5)


@pytest.mark.parametrize("name", ["rates", "scales", "tones", "blocks", "whole"])
def test_levels_of_different_shapes_come_back_and_decode_to_the_same(name, tmp_path):
    tokenizer = made(name)
    record = tokenizer.tokenize(medium_for(tokenizer.spec))
    tokens = load_tokens(save_tokens(tmp_path / "tokens.npz", record))
    assert [level.layout for level in tokens.levels] == [level.layout for level in record.levels]
    np.testing.assert_allclose(tokenizer.detokenize(tokens.indices), record.reconstruction, atol=1e-6)
    rows = list(csv.DictReader(io.StringIO(save_tokens(tmp_path / "tokens.csv", record).read_text())))
    for q, level in enumerate(record.levels):
        assert [int(row["code"]) for row in rows if int(row["level"]) == q] == level.indices.reshape(-1).tolist()


def test_json_holds_the_meta_and_the_indices(tmp_path):
    record = RECORDS["residual"]
    content = json.loads(save_tokens(tmp_path / "tokens.json", record).read_text())
    assert content["tokenizer"] == "fake" and content["combination"] == "sum" and len(content["levels"]) == 3
    np.testing.assert_array_equal(content["indices"], [level.indices for level in record.levels])


def test_csv_has_one_line_a_token(tmp_path):
    record = RECORDS["residual"]
    rows = list(csv.DictReader(io.StringIO(save_tokens(tmp_path / "tokens.csv", record).read_text())))
    assert list(rows[0]) == ["level", "row", "column", "token", "code", "quantization_error"]
    assert len(rows) == record.num_tokens
    for row in rows:
        level = record.levels[int(row["level"])]
        token = int(row["token"])
        assert token == int(row["row"]) * 4 + int(row["column"])
        assert int(row["code"]) == level.indices[int(row["row"]), int(row["column"])]
        error = sum((float(e) - float(q)) ** 2 for e, q in zip(level.z_e[token], level.z_q[token], strict=True))
        assert float(row["quantization_error"]) == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("name", ["tokens.pkl", "tokens", ".npz"])
def test_another_suffix_is_refused(name, tmp_path):
    with pytest.raises(RecordError, match=r"\.npz, \.json or \.csv"):
        save_tokens(tmp_path / name, RECORDS["single"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["npz", "json", "csv"])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(suffix, step, tmp_path, monkeypatch):
    path = tmp_path / f"tokens.{suffix}"
    path.write_bytes(b"what was there")

    def refuse(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(ExplorerError, match="No space left on device") as caught:
        save_tokens(path, RECORDS["single"])
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == [path.name] and path.read_bytes() == b"what was there"


def test_an_interruption_leaves_nothing_and_is_not_swallowed(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_tokens(tmp_path / "tokens.npz", RECORDS["single"])
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(ExplorerError, match="No such file or directory"):
        save_tokens(tmp_path / "no folder" / "tokens.npz", RECORDS["single"])
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ExplorerError, match="directory"):
        save_tokens(tmp_path / "folder.npz", RECORDS["single"])
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npz"]


def test_writing_again_replaces_the_file(tmp_path):
    path = save_tokens(tmp_path / "tokens.npz", RECORDS["single"])
    save_tokens(path, RECORDS["lattice"])
    assert load_tokens(path).levels[0].codebook.rule is not None
    assert len(list(tmp_path.iterdir())) == 1
