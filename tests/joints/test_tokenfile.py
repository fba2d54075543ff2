"""Token files come back exactly, appear whole or not at all, and never run or believe what a stranger put in them."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_codecs import made, medium_for

from explorer.foundation.config import Limits
from explorer.foundation.errors import ExplorerError, RecordError
from explorer.joints.files.tokens import FORMAT, load_tokens, save_tokens
from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord

SHAPE = (3, 4)
N, K, D = 12, 7, 2


def explicit_level(seed: int, metric: str = "euclidean", dtype=np.int64, counts: bool = False) -> TokenLevel:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(K, D)).astype(np.float32)
    indices = rng.integers(0, K, SHAPE).astype(dtype)
    book = Codebook(K, D, metric, vectors, counts=rng.random(K) if counts else None)
    z_e = rng.normal(size=(N, D)).astype(np.float32)
    return TokenLevel(indices, z_e, book.rows(indices.reshape(-1)), book, TokenLayout("grid2d", SHAPE, (24, 32)))


def implicit_level(seed: int) -> TokenLevel:
    rng = np.random.default_rng(seed)
    third = float(np.float32(1 / 3))
    rule = LatticeRule("fsq", ((-1.0, -third, third, 1.0), (-0.7, 0.1, 0.7)), False)
    book = Codebook(12, 2, "implicit", rule=rule)
    indices = rng.integers(0, 12, SHAPE)
    z_e = rng.normal(size=(N, D)).astype(np.float32)
    return TokenLevel(indices, z_e, book.rows(indices.reshape(-1)), book, TokenLayout("grid2d", SHAPE, (24, 32)))


def make_record(*levels: TokenLevel, **changes) -> TokenRecord:
    media = np.zeros((24, 32, 3), np.float32)
    combination = "single" if len(levels) == 1 else "sum"
    return TokenRecord(media, "fake", levels, media, {"encode": 0.1}, **{"combination": combination} | changes)


RECORDS = {
    "single": make_record(explicit_level(0), notes=('Cropped. "Ünïcode",\nand a line',)),
    "residual": make_record(*(explicit_level(seed) for seed in range(3))),
    "product": make_record(explicit_level(1, "cosine"), explicit_level(2, "dot"), combination="concatenate"),
    "small integers and counts": make_record(explicit_level(3, dtype=np.uint8, counts=True)),
    "lattice": make_record(implicit_level(4)),
    "mixed": make_record(implicit_level(5), explicit_level(6)),
}


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


class Bomb:
    """Unpickling this creates a file, which no loading may do."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def edited(tmp_path: Path, name: str = "residual", edit=None, **arrays) -> Path:
    """A token file in which some arrays, or entries of the meta, are replaced, or dropped if None."""
    path = save_tokens(tmp_path / "tokens.npz", RECORDS[name])
    with np.load(path) as archive:
        content = {key: archive[key] for key in archive.files} | arrays
    if edit is not None:
        values = json.loads(str(content["meta"]))
        edit(values)
        content["meta"] = np.array(json.dumps(values))
    np.savez(path, **{key: value for key, value in content.items() if value is not None})
    return path


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"meta": None}, "no 'meta'"),
        ({"meta": np.array("{not json")}, "not JSON"),
        ({"meta": np.array("[1, 2]")}, "does not say"),
        ({"meta": np.array('{"format": "other"}')}, "does not say"),
        ({"meta": np.zeros((2, 2))}, "not JSON"),
        ({"indices_1": None}, "indices_1 is missing"),
        ({"z_e_2": None}, "z_e_2 is missing"),
        ({"codebook_0": None}, "codebook_0 is missing"),
        ({"indices_0": np.zeros(SHAPE)}, "indices_0 holds float64, not integers"),
        ({"indices_0": np.full(SHAPE, "a")}, "indices_0 holds <U1"),
        ({"indices_0": np.zeros((4, 3), int)}, r"shape \(4, 3\), the layout \(3, 4\)"),
        ({"indices_0": np.zeros((0,), int)}, r"shape \(0,\), the layout \(3, 4\)"),
        ({"indices_0": np.full(SHAPE, -1)}, r"indices_0 reaches from -1 to -1, outside 0\.\.6"),
        ({"indices_0": np.full(SHAPE, 7)}, r"from 7 to 7, outside 0\.\.6"),
        ({"indices_0": np.full(SHAPE, 2**64 - 1, np.uint64)}, r"18446744073709551615, outside 0\.\.6"),
        ({"z_e_0": np.zeros((N, D), int)}, "z_e_0 holds int64, not floats"),
        ({"z_e_0": np.zeros((N, D + 1))}, r"z_e has shape \(12, 3\)"),
        ({"codebook_0": np.zeros((K, D + 1))}, r"vectors have shape \(7, 3\)"),
        ({"codebook_0": np.zeros(K)}, r"vectors have shape \(7,\)"),
        ({"counts_0": np.zeros(K - 1)}, r"counts have shape \(6,\)"),
        ({"counts_0": np.full(K, "x")}, "counts_0 holds <U1, not numbers"),
    ],
)
def test_wrong_arrays_are_named(arrays, message, tmp_path):
    with pytest.raises(RecordError, match=message) as caught:
        load_tokens(edited(tmp_path, **arrays))
    assert "tokens.npz" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda meta: meta.update(version=99), "version 99"),
        (lambda meta: meta.pop("tokenizer"), "lacks 'tokenizer'"),
        (lambda meta: meta["levels"][1].pop("layout"), "lacks 'layout'"),
        (lambda meta: meta["levels"].clear(), "no levels"),
        (lambda meta: meta.update(levels=5), "wrong value"),
        (lambda meta: meta.update(levels=["a"]), "wrong value"),
        (lambda meta: meta.update(media_shape=["a"]), "wrong value"),
        (lambda meta: meta.update(sample_rate_hz="fast"), "wrong value"),
        (lambda meta: meta.update(combination="single"), "3 levels cannot be combined as 'single'"),
        (lambda meta: meta.update(combination="mixed"), "combined as 'mixed'"),
        (lambda meta: meta["levels"][0].update(codebook_size=8), r"expected \(8, 2\)"),
        (lambda meta: meta["levels"][0].update(codebook_size=0), "got 0 in 2"),
        (lambda meta: meta["levels"][0].update(codebook_dim=None), "wrong value"),
        (lambda meta: meta["levels"][0].update(metric="manhattan"), "not manhattan"),
        (lambda meta: meta["levels"][0]["layout"].update(kind="hexagon"), "hexagon"),
        (lambda meta: meta["levels"][0]["layout"].update(shape=[12]), "2 positive axes"),
        (lambda meta: meta["levels"][0].update(rule={"name": "fsq"}), "lacks 'axis_values'"),
        (lambda meta: meta["levels"][0].update(rule=[1]), "wrong value"),
    ],
)
def test_wrong_meta_is_named(edit, message, tmp_path):
    with pytest.raises(RecordError, match=message) as caught:
        load_tokens(edited(tmp_path, edit=edit))
    assert "tokens.npz" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["indices_0", "meta"])
def test_pickles_are_refused_and_never_run(key, tmp_path):
    trace = tmp_path / "ran"
    with pytest.raises(RecordError, match="pickled object"):
        load_tokens(edited(tmp_path, **{key: np.array([Bomb(trace)], dtype=object)}))
    (tmp_path / "raw.npz").write_bytes(b"\x80\x04\x95.")
    with pytest.raises(RecordError, match="not a token file"):
        load_tokens(tmp_path / "raw.npz")
    assert not trace.exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_said_to_be_damaged(share, tmp_path):
    path = save_tokens(tmp_path / "tokens.npz", RECORDS["single"])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(RecordError, match="damaged"):
        load_tokens(path)


def test_random_damage_gives_a_line_or_the_tokens(tmp_path):
    rng = np.random.default_rng(0)
    path = save_tokens(tmp_path / "tokens.npz", RECORDS["single"])
    whole, refused = path.read_bytes(), 0
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[rng.integers(len(damaged))] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(load_tokens(path).indices[0], RECORDS["single"].levels[0].indices)
        except RecordError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 50


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(RecordError, match="no token file"):
            load_tokens(path)
    (tmp_path / "picture.npz").write_bytes(b"\x89PNG not a zip")
    with pytest.raises(RecordError, match="not a token file"):
        load_tokens(tmp_path / "picture.npz")


def test_a_zip_bomb_is_refused_by_what_it_claims(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("indices_0.npy", bytes(3 * 2**20))
    with pytest.raises(RecordError, match="3 MiB, over the cap of 1 MiB"):
        load_tokens(path, Limits(checkpoint_bytes=2**20))


def test_an_array_that_claims_more_than_it_holds_is_damaged(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": (2**58,)})
    path = tmp_path / "claims.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("indices_0.npy", header.getvalue())
    with pytest.raises(RecordError, match="damaged"):
        load_tokens(path)
