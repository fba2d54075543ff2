"""Files of tokens that are damaged, lie or hide something: refused in one line that names what is wrong."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.foundation.config import Limits
from explorer.foundation.errors import RecordError
from explorer.joints.files.tokens import load_tokens, save_tokens
from tests.joints.token_records import RECORDS, SHAPE, D, K, N


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
